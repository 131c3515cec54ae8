/** The sampled fingerprint: tells a file from others in a moment, however large it is. */
import { readBytes } from "./reading";
import { hexOf, sha256 } from "./sha256";

const SAMPLES = 9;
const SAMPLE_BYTES = 65_536;

/** Return the samples of a file of this size as [begin, end): nine over its length, or the whole where it is small. */
export function samplesOf(sizeBytes: number): [number, number][] {
  if (sizeBytes <= SAMPLES * SAMPLE_BYTES) return [[0, sizeBytes]];
  return Array.from({ length: SAMPLES }, (_, index) => {
    const begin = Math.floor((index * (sizeBytes - SAMPLE_BYTES)) / (SAMPLES - 1));
    return [begin, begin + SAMPLE_BYTES];
  });
}

/** Return the SHA-256 (hex) of the size in decimal, a line feed and the samples; throws ChangedFileError. */
export async function fingerprintOf(file: File): Promise<string> {
  const size = new TextEncoder().encode(`${file.size}\n`);
  const samples = await Promise.all(samplesOf(file.size).map(([begin, end]) => readBytes(file, begin, end)));
  return hexOf(await sha256(new Uint8Array(await new Blob([size, ...samples]).arrayBuffer())));
}

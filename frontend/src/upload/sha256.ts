/** SHA-256 where the browser has it and where it does not: in a school's own network, over plain http. */

const SLICE_BYTES = 512 * 1024; // a few milliseconds of script on a phone

/** Return the digest of some bytes; never holds up the page for long. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = crypto as Partial<Crypto>; // only secure contexts have it
  if (subtle) return new Uint8Array(await subtle.digest("SHA-256", bytes));
  const library = await import("@noble/hashes/sha2.js");
  const hash = library.sha256.create();
  for (let begin = 0; begin < bytes.length; begin += SLICE_BYTES) {
    hash.update(bytes.subarray(begin, begin + SLICE_BYTES));
    await new Promise((resolve) => setTimeout(resolve)); // frames and clicks go first
  }
  return hash.digest();
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

import { afterEach, describe, expect, it, vi } from "vitest";
import { fingerprintOf, samplesOf } from "../../src/upload/fingerprint";
import { ChangedFileError } from "../../src/upload/reading";
import { hexOf, sha256 } from "../../src/upload/sha256";
import { base64Sha256 } from "./hashing";

/** The same bytes as `bytes((i * 7 + i // 251) % 256 for i in range(size))` in Python, where the vectors were computed. */
function made(size: number): File {
  return new File([Uint8Array.from({ length: size }, (_, index) => index * 7 + Math.floor(index / 251))], "made.mp4");
}

afterEach(() => { vi.unstubAllGlobals(); });

describe("the fingerprint", () => {
  it.each([
    [1, "ff87ddfd1c96c4b18e90cd418c694cfc4ecdf84a4fbda79b429d3558989d9fa0"],
    [589_824, "5edb799f5fae9c50dc1820006d09b123ff05104530f726325b1b23934bc88d1d"],
    [589_825, "ae316e359d2dc647b8676f525370beda4c0e5fa6d58d7cec6534c7c81247cb32"],
    [1_000_003, "a48ab5f35b9b292ddb520723a0ea6cd606205e06c4bba1cd23c4a8368eefb19d"],
  ])("of %i bytes is what Python computes", async (size, expected) => {
    expect(await fingerprintOf(made(size))).toBe(expected);
  });

  it("reads nine samples from the first byte to the last, of any size", () => {
    const terabytes = 5 * 1024 ** 4 + 3;
    const samples = samplesOf(terabytes);
    expect(samples).toHaveLength(9);
    expect(samples[0]).toEqual([0, 65_536]);
    expect(samples[8]).toEqual([terabytes - 65_536, terabytes]);
    expect(samplesOf(0)).toEqual([[0, 0]]);
  });

  it("says so where the file cannot be read any more", async () => {
    const file = made(10);
    vi.spyOn(console, "warn").mockReturnValue();
    vi.spyOn(file, "slice").mockReturnValue({ arrayBuffer: () => Promise.reject(new DOMException("changed", "NotReadableError")) } as Blob);
    await expect(fingerprintOf(file)).rejects.toThrow(ChangedFileError);
  });
});

describe("SHA-256", () => {
  it("is the same in a secure context and without one", async () => {
    const bytes = new Uint8Array(await made(1_300_000).arrayBuffer());
    const secure = hexOf(await sha256(bytes));
    vi.stubGlobal("crypto", {});
    expect(hexOf(await sha256(bytes))).toBe(secure);
    expect(secure).toBe(Buffer.from(base64Sha256(bytes), "base64").toString("hex"));
  });
});

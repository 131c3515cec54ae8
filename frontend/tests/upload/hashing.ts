/** `crypto.subtle` as in a secure context, but answering at once, so that stopped clocks do not hold it up. */
import { createHash } from "node:crypto";
import { vi } from "vitest";

export function stubSubtle(): void {
  vi.stubGlobal("crypto", { subtle: { digest: (_name: string, bytes: Uint8Array) => Promise.resolve(Uint8Array.from(createHash("sha256").update(bytes).digest()).buffer) } });
}

export function base64Sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}

import { expect, it, vi } from "vitest";
import { newKey } from "../../src/api/key";

it("is another each time, and as the server takes it", () => {
  const keys = Array.from({ length: 50 }, newKey);
  expect(new Set(keys).size).toBe(50);
  for (const key of keys) expect(key).toMatch(/^[a-z0-9-]{31}$/);
});

it("is there where the context is not secure", () => {
  vi.stubGlobal("crypto", { getRandomValues: (parts: Uint32Array) => parts.fill(1) });
  expect(newKey()).toBe("0000001-0000001-0000001-0000001");
  vi.unstubAllGlobals();
});

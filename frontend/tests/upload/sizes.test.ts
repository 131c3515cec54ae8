import { expect, it } from "vitest";
import { sizeText } from "../../src/upload/sizes";
import { lackOf, roomFor } from "../../src/upload/storage";

const GIB = 1024 ** 3;

it.each([[0, "0 B"], [999, "999 B"], [1024, "1 KB"], [1536, "1.5 KB"], [250 * 1024 ** 2 + 7, "250 MB"], [4 * GIB, "4 GB"], [3000 * GIB, "2.9 TB"]])("%i bytes are %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

it("refuses what does not fit, with the numbers, in the room of whom it is for", () => {
  const school = { id: "s1", name: "School", used_bytes: 9 * GIB, quota_bytes: 10 * GIB };
  const storage = { used_bytes: 0, quota_bytes: 2 * GIB, organizations: [school] };
  expect(roomFor(storage, "")).toBe(storage);
  expect(roomFor(storage, "s1")).toBe(school);
  expect(roomFor(storage, "left since")).toBeUndefined();
  expect(lackOf(storage, 2 * GIB)).toBe("");
  expect(lackOf(school, 1.5 * GIB)).toMatch(/needs 1\.5 GB, but only 1 GB of 10 GB/);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { missingParts, pauseMs, rangeOf } from "../../src/upload/parts";

const plan = fc.record({ sizeBytes: fc.integer({ min: 1, max: 5000 }), partSizeBytes: fc.integer({ min: 1, max: 700 }) });

describe("parts", () => {
  it("cover the file once, in order", () => {
    fc.assert(fc.property(plan, (one) => {
      const ranges = missingParts(one, []).map((number) => rangeOf(one, number));
      expect(ranges[0]?.[0]).toBe(0);
      expect(ranges.at(-1)?.[1]).toBe(one.sizeBytes);
      ranges.slice(1).forEach(([begin], index) => { expect(begin).toBe(ranges[index]?.[1]); });
      ranges.slice(0, -1).forEach(([begin, end]) => { expect(end - begin).toBe(one.partSizeBytes); });
    }));
  });

  it("are sent only where they have not arrived in their full size", () => {
    const sizes = { sizeBytes: 25, partSizeBytes: 10 };
    expect(missingParts(sizes, [{ number: 2, size_bytes: 10 }])).toEqual([1, 3]);
    expect(missingParts(sizes, [{ number: 1, size_bytes: 9 }, { number: 3, size_bytes: 10 }])).toEqual([1, 2, 3]);
    expect(missingParts(sizes, [1, 2, 9].map((number) => ({ number, size_bytes: 10 })))).toEqual([3]);
    expect(missingParts(sizes, [{ number: 1, size_bytes: 10 }, { number: 2, size_bytes: 10 }, { number: 3, size_bytes: 5 }])).toEqual([]);
  });
});

describe("pauses", () => {
  it("double up to a quarter of a minute and are spread", () => {
    expect([1, 2, 3, 6, 99].map((failures) => pauseMs(failures, () => 1))).toEqual([1000, 2000, 4000, 15_000, 15_000]);
    expect(pauseMs(1, () => 0)).toBe(500);
  });
});

import { describe, expect, it } from "vitest";
import { drawn, outline, peaksOf } from "../../src/danmaku/curve";

describe("the curve of a lesson", () => {
  it("is as high as its own highest step, from the beginning to the end", () => {
    expect(outline([0, 4, 2])).toBe("M0 100L0 100L0.5 100L1.5 0L2.5 50L3 50L3 100Z");
    expect(outline([0, 0])).not.toContain("NaN");
  });

  it("says its highest moments in the order of time, neighbors once", () => {
    const counts = Array.from({ length: 100 }, () => 0);
    Object.assign(counts, { 80: 9, 81: 8, 10: 5, 50: 7, 30: 1 });
    expect(peaksOf(counts, 6000)).toBe("1:00, 5:00, 8:00");
  });

  it("shows questions to those who get them, where there are any", () => {
    const paths = (questions: number[] | null): (string | null)[] =>
      [...drawn({ step_ms: 1000, counts: [1, 2], questions }).querySelectorAll("path")].map((path) => path.getAttribute("class"));
    expect([paths(null), paths([0, 0]), paths([0, 1])]).toEqual([["density"], ["density"], ["density", "confusion"]]);
    expect(drawn({ step_ms: 1000, counts: [1, 2], questions: [0, 1] }).getAttribute("aria-label")).toBe("Most danmaku at 0:01. Most questions at 0:01.");
  });
});

import { describe, expect, it } from "vitest";
import { contrastOf } from "../../src/shell/contrast";

describe("contrast", () => {
  // The extremes, and the gray that WCAG's own techniques name as the lightest on white.
  it.each([["rgb(0, 0, 0)", "rgb(255, 255, 255)", 21], ["rgb(9 9 9)", "rgb(9 9 9)", 1], ["rgb(118, 118, 118)", "rgb(255, 255, 255)", 4.54]])(
    "of %s and %s is %f", (one, other, ratio) => {
      expect(contrastOf(one, other)).toBeCloseTo(ratio, 2);
      expect(contrastOf(other, one)).toBeCloseTo(ratio, 2);
    },
  );
});

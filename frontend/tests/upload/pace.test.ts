import { expect, it } from "vitest";
import { Pace } from "../../src/upload/pace";

it("tells the speed of the last seconds, not of the whole time", () => {
  const pace = new Pace();
  expect(pace.bytesPerS()).toBe(0);
  for (let s = 0; s <= 60; s++) pace.note(s * 1000, s * 100);
  expect(pace.bytesPerS()).toBeCloseTo(100);
  for (let s = 61; s <= 100; s++) pace.note(s * 1000, 6000 + (s - 60) * 1000);
  expect(pace.bytesPerS()).toBeCloseTo(1000);
});

it("begins anew when something was lost or paused", () => {
  const pace = new Pace();
  pace.note(0, 0);
  pace.note(1000, 5000);
  pace.note(2000, 1000);
  expect(pace.bytesPerS()).toBe(0);
  pace.note(3000, 1500);
  expect(pace.bytesPerS()).toBe(500);
  pace.restart();
  expect(pace.bytesPerS()).toBe(0);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Flight, flightOf, leftAt, meet } from "../../src/danmaku/flight";
import { item, STAGE } from "./made";

const DISPLAY_MS = 8000;
const flights = fc
  .record({
    mode: fc.constantFrom("scroll" as const, "reverse" as const, "top" as const, "bottom" as const),
    position_ms: fc.integer({ min: 0, max: 12_000 }),
    width: fc.integer({ min: 10, max: 1500 }),
  })
  .map(({ width, ...rest }) => flightOf(item(1, rest), width, STAGE.width, DISPLAY_MS));

describe("a flight", () => {
  it("comes in at one edge when it starts and is gone at the other when it ends", () => {
    const scroll = flightOf(item(1, { position_ms: 1000 }), 200, STAGE.width, DISPLAY_MS);
    expect([1000, 5000, 9000].map((time) => leftAt(scroll, time))).toEqual([1280, 540, -200]);
    const reverse = flightOf(item(1, { position_ms: 1000, mode: "reverse" }), 200, STAGE.width, DISPLAY_MS);
    expect([1000, 5000, 9000].map((time) => leftAt(reverse, time))).toEqual([-200, 540, 1280]);
    const top = flightOf(item(1, { mode: "top" }), 200, STAGE.width, DISPLAY_MS);
    expect([0, 8000].map((time) => leftAt(top, time))).toEqual([540, 540]);
  });

  it("meets another exactly when watching both for a while shows it", () => {
    const watched = (a: Flight, b: Flight, gap: number): boolean => {
      const from = Math.max(a.position_ms, b.position_ms);
      const to = Math.min(a.position_ms, b.position_ms) + DISPLAY_MS;
      for (let time = from; time < to; time += 5) {
        const [x, y] = [leftAt(a, time), leftAt(b, time)];
        if (x < y + b.width + gap && y < x + a.width + gap) return true;
      }
      return false;
    };
    fc.assert(fc.property(flights, flights, (a, b) => {
      // What is watched in steps may miss a touch of a few pixels, never the other way round.
      if (watched(a, b, 20)) expect(meet(a, b, DISPLAY_MS, 20)).toBe(true);
      if (meet(a, b, DISPLAY_MS, 0)) expect(watched(a, b, 20)).toBe(true);
      expect(meet(b, a, DISPLAY_MS, 20)).toBe(meet(a, b, DISPLAY_MS, 20));
    }), { numRuns: 300 });
  });
});

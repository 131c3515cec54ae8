import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasGoodValue, requestIn } from "../../src/embed/protocol";

const ask = (type: string, value?: unknown, id: unknown = 1): unknown => ({ eduvideo: 1, type, value, id });

describe("what a message asks for", () => {
  it("knows its own requests, with the id to answer by", () => {
    expect(requestIn(ask("seek", 90_000, "a-1"))).toEqual({ type: "seek", value: 90_000, id: "a-1" });
    expect(requestIn({ eduvideo: 1, type: "hello" })).toEqual({ type: "hello", value: undefined, id: undefined });
  });

  it.each([
    null, undefined, 7, "play", [], { type: "play" }, { eduvideo: "1", type: "play" }, { eduvideo: 2, type: "play" },
    { eduvideo: 1 }, ask("stop"), ask("toString"), ask("__proto__"), ask("constructor"), ask("play", undefined, {}),
    ask("play", undefined, null), ask("play", undefined, Number.NaN), ask("play", undefined, "x".repeat(65)),
  ])("does not know %j", (data) => {
    expect(requestIn(data)).toBeUndefined();
  });

  it("is nothing, and never an error, for whatever else comes", () => {
    fc.assert(fc.property(fc.anything({ withNullPrototype: true, withMap: true, withDate: true }), (data) => {
      expect(requestIn(data)).toBeUndefined();
    }));
  });

  it.each([
    ["seek", [0, 90_000.5], [-1, Number.NaN, Number.POSITIVE_INFINITY, "9", null, undefined, {}]],
    ["setRate", [0.25, 3], [0.1, 3.1, "1", null]],
    ["setVolume", [0, 0.5, 1], [-0.1, 1.1, true]],
    ["mute", [true, false], [0, "true", null, undefined]],
    ["setDanmaku", [true, false], [1, null]],
    ["setCaptions", [null, "zh", "zh-Hans"], ["", "z h", "x".repeat(36), 1, undefined, "<b>"]],
    ["play", [undefined, null], [1, {}, "now"]],
  ] as const)("%s takes what it says", (type, good, bad) => {
    const isGood = (value: unknown): boolean => hasGoodValue({ type, value, id: 1 });
    for (const value of good) expect(isGood(value)).toBe(true);
    for (const value of bad) expect(isGood(value)).toBe(false);
  });
});

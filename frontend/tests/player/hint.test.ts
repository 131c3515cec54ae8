import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Hint } from "../../src/player/hint";

let layer: HTMLElement;
let end: AbortController;
const shown = (): string => layer.textContent;

beforeEach(() => {
  vi.useFakeTimers();
  layer = document.createElement("div");
  end = new AbortController();
});
afterEach(() => { vi.useRealTimers(); });

it("shows for a moment, or until it is cleared, the last one alone", () => {
  const hint = new Hint(layer, end.signal);
  hint.show("+10 s", "right", false);
  vi.advanceTimersByTime(500);
  hint.show("2×", "middle", true);
  vi.advanceTimersByTime(5_000);
  expect([shown(), layer.firstElementChild?.className]).toEqual(["2×", "player-hint middle"]);
  hint.clear();
  expect(shown()).toBe("");
  hint.show("1×", "middle", false);
  vi.advanceTimersByTime(700);
  expect(shown()).toBe("");
});

it("goes with its player", () => {
  new Hint(layer, end.signal).show("2×", "middle", false);
  end.abort();
  expect([shown(), vi.getTimerCount()]).toEqual(["", 0]);
});

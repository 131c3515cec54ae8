import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Reconnection } from "../../src/player/reconnection";
import { isPassing } from "../../src/player/source";

describe("a network that is away", () => {
  let tries: number;
  let said: boolean[];
  let reconnection: Reconnection;
  let listeners: AbortController;

  beforeEach(() => {
    vi.useFakeTimers();
    [tries, said, listeners] = [0, [], new AbortController()];
    reconnection = new Reconnection(() => {
      tries += 1;
      reconnection.lost();
    }, (isAway) => { said.push(isAway); }, listeners.signal);
  });
  afterEach(() => {
    listeners.abort();
    vi.useRealTimers();
  });

  it("is tried again after 1, 2, 4, 8, 16 and then every 20 seconds, and told of once", () => {
    reconnection.lost();
    const counts = [1, 2, 4, 8, 16, 20, 20].map((seconds) => {
      vi.advanceTimersByTime(seconds * 1000 - 1);
      const before = tries;
      vi.advanceTimersByTime(1);
      return tries - before;
    });
    expect([counts, tries, said]).toEqual([[1, 1, 1, 1, 1, 1, 1], 7, [true]]);
  });

  it("is tried at once when the browser is online again, and left alone once something has come", () => {
    reconnection.lost();
    dispatchEvent(new Event("online"));
    expect(tries).toBe(1);
    reconnection.found();
    vi.advanceTimersByTime(600_000);
    expect([tries, said]).toEqual([1, [true, false]]);
  });

  it("is not tried for a player that is gone", () => {
    reconnection.lost();
    listeners.abort();
    dispatchEvent(new Event("online"));
    vi.advanceTimersByTime(600_000);
    expect(tries).toBe(0);
  });
});

describe("an answer", () => {
  it("may be another one in a while, or is final", () => {
    expect([0, 408, 429, 500, 503].every(isPassing)).toBe(true);
    expect([400, 401, 403, 404, 410].some(isPassing)).toBe(false);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Loop, partAfter } from "../../src/player/loop";

const NONE = { a: undefined, b: undefined };

describe("a part that repeats", () => {
  it("begins at A and ends at B, or begins with the lesson", () => {
    expect(partAfter(NONE, "a", 5)).toEqual({ a: 5, b: undefined });
    expect(partAfter({ a: 5, b: undefined }, "b", 9)).toEqual({ a: 5, b: 9 });
    expect(partAfter(NONE, "b", 9)).toEqual({ a: 0, b: 9 });
    expect(partAfter({ a: 5, b: 9 }, "clear", 7)).toEqual(NONE);
  });

  it("never ends before it begins", () => {
    expect(partAfter({ a: 5, b: 9 }, "a", 12)).toEqual({ a: 12, b: undefined });
    expect(partAfter({ a: 5, b: 9 }, "b", 3)).toEqual({ a: 0, b: 3 });
    expect(partAfter(NONE, "b", 0)).toEqual({ a: 0, b: 0.1 });
  });
});

describe("repeating", () => {
  class Video extends EventTarget {
    currentTime = 0;
    duration = 100;
    paused = false;
    seeking = false;
    play(): Promise<void> {
      this.paused = false;
      return Promise.resolve();
    }
    at(timeS: number): number {
      this.currentTime = timeS;
      this.dispatchEvent(new Event("timeupdate"));
      return this.currentTime;
    }
  }

  let video: Video;
  let bar: HTMLElement;
  let said: string[];
  let loop: Loop;
  let listeners: AbortController;
  const setTo = (a: number, b: number): void => {
    video.currentTime = a;
    loop.act("a");
    video.currentTime = b;
    loop.act("b");
  };

  beforeEach(() => {
    vi.stubGlobal("requestAnimationFrame", () => 0);
    [video, bar, said, listeners] = [new Video(), document.createElement("div"), [], new AbortController()];
    loop = new Loop(video as unknown as HTMLVideoElement, bar, (text) => { said.push(text); }, listeners.signal);
  });
  afterEach(() => {
    listeners.abort();
    vi.unstubAllGlobals();
  });

  it("goes back from B to A, and plays what is before A until there", () => {
    setTo(5, 9);
    expect([8.9, 9, 9.02, 1, 50].map((time) => video.at(time))).toEqual([8.9, 5, 5, 1, 5]);
    expect(said).toEqual(["A 0:05", "A 0:05 – B 0:09"]);
  });

  it("lets a paused lesson be looked at anywhere, and goes on when it plays", () => {
    setTo(5, 9);
    video.paused = true;
    expect(video.at(20)).toBe(20);
    video.paused = false;
    video.dispatchEvent(new Event("play"));
    expect(video.currentTime).toBe(5);
  });

  it("plays on at the end of the lesson, where browsers stop", () => {
    setTo(90, 100);
    video.paused = true;
    video.currentTime = 100;
    video.dispatchEvent(new Event("ended"));
    expect([video.currentTime, video.paused]).toEqual([90, false]);
  });

  it("marks its ends on the seek bar, and ends when it is told to", () => {
    setTo(5, 9);
    const marks = bar.firstElementChild as HTMLElement;
    expect([marks.style.getPropertyValue("--from"), marks.style.getPropertyValue("--share")]).toEqual(["0.05", "0.04"]);
    loop.act("clear");
    expect([marks.hidden, video.at(50), said.at(-1)]).toEqual([true, 50, "Loop off"]);
    listeners.abort();
    expect(bar.childElementCount).toBe(0);
  });
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Begun, PARTS, type Report, tellWatched, WatchedParts } from "../../src/player/watched";

/** A video whose clock the test moves; 100 s long, so that a part is a second. */
class Video extends EventTarget {
  currentTime = 0;
  playbackRate = 1;
  seeking = false;
  ended = false;

  /** Play on in steps of a quarter of a second, as browsers tell. */
  play(seconds: number): void {
    for (let step = 0; step < seconds * 4; step += 1) {
      vi.advanceTimersByTime(250 / this.playbackRate);
      this.currentTime += 0.25;
      this.dispatchEvent(new Event("timeupdate"));
    }
  }

  seek(to: number): void {
    this.seeking = true;
    this.currentTime = to;
    this.dispatchEvent(new Event("seeking"));
    this.seeking = false;
  }
}

let video: Video;
let listeners: AbortController;
const sent: Report[] = [];
let status = 204;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "Date"] });
  sent.length = 0;
  status = 204;
  vi.stubGlobal("fetch", vi.fn((_path: string, init: RequestInit) => {
    sent.push(JSON.parse(init.body as string) as Report);
    return Promise.resolve(new Response(null, { status }));
  }));
  video = new Video();
  listeners = new AbortController();
  begin({ atS: 0, whenMs: performance.now() });
});

function begin(begun: Begun): void {
  tellWatched(video as unknown as HTMLVideoElement, { videoId: "x", durationMs: 100_000 }, begun, listeners.signal);
}

afterEach(() => {
  listeners.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

test("half a minute of playing is one report of its parts", () => {
  video.play(29);
  expect(sent).toEqual([]);
  video.play(1);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toEqual({ parts: range(0, 31), again: [], played_ms: 30_000 });
});

test("what was played before this module came counts", () => {
  listeners.abort();
  listeners = new AbortController();
  const begun = { atS: 0, whenMs: performance.now() };
  vi.advanceTimersByTime(2_000);
  video.currentTime = 2;
  begin(begun);
  video.play(1.5);
  dispatchEvent(new Event("pagehide"));
  expect(sent[0]?.parts).toEqual([0, 1, 2, 3]);
});

test("what was jumped over was not played", () => {
  video.play(2.5);
  video.seek(80);
  video.play(2.5);
  dispatchEvent(new Event("pagehide"));
  expect(sent[0]?.parts).toEqual([0, 1, 2, 80, 81, 82]);
  expect(sent[0]?.played_ms).toBe(5_000);
});

test("a jump that no event tells of is seen by the clock", () => {
  video.play(1.5);
  video.currentTime = 50;
  video.dispatchEvent(new Event("timeupdate"));
  video.play(0.5);
  dispatchEvent(new Event("pagehide"));
  expect(sent[0]?.parts).toEqual([0, 1, 50]);
});

test("triple speed is playing", () => {
  video.playbackRate = 3;
  video.play(30);
  dispatchEvent(new Event("pagehide"));
  expect(sent.flatMap(({ parts }) => parts)).toEqual(range(0, 31));
});

test("what is played again is told once as new and once as again", () => {
  for (let time = 0; time < 3; time += 1) {
    video.seek(10);
    video.play(1.5);
  }
  dispatchEvent(new Event("pagehide"));
  expect(sent[0]?.parts).toEqual([10, 11]);
  expect(sent[0]?.again).toEqual([10, 11]);
});

test("pausing tells what was played, a page that is left the rest, and nothing twice", () => {
  video.play(8);
  video.dispatchEvent(new Event("pause"));
  video.play(1);
  video.dispatchEvent(new Event("pause")); // soon after the other: it waits
  expect(sent).toHaveLength(1);
  dispatchEvent(new Event("pagehide"));
  dispatchEvent(new Event("pagehide"));
  expect(sent).toHaveLength(2);
  expect(sent.map(({ played_ms }) => played_ms)).toEqual([8_000, 1_000]);
});

test("a report that did not arrive is told with the next, a refused one ends it", async () => {
  status = 503;
  video.play(30);
  await Promise.resolve();
  await Promise.resolve();
  status = 403;
  video.play(30);
  expect(sent[1]?.parts).toEqual(expect.arrayContaining(range(0, 61)));
  expect(sent[1]?.played_ms).toBe(60_000);
  await Promise.resolve();
  await Promise.resolve();
  video.play(60);
  expect(sent).toHaveLength(2);
});

test("every hundredth is told, whatever the length and the steps", () => {
  for (const durationMs of [1_000, 16_000, 7_200_000]) {
    const watched = new WatchedParts(durationMs);
    for (let at = 0; at < durationMs; at += 250) watched.play(at / 1000, Math.min(durationMs, at + 250) / 1000);
    expect(watched.take()?.parts).toEqual(range(0, PARTS));
    expect(watched.take()).toBeUndefined();
  }
});

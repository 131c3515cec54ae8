import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { attachSource, type Source } from "../../src/player/source";

const made = vi.hoisted(() => [] as { startPosition: number; destroy: () => void }[]);

vi.mock("hls.js", () => {
  class FakeHls {
    static readonly Events = {};
    static readonly ErrorDetails = {};
    static readonly ErrorTypes = {};
    static isSupported = (): boolean => true;
    readonly levels: object[] = [];
    readonly startPosition: number;
    private media: { currentTime: number; readyState: number } | undefined;
    constructor({ startPosition }: { startPosition: number }) {
      this.startPosition = startPosition;
      made.push(this);
    }
    on(): void { /* nothing comes */ }
    loadSource(): void { /* nothing comes */ }
    attachMedia(media: FakeHls["media"]): void { this.media = media; }
    /** As browsers do: what is taken out stands at its beginning. */
    destroy(): void { Object.assign(this.media ?? {}, { currentTime: 0, readyState: 0 }); }
  }
  return { default: FakeHls };
});

let video: EventTarget & { currentTime: number; readyState: number; paused: boolean };
let source: Source;

beforeEach(() => {
  made.length = 0;
  video = Object.assign(new EventTarget(), { currentTime: 0, readyState: 0, paused: true });
  source = attachSource(video as unknown as HTMLVideoElement, {
    url: "/media/a.m3u8", startS: 7, savesData: false, renew: () => Promise.resolve(null), onRenewed: () => undefined, onGone: () => undefined,
    onFault: () => undefined, onAway: () => undefined, onQualities: () => undefined,
  });
});
afterEach(() => { source.destroy(); });

it("begins anew where the viewer was, however often that is tried while nothing comes", () => {
  source.retry();
  video.readyState = 1; // its length is known, and nothing else yet
  source.retry();
  Object.assign(video, { currentTime: 1800, readyState: 4 });
  source.retry();
  source.retry();
  dispatchEvent(new Event("online"));
  expect(made.map(({ startPosition }) => startPosition)).toEqual([7, 7, 7, 1800, 1800, 1800]);
  Object.assign(video, { currentTime: 0, readyState: 4 }); // gone back to the beginning, and there
  source.retry();
  expect(made.at(-1)?.startPosition).toBe(0);
});

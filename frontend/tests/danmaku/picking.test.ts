import { afterEach, describe, expect, it, vi } from "vitest";
import { Gestures } from "../../src/player/gestures";
import { FakeMedia } from "./made";

class FakeVideo extends FakeMedia {
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void { this.paused = true; }
}

const listeners = new AbortController();
afterEach(() => { vi.useRealTimers(); });

function pictureWith(pick: () => (() => void) | undefined): { video: FakeVideo; on: (name: string, pointerType: string, at?: number) => void } {
  vi.useFakeTimers();
  const surface = document.createElement("div");
  surface.getBoundingClientRect = () => new DOMRect(0, 0, 300, 170);
  const video = new FakeVideo();
  const nothing = (): void => undefined;
  new Gestures(surface, video as unknown as HTMLVideoElement, { onFullscreen: nothing, hint: nothing, clearHint: nothing, pick }, listeners.signal);
  return { video, on: (name, pointerType, at = 1000) => {
    const event = new PointerEvent(name, { pointerType, clientX: 290, bubbles: true });
    Object.defineProperty(event, "timeStamp", { value: at });
    surface.dispatchEvent(event);
  } };
}

describe("a danmaku on the picture", () => {
  it("gets the click, and the player gets it where there is none", () => {
    const open = vi.fn();
    const onIt = pictureWith(() => open);
    onIt.on("click", "mouse");
    expect([open.mock.calls.length, onIt.video.paused]).toEqual([1, false]);
    const beside = pictureWith(() => undefined);
    beside.on("click", "mouse");
    expect(beside.video.paused).toBe(true);
  });

  it("gets a tap, unless a second one makes it a step of ten seconds", () => {
    const open = vi.fn();
    const { video, on } = pictureWith(() => open);
    on("pointerup", "touch", 1000);
    expect(open).not.toHaveBeenCalled();
    vi.advanceTimersByTime(400);
    expect(open).toHaveBeenCalledOnce();
    on("pointerup", "touch", 3000);
    on("pointerup", "touch", 3200);
    vi.advanceTimersByTime(400);
    expect([open.mock.calls.length, video.currentTime]).toEqual([1, 10]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rememberBps, startEstimateBps } from "../src/player/bandwidth";
import { followCaptions, showCaptions } from "../src/player/captions";
import { Gestures, sideOf } from "../src/player/gestures";
import { attachKeys, nextRate } from "../src/player/keys";
import "../src/study/tabs";

class FakeVideo extends EventTarget {
  currentTime = 30;
  duration = 100;
  playbackRate = 1;
  paused = false;
  muted = false;
  volume = 0.5;
  textTracks = Object.assign(new EventTarget(), { list: [] as { kind: string; language: string; mode: string }[], *[Symbol.iterator]() { yield* this.list; } });
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
}

const asVideo = (video: FakeVideo): HTMLVideoElement => video as unknown as HTMLVideoElement;
let listeners: AbortController;

beforeEach(() => {
  listeners = new AbortController();
  vi.useFakeTimers();
});
afterEach(() => {
  listeners.abort();
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("gestures", () => {
  function surfaceOf(video: FakeVideo): { touch: (kind: string, x: number, at: number) => void; hints: string[]; gestures: Gestures } {
    const surface = document.createElement("div");
    surface.getBoundingClientRect = () => new DOMRect(0, 0, 300, 170);
    document.body.append(surface);
    const hints: string[] = [];
    const gestures = new Gestures(surface, asVideo(video), {
      onFullscreen: () => { hints.push("full"); },
      hint: (text, side) => { hints.push(`${side} ${text}`); },
      clearHint: () => { hints.push("clear"); },
    }, listeners.signal);
    const touch = (kind: string, x: number, at: number): void => {
      const event = new PointerEvent(kind, { pointerType: "touch", clientX: x, bubbles: true });
      Object.defineProperty(event, "timeStamp", { value: at });
      surface.dispatchEvent(event);
    };
    return { touch, hints, gestures };
  }

  it("know the outer thirds of the picture from its middle", () => {
    expect([0, 99, 100, 200, 201, 300].map((x) => sideOf(x, 300))).toEqual(["left", "left", "middle", "middle", "right", "right"]);
  });

  it("go ten seconds on for a double tap at the right, and on again for a third tap", () => {
    const video = new FakeVideo();
    const { touch, hints } = surfaceOf(video);
    for (const at of [1000, 1200]) touch("pointerup", 280, at);
    expect(video.currentTime).toBe(40);
    touch("pointerup", 280, 1400);
    expect(video.currentTime).toBe(50);
    expect(hints).toEqual(["right +10 s", "right +10 s"]);
  });

  it("go back at the left, but not before the start, and leave single taps to the controls", () => {
    const video = new FakeVideo();
    video.currentTime = 4;
    const { touch } = surfaceOf(video);
    touch("pointerup", 10, 1000);
    touch("pointerup", 10, 2000);
    expect(video.currentTime).toBe(4);
    touch("pointerup", 10, 2200);
    expect(video.currentTime).toBe(0);
  });

  it("do not press a control that appears under the finger", () => {
    const video = new FakeVideo();
    const { touch } = surfaceOf(video);
    const button = document.createElement("button");
    const pressed = vi.fn();
    button.addEventListener("click", pressed);
    document.body.firstElementChild?.append(button);
    touch("pointerdown", 150, 1000);
    touch("pointerup", 150, 1050);
    button.click();
    expect(pressed).not.toHaveBeenCalled();
    button.click();
    expect(pressed).toHaveBeenCalledOnce();
  });

  it("play at double speed while a finger is held, then as before", () => {
    const video = new FakeVideo();
    video.playbackRate = 1.25;
    const { touch, gestures } = surfaceOf(video);
    touch("pointerdown", 150, 1000);
    vi.advanceTimersByTime(600);
    expect([video.playbackRate, gestures.isHeld]).toEqual([2, true]);
    touch("pointerup", 150, 1700);
    expect([video.playbackRate, gestures.isHeld, video.currentTime]).toEqual([1.25, false, 30]);
  });

  it("end a held finger's speed when the player goes away", () => {
    const video = new FakeVideo();
    const { touch } = surfaceOf(video);
    touch("pointerdown", 150, 1000);
    vi.advanceTimersByTime(600);
    listeners.abort();
    expect(video.playbackRate).toBe(1);
  });
});

describe("keys", () => {
  function press(key: string, on: Element = document.body): boolean {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true });
    on.dispatchEvent(event);
    return event.defaultPrevented;
  }

  it("move, pause and change the rate, and leave fields alone", () => {
    const video = new FakeVideo();
    const nothing = (): void => undefined;
    attachKeys(asVideo(video), { onDanmaku: nothing, onFullscreen: nothing, onCaptions: nothing, onHelp: nothing }, listeners.signal);
    press("l");
    press("ArrowLeft");
    expect(video.currentTime).toBe(35);
    press("5");
    expect(video.currentTime).toBe(50);
    press("k");
    expect(video.paused).toBe(true);
    press(">");
    expect(video.playbackRate).toBe(1.25);
    document.body.innerHTML = "<input name=text><button>b</button>";
    for (const key of ["k", "5", "l"]) expect(press(key, document.querySelector("input") ?? document.body)).toBe(false);
    expect(press(" ", document.querySelector("button") ?? document.body)).toBe(false);
    expect(press("k", document.querySelector("button") ?? document.body)).toBe(true);
  });

  it("scroll the page with up and down unless the player is in use", () => {
    const video = new FakeVideo();
    const nothing = (): void => undefined;
    attachKeys(asVideo(video), { onDanmaku: nothing, onFullscreen: nothing, onCaptions: nothing, onHelp: nothing }, listeners.signal);
    document.body.innerHTML = "<edu-player><div tabindex=-1></div></edu-player>";
    expect(press("ArrowUp")).toBe(false);
    expect(press("ArrowUp", document.querySelector("edu-player div") ?? document.body)).toBe(true);
    expect(video.volume).toBeCloseTo(0.6);
  });

  it("stop at the slowest and the fastest rate", () => {
    expect([nextRate(0.25, -1), nextRate(3, 1), nextRate(4, 1), nextRate(1, 1)]).toEqual([0.25, 3, 3, 1.25]);
  });
});

describe("captions", () => {
  function withTracks(): FakeVideo {
    const video = new FakeVideo();
    video.textTracks.list = [
      { kind: "captions", language: "zh", mode: "disabled" },
      { kind: "captions", language: "en", mode: "disabled" },
      { kind: "chapters", language: "zh", mode: "hidden" },
    ];
    return video;
  }
  const modes = (video: FakeVideo): string[] => video.textTracks.list.map((track) => track.mode);

  it("show the track in the language of the page and leave chapters alone", () => {
    const video = withTracks();
    document.documentElement.lang = "en";
    showCaptions(asVideo(video), true);
    expect(modes(video)).toEqual(["disabled", "showing", "hidden"]);
    showCaptions(asVideo(video), false);
    expect(modes(video)).toEqual(["disabled", "disabled", "hidden"]);
  });

  it("are not turned on by the browser while a lesson loads, only by the viewer", () => {
    const video = withTracks();
    let wanted = false;
    followCaptions(asVideo(video), { wanted: () => wanted, onChoice: (isOn) => { wanted = isOn; } }, listeners.signal);
    const browserTurnsOn = (): void => {
      const [first] = video.textTracks.list;
      if (first) first.mode = "showing";
      video.textTracks.dispatchEvent(new Event("change"));
    };
    browserTurnsOn();
    expect([modes(video)[0], wanted]).toEqual(["disabled", false]);
    video.dispatchEvent(new Event("playing"));
    browserTurnsOn();
    expect([modes(video)[0], wanted]).toEqual(["showing", true]);
  });
});

describe("tabs of a watch page", () => {
  it("show one part at a time and open the transcript with its tab", () => {
    const page = document.createElement("div");
    page.className = "watch";
    page.innerHTML = `<div data-part="lesson"></div><details data-part="transcript"></details>
      <edu-tabs hidden><button data-part="lesson"></button><button data-part="transcript"></button></edu-tabs>`;
    document.body.append(page);
    const [lesson, transcript] = document.querySelectorAll<HTMLElement>(".watch > [data-part]");
    const hidden = (): boolean[] => [lesson, transcript].map((part) => part?.classList.contains("tab-hidden") ?? false);
    expect(hidden()).toEqual([false, true]);
    document.querySelector<HTMLButtonElement>("edu-tabs [data-part=transcript]")?.click();
    expect(hidden()).toEqual([true, false]);
    expect(transcript?.hasAttribute("open")).toBe(true);
    expect(document.querySelector("edu-tabs")?.hasAttribute("hidden")).toBe(false);
  });
});

describe("the first rung", () => {
  const withLine = (downlink: number | undefined): void => {
    Object.defineProperty(navigator, "connection", { value: downlink === undefined ? undefined : { downlink }, configurable: true });
  };
  beforeEach(() => { localStorage.clear(); });

  it("fits what the browser says of the line, or an ordinary one", () => {
    withLine(undefined);
    expect(startEstimateBps()).toBe(2_000_000);
    withLine(0.4);
    expect(startEstimateBps()).toBeCloseTo(320_000);
  });

  it("fits what the last lesson measured, but not more than the line of today", () => {
    withLine(10);
    rememberBps(1_000_000);
    expect(startEstimateBps()).toBeCloseTo(800_000);
    withLine(0.5);
    expect(startEstimateBps()).toBeCloseTo(400_000);
    rememberBps(Number.NaN);
    expect(localStorage.getItem("eduvideo-bandwidth")).toBe("1000000");
  });
});

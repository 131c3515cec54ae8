import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rememberBps, startEstimateBps } from "../../src/player/bandwidth";
import { Gestures, sideOf } from "../../src/player/gestures";
import { showKeyHelp } from "../../src/player/help";
import { limitKeys } from "../../src/player/key-scope";
import { attachKeys, type KeyActions } from "../../src/player/keys";
import { placePanel } from "../../src/player/panel";
import { nextRate } from "../../src/player/rates";
import "../../src/study/tabs";

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
    expect(hints).toEqual(["right +10 s", "right +20 s"]); // they add up
    touch("pointerup", 10, 1500);
    expect([video.currentTime, hints.at(-1)]).toEqual([40, "left −10 s"]);
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

  const did: string[] = [];
  function actions(): KeyActions {
    did.length = 0;
    const say = (what: string) => (...with_: (string | number)[]): void => { did.push([what, ...with_].join(" ")); };
    return {
      onTheatre: say("theatre"), onPictureInPicture: say("pip"), onLoop: say("loop"), onChapter: say("chapter"),
      onDanmaku: say("danmaku"), onFullscreen: say("full"), onCaptions: say("captions"), onHelp: say("help"), onVolume: say("volume"),
    };
  }

  it("ask for what the player does", () => {
    attachKeys(asVideo(new FakeVideo()), actions(), listeners.signal);
    for (const key of ["[", "]", "\\", "t", "i", "c", "d", "f", "?"]) press(key);
    expect(did).toEqual(["loop a", "loop b", "loop clear", "theatre", "pip", "captions", "danmaku", "full", "help"]);
  });

  it("go from chapter to chapter with Control, and leave other keys with it to the browser", () => {
    const video = new FakeVideo();
    attachKeys(asVideo(video), actions(), listeners.signal);
    const control = (key: string): boolean => {
      const event = new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true, composed: true });
      document.body.dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(["ArrowRight", "ArrowLeft", "c", "l"].map(control)).toEqual([true, true, false, false]);
    expect([did, video.currentTime]).toEqual([["chapter 1", "chapter -1"], 30]);
  });

  it("move, pause and change the rate, and leave fields alone", () => {
    const video = new FakeVideo();
    attachKeys(asVideo(video), actions(), listeners.signal);
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

  it("tell that the viewer has changed the volume, so that it is kept", () => {
    const video = new FakeVideo();
    document.body.innerHTML = "<edu-player><div tabindex=-1></div></edu-player>";
    attachKeys(asVideo(video), actions(), listeners.signal);
    for (const key of ["m", "ArrowDown"]) press(key, document.querySelector("edu-player div") ?? document.body);
    expect(did).toEqual(["volume", "volume"]);
    expect([video.muted, video.volume]).toEqual([false, expect.closeTo(0.4) as number]);
  });

  it("act for what was pressed before there was a player", () => {
    const video = new FakeVideo();
    const before = ["l", "c", "x"].map((key) => new KeyboardEvent("keydown", { key }));
    attachKeys(asVideo(video), actions(), listeners.signal, before);
    expect([video.currentTime, did]).toEqual([40, ["captions"]]);
  });

  it("scroll the page with up and down unless the player is in use", () => {
    const video = new FakeVideo();
    attachKeys(asVideo(video), actions(), listeners.signal);
    document.body.innerHTML = "<edu-player><div tabindex=-1></div></edu-player>";
    expect(press("ArrowUp")).toBe(false);
    expect(press("ArrowUp", document.querySelector("edu-player div") ?? document.body)).toBe(true);
    expect(video.volume).toBeCloseTo(0.6);
  });

  it("turn something on or off once, however long they are held, and step as long", () => {
    const video = new FakeVideo();
    attachKeys(asVideo(video), actions(), listeners.signal);
    for (const key of ["f", "k", "ArrowRight"]) {
      for (const repeat of [false, true, true]) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, repeat, bubbles: true }));
    }
    expect([did, video.paused, video.currentTime]).toEqual([["full"], true, 45]);
  });

  it("are silent in the rest of the page for who wants that", () => {
    attachKeys(asVideo(new FakeVideo()), actions(), listeners.signal);
    document.body.innerHTML = "<edu-player><div tabindex=-1></div></edu-player>";
    const player = document.querySelector<HTMLElement>("edu-player");
    const picture = player?.querySelector("div");
    if (!player || !picture) throw new Error("no player");
    showKeyHelp(player, false, (isHereOnly) => { limitKeys(player, isHereOnly); });
    // It is what a dialog gives the focus to; what comes after the list would scroll that away.
    expect(player.querySelector(".key-help :is(button, input, dl)")?.localName).toBe("input");
    player.querySelector<HTMLInputElement>(".key-choice input")?.click();
    expect([press("f"), press("f", picture)]).toEqual([false, true]);
    limitKeys(player, false);
    expect([press("f"), did]).toEqual([true, ["full", "full"]]);
  });

  it("stop at the slowest and the fastest rate", () => {
    expect([nextRate(0.25, -1), nextRate(3, 1), nextRate(4, 1), nextRate(1, 1)]).toEqual([0.25, 3, 3, 1.25]);
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

describe("a panel", () => {
  const place = (top: number): CSSStyleDeclaration => {
    const [panel, button] = [document.createElement("div"), document.createElement("button")];
    button.getBoundingClientRect = () => new DOMRect(600, top, 44, 44);
    placePanel(panel, button, new DOMRect(0, 0, 800, 450));
    return panel.style;
  };

  it("stands above its button, or over it where the player is half out of sight", () => {
    expect([place(500).inset, place(500).maxHeight]).toEqual([expect.stringMatching(`^auto .* ${innerHeight - 492}px auto$`), "484px"]);
    expect([place(150).inset, place(150).maxHeight]).toEqual([expect.stringMatching("^8px .* auto auto$"), `${innerHeight - 16}px`]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { onInterest } from "../../src/player/interest";
import { tell } from "../../src/player/link";
import { StandIn } from "../../src/player/stand-in";

let host: HTMLElement;
let video: HTMLVideoElement;
let isPaused: boolean;
let wanted: number;
let made: StandIn[] = [];

beforeEach(() => {
  host = document.createElement("div");
  host.innerHTML = '<video controls><source src="/lesson.m3u8"></video>';
  document.body.append(host);
  video = host.querySelector("video") ?? document.createElement("video");
  isPaused = true;
  wanted = 0;
  Object.defineProperty(video, "paused", { get: () => isPaused });
  video.play = () => {
    isPaused = false;
    video.dispatchEvent(new Event("play"));
    return new Promise(() => undefined); // there is nothing to play yet
  };
  video.pause = () => {
    isPaused = true;
    video.dispatchEvent(new Event("pause"));
  };
});
afterEach(() => {
  for (const each of made) each.leave(null);
  made = [];
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function standIn(): StandIn {
  const one = new StandIn(host, video, () => { wanted += 1; });
  made.push(one);
  return one;
}
const button = (): HTMLButtonElement | null => host.querySelector(".player-start");
function press(key: string, on: Element = document.body): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true });
  on.dispatchEvent(event);
  return event;
}

describe("what stands in for the player", () => {
  it("asks the browser to play within the press, says that something comes, and can be stopped again", () => {
    standIn();
    expect([video.controls, video.querySelector("source")]).toEqual([false, null]); // nothing is loaded twice
    button()?.click();
    expect([isPaused, wanted, button()?.getAttribute("aria-busy")]).toEqual([false, 1, "true"]);
    button()?.click();
    expect([isPaused, button()?.getAttribute("aria-busy")]).toEqual([true, "false"]);
  });

  it("plays by key, and keeps the other keys for the player", () => {
    const early = standIn();
    expect(press("k").defaultPrevented).toBe(true);
    expect(isPaused).toBe(false);
    press("c");
    document.body.insertAdjacentHTML("beforeend", "<input>");
    press("f", document.querySelector("input") ?? document.body);
    expect(early.leave(null).map(({ key }) => key)).toEqual(["c"]);
    press(" ");
    expect([isPaused, button()]).toEqual([false, null]); // the player hears it from now on
  });

  it("keeps where somebody has asked to go", () => {
    const early = standIn();
    tell("edu-seek", 90_000);
    expect([early.wantedMs, isPaused, wanted]).toEqual([90_000, false, 1]);
  });

  it("stays under a finger until its click has come", () => {
    const early = standIn();
    const own = button();
    if (own) own.matches = () => true;
    early.leave(null);
    expect(button()).not.toBeNull();
    own?.click();
    expect([isPaused, button()]).toEqual([false, null]);
  });

  it("hands its focus on, and the lesson back to the browser where no player comes", () => {
    const early = standIn();
    button()?.focus();
    video.tabIndex = 0;
    early.giveUp();
    expect([video.controls, video.querySelector("source") !== null, button(), document.activeElement]).toEqual([true, true, null, video]);
  });

  it("leaves a lesson alone that the browser plays by itself already", () => {
    isPaused = false;
    standIn();
    expect([video.controls, wanted]).toEqual([true, 1]);
  });
});

describe("interest", () => {
  const heard = (options: { isSoon?: boolean; savesData?: boolean }, signal = new AbortController().signal): (() => number) => {
    const act = vi.fn();
    onInterest(act, { isSoon: false, savesData: false, ...options }, signal);
    return () => act.mock.calls.length;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("requestAnimationFrame", (act: () => void) => setTimeout(act));
    vi.stubGlobal("requestIdleCallback", (act: () => void) => setTimeout(act));
  });

  it("is what a person does, anywhere in the page", () => {
    const times = heard({ savesData: true });
    window.dispatchEvent(new Event("load"));
    vi.advanceTimersByTime(60_000);
    expect(times()).toBe(0);
    document.body.dispatchEvent(new Event("scroll"));
    expect(times()).toBe(1);
  });

  it("comes by itself when the page has been quiet, at once where there is a moment to show", () => {
    const [quiet, soon] = [heard({}), heard({ isSoon: true })];
    vi.advanceTimersByTime(100);
    expect([quiet(), soon()]).toEqual([0, 1]);
    vi.advanceTimersByTime(4_000);
    expect(quiet()).toBe(1);
  });

  it("waits for a page that is busy", () => {
    let busy = (): void => undefined;
    vi.stubGlobal("PerformanceObserver", class {
      static readonly supportedEntryTypes = ["longtask"];
      constructor(callback: () => void) { busy = callback; }
      observe = vi.fn();
      disconnect = vi.fn();
    });
    const times = heard({});
    vi.advanceTimersByTime(2_500);
    busy();
    vi.advanceTimersByTime(2_500);
    expect(times()).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(times()).toBe(1);
  });

  it("ends with its signal", () => {
    const end = new AbortController();
    const times = heard({}, end.signal);
    end.abort();
    press("k");
    vi.advanceTimersByTime(10_000);
    expect(times()).toBe(0);
  });
});

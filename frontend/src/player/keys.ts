/** The player's keyboard, as viewers know it; silent while somebody types. */
import { areKeysHereOnly } from "./key-scope";
import type { LoopAction } from "./loop";
import { nextRate } from "./rates";

const FRAME_S = 1 / 30;
/** What goes on while a key is held; what turns something on or off happens once. */
const STEPS = /^(?:arrow.*|[jl,.<>])$/;

export interface KeyActions {
  onTheatre: () => void;
  onPictureInPicture: () => void;
  onLoop: (action: LoopAction) => void;
  onChapter: (step: 1 | -1) => void;
  /** The volume has changed. */
  onVolume: () => void;
  onDanmaku: () => void;
  onFullscreen: () => void;
  onCaptions: () => void;
  onHelp: () => void;
}

/** Listen to the keyboard, and act for the keys that were pressed `before`. */
export function attachKeys(video: HTMLVideoElement, actions: KeyActions, signal: AbortSignal, before: readonly KeyboardEvent[] = []): void {
  const move = (seconds: number): void => {
    video.currentTime = Math.max(0, video.currentTime + seconds);
  };
  const louder = (step: number): void => {
    video.volume = Math.min(1, Math.max(0, video.volume + step));
    video.muted = false;
    actions.onVolume();
  };
  const frame = (step: number): void => {
    video.pause();
    move(step * FRAME_S);
  };
  const keys: Record<string, () => void> = {
    k: () => { togglePlay(video); },
    " ": () => { togglePlay(video); },
    j: () => { move(-10); },
    l: () => { move(10); },
    arrowleft: () => { move(-5); },
    arrowright: () => { move(5); },
    arrowup: () => { louder(0.1); },
    arrowdown: () => { louder(-0.1); },
    ",": () => { frame(-1); },
    ".": () => { frame(1); },
    m: () => {
      video.muted = !video.muted;
      actions.onVolume();
    },
    f: actions.onFullscreen,
    c: actions.onCaptions,
    d: actions.onDanmaku,
    t: actions.onTheatre,
    i: actions.onPictureInPicture,
    "[": () => { actions.onLoop("a"); },
    "]": () => { actions.onLoop("b"); },
    "\\": () => { actions.onLoop("clear"); },
    "<": () => { video.playbackRate = nextRate(video.playbackRate, -1); },
    ">": () => { video.playbackRate = nextRate(video.playbackRate, 1); },
    "?": actions.onHelp,
  };
  /** Tells whether it was a key of ours. */
  const press = (event: KeyboardEvent): boolean => {
    if (event.ctrlKey || event.altKey) {
      const step = chapterStep(event);
      if (step) actions.onChapter(step);
      return step !== undefined;
    }
    const digit = /^[0-9]$/.test(event.key) ? Number(event.key) : undefined;
    const key = event.key.toLowerCase();
    const action = keys[key];
    if (digit !== undefined && Number.isFinite(video.duration)) video.currentTime = (video.duration * digit) / 10;
    else if (!action) return false;
    else if (!event.repeat || STEPS.test(key)) action();
    return true;
  };
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.defaultPrevented || needsKeyItself(event)) return;
    if (press(event)) event.preventDefault();
  }, { signal });
  for (const event of before) press(event);
}

/** Whether a key plays and pauses; that wants an answer within the press. */
export function isPlayKey({ key, ctrlKey, altKey }: KeyboardEvent): boolean {
  return !ctrlKey && !altKey && (key === " " || key.toLowerCase() === "k");
}

/** Control with an arrow goes to another chapter; on a Mac, whose system takes that, Option does. */
function chapterStep({ key, ctrlKey }: KeyboardEvent): 1 | -1 | undefined {
  if (!ctrlKey && !navigator.userAgent.includes("Mac OS X")) return undefined; // there Alt goes back in history
  return key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : undefined;
}

export function togglePlay(video: HTMLVideoElement): void {
  if (video.paused) void video.play().catch(() => undefined);
  else video.pause();
}

/** Whether what has the focus needs this key itself: a field every key, a button the space bar, a list the arrows. */
export function needsKeyItself(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("dialog, [popover], select, textarea, input:not([type=range], [type=radio], [type=checkbox])") || target.isContentEditable) return true;
  if (event.key === " " && target.closest("button, a, summary, input, [tabindex='0']")) return true;
  const isInPlayer = event.composedPath().some((element) => element instanceof HTMLElement && element.localName === "edu-player");
  if (!isInPlayer && areKeysHereOnly()) return true;
  // Up and down scroll the page and its lists, unless the player is in use.
  if (event.key === "ArrowUp" || event.key === "ArrowDown") return !isInPlayer || target.closest("input") !== null;
  return event.key.startsWith("Arrow") && target.closest("input, [role=listbox], [tabindex='0']:not(media-controller *)") !== null;
}

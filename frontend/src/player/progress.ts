/**
 * Where a viewer is in a lesson, to go on there: kept by the server for an account, in this browser for others.
 *
 * It is kept while the lesson plays, at most every ten seconds, and when it is paused, ends or is left. What the server
 * does not hear, without a network or after the session has ended, it is told later.
 */
import { confirmPlace, keepPlace, sendPlace, unsentPlace } from "./unsent-places";

export type Keeper = "account" | "browser";

const EVERY_MS = 10_000;
const LEAST_MS = 1_000; // less is no news
const KEY = "eduvideo-progress";
const MOST_KEPT = 100;

interface Place {
  ms: number;
  /** When it was kept, in milliseconds of the clock. */
  at: number;
}

export interface ProgressOptions {
  videoId: string;
  keeper: Keeper;
  durationMs: number;
}

export interface KeepingOptions extends ProgressOptions {
  /** Where the lesson goes on or begins, which is no news. */
  knownMs: number;
}

/** Whether a lesson stands where its viewer is: one that is loaded anew is at 0 until its media have come. */
export function hasPlace({ currentTime, readyState }: HTMLMediaElement): boolean {
  return currentTime > 0 || readyState > 1;
}

/** Keep a viewer's place until the signal ends. */
export function keepProgress(video: HTMLVideoElement, options: KeepingOptions, signal: AbortSignal): void {
  const keep = options.keeper === "account" ? accountKeeper(options) : browserKeeper(options);
  let keptMs = options.knownMs;
  let keptAt = performance.now(); // the clock may be set meanwhile
  let hasPlayed = false;
  const now = (): void => {
    const ms = Math.round(video.currentTime * 1000);
    if (!hasPlayed || !hasPlace(video) || Math.abs(ms - keptMs) < LEAST_MS) return;
    keptMs = ms;
    keptAt = performance.now();
    keep(ms);
  };
  video.addEventListener("playing", () => { hasPlayed = true; }, { signal });
  video.addEventListener("timeupdate", () => { if (performance.now() - keptAt >= EVERY_MS) now(); }, { signal });
  for (const name of ["pause", "ended"]) video.addEventListener(name, now, { signal });
  addEventListener("pagehide", now, { signal });
  document.addEventListener("visibilitychange", () => { if (document.hidden) now(); }, { signal }); // phones may end a hidden page
}

/**
 * Return where to go on, in milliseconds; 0 is the beginning. `known` is what the server says for an account, undefined
 * where the address says where to begin. A recording that came later may end before that place.
 */
export function placeToResume({ keeper, videoId, durationMs }: ProgressOptions, known: number | undefined): number {
  if (known === undefined) return 0;
  const placeMs = keeper === "browser" ? keptPlace(videoId) : unsentPlace(videoId, accountHere()) ?? known;
  return isAtEnd(placeMs, durationMs) ? 0 : placeMs;
}

/** Return the place that this browser keeps of a lesson, in milliseconds; 0 for none. */
export function keptPlace(videoId: string): number {
  return places()[videoId]?.ms ?? 0;
}

/** Tell whether whoever has come this far has seen the lesson; the server says the same (study/progress.py). */
export function isAtEnd(positionMs: number, durationMs: number): boolean {
  return positionMs >= durationMs - Math.min(30_000, Math.max(3_000, Math.floor(durationMs / 20)));
}

function accountKeeper({ videoId }: ProgressOptions): (ms: number) => void {
  const account = accountHere();
  return (ms) => {
    const at = keepPlace(videoId, account, ms);
    void sendPlace(videoId, ms).then((isSettled) => { if (isSettled) confirmPlace(videoId, at); }, () => undefined);
  };
}

/** The account that the page was made for. */
function accountHere(): string {
  return document.querySelector("edu-player")?.getAttribute("account") ?? "";
}

function browserKeeper({ videoId, durationMs }: ProgressOptions): (ms: number) => void {
  return (ms) => {
    const others = Object.entries(places()).filter(([id]) => id !== videoId);
    const kept = others.sort(([, a], [, b]) => b.at - a.at).slice(0, MOST_KEPT - 1);
    if (!isAtEnd(ms, durationMs)) kept.unshift([videoId, { ms, at: Date.now() }]);
    try {
      localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(kept)));
    } catch {
      // Blocked or full: the lesson begins at its beginning the next time.
    }
  };
}

function places(): Record<string, Place> {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {}) as Record<string, Place>;
  } catch {
    return {};
  }
}

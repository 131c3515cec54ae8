/**
 * Tells which hundredths of a lesson were played: twice a minute, and when it is paused, ends or is left. What was jumped
 * over was not played. Nothing is told that a seek bar would not know, and of whom is for the server to forget.
 */
import { csrfToken } from "../api/client";

export const PARTS = 100;
const EVERY_MS = 30_000;
const APART_MS = 5_000; // between two reports while the page stays
const SLACK_S = 0.5; // a clock's step is not exact
const REFUSALS = [401, 403, 404, 422];

export interface Report {
  parts: number[];
  again: number[];
  played_ms: number;
}

/** What was played, in hundredths: those that are new, and those that were played before. */
export class WatchedParts {
  private readonly known = new Set<number>();
  private readonly repeated = new Set<number>();
  private fresh: Report = { parts: [], again: [], played_ms: 0 };
  private at = -1;

  constructor(private readonly durationMs: number) {}

  /** Note that the lesson was played from one second to a later one. */
  play(fromS: number, toS: number): void {
    this.fresh.played_ms += (toS - fromS) * 1000;
    const of = (seconds: number): number => Math.min(PARTS - 1, Math.max(0, Math.floor(seconds * 1000 * PARTS / this.durationMs)));
    for (let part = of(fromS); part <= of(toS); part += 1) {
      if (part === this.at) continue; // still in it
      this.at = part;
      this.enter(part);
    }
  }

  /** Note that the place was jumped to: the part there begins anew. */
  jump(): void {
    this.at = -1;
  }

  /** Take what is to be told; undefined if nothing was played since. */
  take(): Report | undefined {
    const { fresh } = this;
    if (fresh.played_ms < 1) return undefined;
    this.fresh = { parts: [], again: [], played_ms: 0 };
    return { ...fresh, played_ms: Math.round(fresh.played_ms) };
  }

  /** Put a report back that did not arrive. */
  keep(report: Report): void {
    this.fresh.parts.push(...report.parts);
    this.fresh.again.push(...report.again);
    this.fresh.played_ms += report.played_ms;
  }

  private enter(part: number): void {
    if (!this.known.has(part)) {
      this.known.add(part);
      this.fresh.parts.push(part);
    } else if (!this.repeated.has(part)) {
      this.repeated.add(part);
      this.fresh.again.push(part);
    }
  }
}

/** Where playing began, and when by `performance.now()`: this module may have come a moment later. */
export interface Begun {
  atS: number;
  whenMs: number;
}

/** Tell what is played of a lesson until the signal ends. */
export function tellWatched(
  video: HTMLVideoElement, { videoId, durationMs }: { videoId: string; durationMs: number }, begun: Begun, signal: AbortSignal,
): void {
  if (durationMs <= 0) return;
  const watched = new WatchedParts(durationMs);
  let before = begun.atS;
  let beforeAt = begun.whenMs;
  let toldAt = performance.now();
  let isRefused = false;

  const tell = (): void => {
    if (isRefused) return;
    const report = watched.take();
    if (!report) return;
    toldAt = performance.now();
    void fetch(`/api/v1/videos/${videoId}/watched`, {
      method: "POST",
      body: JSON.stringify({ ...report, played_ms: Math.min(report.played_ms, 300_000) }),
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      credentials: "same-origin",
      keepalive: true, // it may be the last thing that the page does
    }).then(({ ok, status }) => {
      isRefused = REFUSALS.includes(status);
      if (!ok && !isRefused) watched.keep(report);
    }).catch(() => { watched.keep(report); });
  };
  const note = (): void => {
    const step = video.currentTime - before;
    const passedS = (performance.now() - beforeAt) / 1000;
    const from = before;
    before = video.currentTime;
    beforeAt = performance.now();
    if (video.seeking || step < 0 || step > passedS * Math.max(1, video.playbackRate) + SLACK_S) watched.jump();
    else if (step > 0) watched.play(from, from + step);
  };
  video.addEventListener("timeupdate", () => {
    note();
    if (performance.now() - toldAt >= EVERY_MS) tell();
  }, { signal });
  video.addEventListener("seeking", () => {
    before = video.currentTime;
    beforeAt = performance.now();
    watched.jump();
  }, { signal });
  for (const name of ["pause", "ended"]) {
    video.addEventListener(name, () => {
      if (!video.seeking) note();
      if (performance.now() - toldAt >= APART_MS || video.ended) tell();
    }, { signal });
  }
  addEventListener("pagehide", tell, { signal });
  document.addEventListener("visibilitychange", () => { if (document.hidden) tell(); }, { signal }); // phones may end a hidden page
}

/**
 * Says once that a lesson is watched: after ten seconds of it that were played, or half of a shorter one. Which parts of it
 * are played is told by a module of its own, from the first moment of playing on.
 */
import { call } from "../api/client";

const ENOUGH_S = 10;
const LONGEST_STEP_S = 2; // more was jumped over; at triple speed a step is less than this

export function countView(
  video: HTMLVideoElement, { videoId, durationMs }: { videoId: string; durationMs: number }, signal: AbortSignal,
): void {
  const begin = (): void => {
    const begun = { atS: video.currentTime, whenMs: performance.now() };
    void import("./watched").then(({ tellWatched }) => { tellWatched(video, { videoId, durationMs }, begun, signal); });
  };
  if (video.paused) video.addEventListener("playing", begin, { once: true, signal });
  else begin();
  onceWatched(video, durationMs, signal, () => {
    void call("POST", `/api/v1/videos/${videoId}/views`).catch(() => undefined); // one view less is no harm
  });
}

/** Call back once, when enough was played. */
export function onceWatched(video: HTMLVideoElement, durationMs: number, signal: AbortSignal, then: () => void): void {
  const enough = Math.min(ENOUGH_S, durationMs / 2000);
  const counted = new AbortController();
  signal.addEventListener("abort", () => { counted.abort(); });
  let played = 0;
  let before = video.currentTime;
  video.addEventListener("timeupdate", () => {
    const step = video.currentTime - before;
    before = video.currentTime;
    if (step > 0 && step < LONGEST_STEP_S) played += step;
    if (played < enough) return;
    counted.abort();
    then();
  }, { signal: counted.signal });
}

/** Trying again: with growing pauses, at once when the network comes back, never after it was stopped. */
import { ProblemError } from "../api/client";
import { pauseMs } from "./parts";
import { obstacleOfError } from "./problems";
import type { Obstacle } from "./transfer";

const STALL_MS = 60_000;

/** Do something until it works; `onFailure` is told before every pause. What trying again cannot help is thrown. */
export async function patiently<T>(signal: AbortSignal, action: () => Promise<T>, onFailure: (obstacle: Obstacle) => void): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await action();
    } catch (error) {
      const obstacle = obstacleOfError(error);
      if (signal.aborted || !obstacle) throw error;
      onFailure(obstacle);
      const askedMs = error instanceof ProblemError ? error.retryAfterS * 1000 : 0;
      await pause(Math.max(askedMs, pauseMs(failures)), signal);
    }
  }
}

/** Wait, but not longer than until the network is back; throws when it was stopped. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const woken = new AbortController();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    woken.signal.addEventListener("abort", () => { clearTimeout(timer); });
    addEventListener("online", () => { resolve(); }, { signal: woken.signal });
    signal.addEventListener("abort", () => { resolve(); }, { signal: woken.signal });
    if (signal.aborted) resolve();
  });
  woken.abort();
  signal.throwIfAborted();
}

/** Barks once when nothing has moved for a minute: a connection may be gone without a word. */
export class Watchdog {
  private timer = 0;

  constructor(private readonly bark: () => void, private readonly ended: AbortSignal) {
    ended.addEventListener("abort", () => { clearTimeout(this.timer); });
    this.touch();
  }

  /** Say that something has moved. */
  touch(): void {
    clearTimeout(this.timer);
    if (!this.ended.aborted) this.timer = window.setTimeout(this.bark, STALL_MS);
  }
}

/** Return a controller that is aborted with a signal, or by itself. */
export function follower(signal: AbortSignal): AbortController {
  const own = new AbortController();
  signal.addEventListener("abort", () => { own.abort(signal.reason); }, { signal: own.signal });
  if (signal.aborted) own.abort(signal.reason);
  return own;
}

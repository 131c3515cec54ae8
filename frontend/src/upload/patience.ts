/** Trying again: with growing pauses, at once when the network comes back, never after it was stopped. */
import { ProblemError } from "../api/client";
import { pauseMs } from "./parts";

/** Do something until it works; `onFailure` is told before every pause. What trying again cannot help is thrown. */
export async function patiently<T>(signal: AbortSignal, action: () => Promise<T>, onFailure: (error: unknown) => void): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await action();
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      onFailure(error);
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

/** Return a controller that is aborted with a signal, or by itself. */
export function follower(signal: AbortSignal): AbortController {
  const own = new AbortController();
  signal.addEventListener("abort", () => { own.abort(signal.reason); }, { signal: own.signal });
  if (signal.aborted) own.abort(signal.reason);
  return own;
}

/** Tell whether an error may pass: no network (fetch throws TypeError), a server that is away or has too much to do. */
function isPassing(error: unknown): boolean {
  if (error instanceof ProblemError) return error.problem.status >= 500 || error.problem.status === 429 || error.problem.status === 408;
  return error instanceof TypeError;
}

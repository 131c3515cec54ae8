/** Tries again what the network refused, after growing pauses, and at once when the browser is online again. */

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 20_000;

export class Reconnection {
  private tries = 0;
  private timer = 0;
  private isAway = false;

  /** `again` should call `lost()` or `found()`, sooner or later; `onAway` hears when that state changes. */
  constructor(
    private readonly again: () => void,
    private readonly onAway: (isAway: boolean) => void,
    signal: AbortSignal,
  ) {
    addEventListener("online", () => {
      this.tries = 0;
      this.now();
    }, { signal });
    signal.addEventListener("abort", () => { clearTimeout(this.timer); });
  }

  /** Call this when something did not come; once more while it waits changes nothing. */
  lost(): void {
    if (!this.isAway) this.onAway(true);
    this.isAway = true;
    if (this.timer) return;
    this.timer = window.setTimeout(() => { this.now(); }, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.tries++));
  }

  /** Call this when something has come. */
  found(): void {
    this.rest();
    this.tries = 0;
    if (this.isAway) this.onAway(false);
    this.isAway = false;
  }

  /** Try at once. */
  now(): void {
    this.rest();
    this.again();
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.timer = 0;
  }
}

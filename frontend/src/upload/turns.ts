/** So many at once, the others wait for their turn in the order they came. */

export class Turns {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.free = limit;
  }

  /** Wait for a turn and return the function that gives it back (once); throws when it was stopped before. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.wait(signal);
    let isMine = true;
    return () => {
      if (isMine) this.giveBack();
      isMine = false;
    };
  }

  private async wait(signal: AbortSignal): Promise<void> {
    const isMine = await new Promise<boolean>((resolve) => {
      const call = (): void => { resolve(true); };
      this.waiting.push(call);
      signal.addEventListener("abort", () => {
        const place = this.waiting.indexOf(call);
        if (place >= 0) this.waiting.splice(place, 1);
        resolve(false); // too late where the turn came before
      }, { once: true });
    });
    if (signal.aborted && isMine) this.giveBack();
    signal.throwIfAborted();
  }

  private giveBack(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  }
}

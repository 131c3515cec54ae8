/** How fast bytes go, over the last seconds. */

const WINDOW_MS = 15_000;
const SHORTEST_MS = 500;

export class Pace {
  private marks: { atMs: number; bytes: number }[] = [];

  /** Note how many bytes have been sent at a moment. */
  note(atMs: number, bytes: number): void {
    const last = this.marks.at(-1);
    if (last && bytes < last.bytes) this.marks = []; // something was lost: what was before says nothing
    this.marks.push({ atMs, bytes });
    while (this.marks[1] && this.marks[1].atMs <= atMs - WINDOW_MS) this.marks.shift();
  }

  /** Forget everything, for instance after a pause. */
  restart(): void {
    this.marks = [];
  }

  /** Return bytes per second, or 0 while too little is known. */
  bytesPerS(): number {
    const [first, last] = [this.marks[0], this.marks.at(-1)];
    if (!first || !last || last.atMs - first.atMs < SHORTEST_MS) return 0;
    return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000;
  }
}

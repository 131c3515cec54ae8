/** What was there before each change, so that it can be taken back. */

const MOST = 100;

export class History<State> {
  private readonly before: State[] = [];
  private lastTag: string | undefined;

  get isEmpty(): boolean {
    return this.before.length === 0;
  }

  /** Note a state before it changes; changes that follow each other under one tag, like typing, are one step. */
  note(state: State, tag?: string): void {
    if (tag !== undefined && tag === this.lastTag) return;
    this.lastTag = tag;
    this.before.push(state);
    if (this.before.length > MOST) this.before.shift();
  }

  /** Forget what cannot be gone back to any more. */
  clear(): void {
    this.before.length = 0;
    this.lastTag = undefined;
  }

  undo(): State | undefined {
    this.lastTag = undefined;
    return this.before.pop();
  }
}

/** A short word over the picture, such as a speed or how far a tap went. One takes the place of the one before. */

const SHOWN_MS = 700;

export class Hint {
  private shown: HTMLElement | undefined;
  private timer = 0;

  constructor(private readonly layer: HTMLElement, signal: AbortSignal) {
    signal.addEventListener("abort", () => { this.clear(); });
  }

  /** Show it for a moment, or until `clear()` if it `stays`. */
  show(text: string, side: "left" | "right" | "middle", stays: boolean): void {
    this.clear();
    const hint = this.shown = document.createElement("span");
    hint.className = `player-hint ${side}`;
    hint.textContent = text;
    this.layer.append(hint);
    if (!stays) this.timer = window.setTimeout(() => { this.clear(); }, SHOWN_MS);
  }

  clear(): void {
    clearTimeout(this.timer);
    this.shown?.remove();
  }
}

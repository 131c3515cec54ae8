/** Puts bitmaps on the one canvas, at whole device pixels: between them a copy costs three times as much. */
import type { Bitmaps } from "./bitmaps";
import { leftAt } from "./flight";
import type { Placed } from "./lanes";

/** One that is held still, with the media time at which it was. */
export interface Held {
  placed: Placed;
  timeMs: number;
}

export class Painter {
  readonly canvas = document.createElement("canvas");
  /** Whether nothing is on the canvas. */
  isBlank = true;
  private readonly context = this.canvas.getContext("2d");

  constructor() {
    this.canvas.setAttribute("aria-hidden", "true");
    Object.assign(this.canvas.style, { position: "absolute", inset: "0 auto auto 0", pointerEvents: "none" });
  }

  /** The canvas is only as high as its lanes: every row of pixels is copied in every frame. */
  resize(width: number, height: number, ratio: number): void {
    const { canvas } = this;
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    this.isBlank = true;
  }

  /** Draw a moment; returns how many still wait for their bitmap. */
  draw(shown: readonly Placed[], timeMs: number, bitmaps: Bitmaps, held?: Held): number {
    if (!this.isBlank) this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
    let missing = 0;
    const put = (placed: Placed, atMs: number): void => {
      const bitmap = bitmaps.get(placed.look);
      if (bitmap) this.context?.drawImage(bitmap, Math.round(leftAt(placed, atMs) * bitmaps.ratio), Math.round(placed.y * bitmaps.ratio));
      else missing++;
    };
    for (const placed of shown) if (placed !== held?.placed) put(placed, timeMs);
    if (held) {
      this.frame(held, bitmaps.ratio);
      put(held.placed, held.timeMs);
    }
    this.isBlank = !shown.length && !held;
    return missing;
  }

  /** A dark ground with a light edge below the one that is held. */
  private frame({ placed, timeMs }: Held, ratio: number): void {
    const { context } = this;
    if (!context) return;
    context.save();
    context.scale(ratio, ratio);
    context.fillStyle = "rgb(12 16 26 / 82%)";
    context.strokeStyle = "#8fb0ff";
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(leftAt(placed, timeMs) - 2, placed.y + 1, placed.width + 4, placed.look.height - 2, 6);
    context.fill();
    context.stroke();
    context.restore();
  }
}

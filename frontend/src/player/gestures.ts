/**
 * What mouse and fingers do on the picture, as viewers know it. Mouse: click plays or pauses, double click is full screen.
 * Touch: a tap shows or hides the controls (media-chrome does that), a double tap at a side goes 10 s back or on, each tap after
 * it 10 s more, and in the middle plays or pauses, a held finger plays at double speed. Where a danmaku is, a click or a tap is for it.
 */
import { t } from "../i18n";
import { togglePlay } from "./keys";

const DOUBLE_TAP_MS = 300;
const HOLD_MS = 500;
const STEP_S = 10;
const FAST = 2;

export interface GestureActions {
  onFullscreen: () => void;
  /** Show a short hint over the picture for a moment, or until `clear()`. */
  hint: (text: string, side: "left" | "right" | "middle") => void;
  clearHint: () => void;
  /** What is to be done for a danmaku under the pointer; undefined where there is none. */
  pick?: (event: MouseEvent) => (() => void) | undefined;
}

/** Where on a picture of a width a double tap was: its outer thirds seek. */
export function sideOf(x: number, width: number): "left" | "right" | "middle" {
  if (x < width / 3) return "left";
  return x > (width * 2) / 3 ? "right" : "middle";
}

export class Gestures {
  private lastTapAt = Number.NEGATIVE_INFINITY;
  /** Seconds that the taps of one row have gone, back if below 0. */
  private gone = 0;
  private timer = 0;
  private pickTimer = 0;
  private rateBefore: number | undefined;
  private hasTouchedPicture = false;

  constructor(
    private readonly surface: HTMLElement,
    private readonly video: HTMLVideoElement,
    private readonly actions: GestureActions,
    signal: AbortSignal,
  ) {
    const isPicture = (event: Event): boolean => event.target === surface || event.target === video;
    surface.addEventListener("click", (event) => {
      if (!isPicture(event) || event.pointerType !== "mouse") return;
      const open = actions.pick?.(event);
      if (open) open();
      else togglePlay(video);
    }, { signal });
    surface.addEventListener("dblclick", (event) => {
      if (isPicture(event) && !matchMedia("(pointer: coarse)").matches) actions.onFullscreen();
    }, { signal });
    surface.addEventListener("pointerdown", (event) => {
      this.hasTouchedPicture = isPicture(event) && event.pointerType === "touch";
      if (this.hasTouchedPicture) this.hold();
    }, { signal });
    // The tap that brings the controls back must not press the one that appears under the finger.
    surface.addEventListener("click", (event) => {
      const isGhost = this.hasTouchedPicture && !isPicture(event);
      this.hasTouchedPicture = false;
      if (!isGhost) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }, { signal, capture: true });
    surface.addEventListener("pointerup", (event) => {
      const wasHeld = this.release();
      if (isPicture(event) && event.pointerType === "touch" && !wasHeld) this.tap(event);
    }, { signal });
    surface.addEventListener("pointercancel", () => { this.release(); }, { signal });
    surface.addEventListener("contextmenu", (event) => {
      if (this.rateBefore !== undefined) event.preventDefault();
    }, { signal });
    signal.addEventListener("abort", () => {
      this.release();
      clearTimeout(this.pickTimer);
    });
  }

  /** Whether the rate is that of a held finger, not one that somebody chose. */
  get isHeld(): boolean {
    return this.rateBefore !== undefined;
  }

  private hold(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (this.video.paused) return;
      this.rateBefore = this.video.playbackRate;
      this.video.playbackRate = Math.max(FAST, this.rateBefore);
      this.actions.hint(`${this.video.playbackRate}×`, "middle");
    }, HOLD_MS);
  }

  private release(): boolean {
    clearTimeout(this.timer);
    if (this.rateBefore === undefined) return false;
    this.video.playbackRate = this.rateBefore;
    this.rateBefore = undefined;
    this.actions.clearHint();
    return true;
  }

  private tap(event: PointerEvent): void {
    clearTimeout(this.pickTimer);
    if (event.timeStamp - this.lastTapAt > DOUBLE_TAP_MS) {
      this.lastTapAt = event.timeStamp;
      this.gone = 0;
      this.pickTimer = window.setTimeout(this.actions.pick?.(event) ?? ((): void => undefined), DOUBLE_TAP_MS); // unless a second tap comes
      return;
    }
    const box = this.surface.getBoundingClientRect();
    const side = sideOf(event.clientX - box.left, box.width);
    if (side === "middle") {
      togglePlay(this.video);
      this.lastTapAt = Number.NEGATIVE_INFINITY;
      return;
    }
    const step = side === "left" ? -STEP_S : STEP_S;
    this.video.currentTime = Math.max(0, this.video.currentTime + step);
    this.gone = Math.sign(this.gone) === Math.sign(step) ? this.gone + step : step;
    this.actions.hint(t("{n} s", { n: `${step > 0 ? "+" : "−"}${Math.abs(this.gone)}` }), side);
    this.lastTapAt = event.timeStamp; // a third tap goes on
  }
}

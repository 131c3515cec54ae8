/** Plays a part of a lesson again and again, from A to B. Loaded when it is first used. */
import { t } from "../i18n";
import { clock } from "../study/clock";

/** The part that is repeated, in seconds; it repeats once both ends are there. */
export interface Part {
  a: number | undefined;
  b: number | undefined;
}

export type LoopAction = "a" | "b" | "clear";

/** A shorter part would be one frame over and over. */
const LEAST_S = 0.1;

/** Return the part after one of its ends was set at a time. A beginning is before its end: setting one past the other moves that away. */
export function partAfter({ a, b }: Part, action: LoopAction, timeS: number): Part {
  if (action === "clear") return { a: undefined, b: undefined };
  if (action === "a") return { a: timeS, b: b !== undefined && b - timeS >= LEAST_S ? b : undefined };
  const start = a !== undefined && timeS - a >= LEAST_S ? a : 0;
  return { a: start, b: Math.max(timeS, start + LEAST_S) };
}

export class Loop {
  part: Part = { a: undefined, b: undefined };
  private readonly marks = document.createElement("div");
  private frame = 0;

  /** `track` is the seek bar, on which the ends are marked. */
  constructor(private readonly video: HTMLVideoElement, track: Element, private readonly say: (text: string) => void, signal: AbortSignal) {
    this.marks.className = "loop-marks";
    track.append(this.marks);
    // A hidden page draws no frames; it still plays.
    for (const name of ["play", "playing", "timeupdate"]) video.addEventListener(name, () => { this.step(); }, { signal });
    video.addEventListener("ended", () => { if (this.isWhole) this.back(); }, { signal });
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(this.frame);
      this.marks.remove();
    });
  }

  act(action: LoopAction): void {
    this.part = partAfter(this.part, action, this.video.currentTime);
    this.draw();
    this.say(this.told());
    this.step();
  }

  private get isWhole(): boolean {
    return this.part.a !== undefined && this.part.b !== undefined;
  }

  private told(): string {
    const { a, b } = this.part;
    if (a === undefined) return t("Loop off");
    return b === undefined ? `A ${clock(a * 1000)}` : `A ${clock(a * 1000)} – B ${clock(b * 1000)}`;
  }

  /** Look at every frame whether the end has come. Before the beginning it plays on until there. */
  private step(): void {
    cancelAnimationFrame(this.frame);
    const { b } = this.part;
    if (!this.isWhole || b === undefined || this.video.paused) return;
    if (this.video.currentTime >= b && !this.video.seeking) this.back();
    this.frame = requestAnimationFrame(() => { this.step(); });
  }

  private back(): void {
    this.video.currentTime = this.part.a ?? 0;
    if (this.video.paused) void this.video.play().catch(() => undefined); // it had ended
  }

  private draw(): void {
    const { a, b } = this.part;
    const share = (time: number): string => String(time / (this.video.duration || 1));
    this.marks.hidden = a === undefined;
    this.marks.classList.toggle("open", b === undefined);
    if (a === undefined) return;
    this.marks.style.setProperty("--from", share(a));
    this.marks.style.setProperty("--share", b === undefined ? "0" : share(b - a));
  }
}

/** Text as bitmaps: drawn once, copied every frame, shared by equal texts, made a few at a time. */
import { type DanmakuItem, shownText } from "./items";

/** How a text looks. Equal texts that look equal are one object with one bitmap. */
export interface Look {
  readonly text: string;
  readonly px: number;
  readonly color: string;
  /** Color of the line below; empty for none. */
  readonly mark: string;
  /** Of the text with its outline, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  bitmap?: HTMLCanvasElement | undefined;
  /** The last frame that asked for it. */
  usedIn: number;
}

const FONT = '"PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", system-ui, sans-serif';
const STANDARD_PX = 25;
const SMALLEST_PX = 12;
const LARGEST_PX = 64;
const PAD = 3;
const LINE = 1.25;
const OWN = "#7fd6ff";
const MARKS = { teacher: "#ffd166", question: "#ff9e80", answer: "#a5d6a7", comment: "" } as const;

/** One takes about 0.25 ms. After a seek the whole screen waits for its texts, so more are made then than ahead of time. */
const NEEDED_A_FRAME = 24;
const AHEAD_A_FRAME = 8;
/** Beyond this, what no longer flies is let go: 32 MB. */
const MOST_PIXELS = 8_000_000;

/** Height of an item's text in CSS pixels, where that of standard text is `fontPx`. */
export function textPx(item: DanmakuItem, fontPx: number): number {
  return Math.round((fontPx * Math.min(Math.max(item.size_px, SMALLEST_PX), LARGEST_PX)) / STANDARD_PX);
}

export class Bitmaps {
  /** Pixels of all that are kept. */
  pixels = 0;
  private readonly looks = new Map<string, Look>();
  private readonly kept = new Set<Look>();
  private readonly ruler = document.createElement("canvas").getContext("2d");
  private frame = 0;
  private madeNow = 0;

  /** `ratio` is device pixels per CSS pixel. */
  constructor(readonly ratio: number) {}

  /** The look of an item at a height of text, measured but not drawn. */
  look(item: DanmakuItem, px: number): Look {
    const mark = item.own ? OWN : MARKS[item.kind];
    const { color } = item;
    const text = shownText(item);
    const key = `${px} ${color} ${mark} ${text}`;
    const known = this.looks.get(key);
    if (known) return known;
    const look: Look = { text, px, color, mark, width: this.widthOf(text, px) + 2 * PAD, height: Math.ceil(px * LINE), usedIn: 0 };
    this.looks.set(key, look);
    return look;
  }

  /** A new frame: some bitmaps may be made again. */
  begin(): void {
    this.frame++;
    this.madeNow = 0;
  }

  /** The bitmap of what is on screen; undefined if its turn comes with a later frame. */
  get(look: Look): HTMLCanvasElement | undefined {
    look.usedIn = this.frame;
    return look.bitmap ?? (this.madeNow < NEEDED_A_FRAME ? this.make(look) : undefined);
  }

  /** Make the bitmap of what comes soon, if this frame has time for it. */
  prepare(look: Look): void {
    look.usedIn = this.frame;
    if (!look.bitmap && this.madeNow < AHEAD_A_FRAME) this.make(look);
  }

  private widthOf(text: string, px: number): number {
    if (!this.ruler) return text.length * px;
    this.ruler.font = fontOf(px);
    return Math.ceil(this.ruler.measureText(text).width);
  }

  private make(look: Look): HTMLCanvasElement {
    const bitmap = document.createElement("canvas");
    bitmap.width = Math.ceil(look.width * this.ratio);
    bitmap.height = Math.ceil(look.height * this.ratio);
    const context = bitmap.getContext("2d");
    if (context) {
      context.scale(this.ratio, this.ratio);
      drawText(context, look);
    }
    look.bitmap = bitmap;
    this.madeNow++;
    this.kept.add(look);
    this.pixels += bitmap.width * bitmap.height;
    this.letGo();
    return bitmap;
  }

  /** Let the oldest go that the last frames did not ask for. */
  private letGo(): void {
    for (const look of this.kept) {
      if (this.pixels <= MOST_PIXELS) return;
      if (!look.bitmap || look.usedIn >= this.frame - 1) continue;
      this.pixels -= look.bitmap.width * look.bitmap.height;
      look.bitmap = undefined;
      this.kept.delete(look);
    }
  }
}

function fontOf(px: number): string {
  return `600 ${px}px ${FONT}`;
}

function drawText(context: CanvasRenderingContext2D, look: Look): void {
  const { text, color, mark, width, height } = look;
  context.font = fontOf(look.px);
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = PAD;
  context.strokeStyle = isDark(color) ? "rgb(255 255 255 / 75%)" : "rgb(0 0 0 / 75%)";
  context.strokeText(text, PAD, height / 2);
  context.fillStyle = color;
  context.fillText(text, PAD, height / 2);
  if (!mark) return;
  context.fillStyle = mark;
  context.fillRect(PAD, height - 2, width - 2 * PAD, 2);
}

function isDark(color: string): boolean {
  const value = Number.parseInt(color.slice(1), 16);
  return ((value >> 16) & 255) * 0.3 + ((value >> 8) & 255) * 0.59 + (value & 255) * 0.11 < 60;
}

/**
 * Which lane a danmaku takes. Pure: media times in, lanes out, no canvas, no clock.
 *
 * A scrolling danmaku of width w crosses a stage of width W in `displayMs`, so its left edge is at
 * W - (W + w) * (t - start) / displayMs. Two in one lane do not overlap if the second starts after the first has fully
 * come in, and does not reach the left border before the first has gone.
 */
import { type DanmakuItem, type DanmakuSettings, worth } from "./items";

/** Text height and width of an item in CSS pixels. */
export interface Size {
  width: number;
  height: number;
}

export interface Stage {
  width: number;
  height: number;
}

/** An item with its place. `lane` counts from the top, or from the bottom for mode bottom. */
export interface Placed {
  item: DanmakuItem;
  size: Size;
  lane: number;
  /** It gave way to a worthier one and is not shown. */
  isGone?: boolean;
}

interface Taken {
  startMs: number;
  width: number;
  by: Placed;
}

/** From here on an item is worth more than what only came first: questions, answers, teachers, one's own. */
const WORTHY = 20;

type Band = "scroll" | "reverse" | "top" | "bottom";

/** Height of a lane in CSS pixels. */
export function laneHeight(settings: DanmakuSettings): number {
  return Math.round(settings.fontPx * 1.4);
}

/** Left edge of a moving item at a media time, in CSS pixels. */
export function leftAt(item: DanmakuItem, size: Size, stage: Stage, settings: DanmakuSettings, timeMs: number): number {
  if (item.mode === "top" || item.mode === "bottom") return (stage.width - size.width) / 2;
  const gone = ((stage.width + size.width) * (timeMs - item.position_ms)) / settings.displayMs;
  return item.mode === "reverse" ? gone - size.width : stage.width - gone;
}

/** Top edge of a placed item in CSS pixels. */
export function topOf(placed: Placed, stage: Stage, settings: DanmakuSettings): number {
  const height = laneHeight(settings);
  return placed.item.mode === "bottom" ? stage.height - (placed.lane + 1) * height : placed.lane * height;
}

/** Gives lanes to items in the order of their positions; remembers per lane only the last that took it. */
export class LaneAllocator {
  private readonly lanes: Record<Band, Taken[][]>;
  private readonly slots: number;

  constructor(
    private readonly stage: Stage,
    private readonly settings: DanmakuSettings,
  ) {
    this.slots = Math.max(1, Math.floor((stage.height * settings.area) / laneHeight(settings)));
    const empty = (): Taken[][] => Array.from({ length: this.slots }, () => []);
    this.lanes = { scroll: empty(), reverse: empty(), top: empty(), bottom: empty() };
  }

  /** Return the item's place, or nothing if every lane is taken and overlap is to be avoided. */
  place(item: DanmakuItem, size: Size): Placed | undefined {
    const need = Math.max(1, Math.ceil(size.height / laneHeight(this.settings)));
    const last = this.slots - need;
    for (let lane = 0; lane <= last; lane++) {
      if (this.isFree(item, size, lane, need)) return this.take(item, size, lane, need);
    }
    if (this.settings.avoidOverlap) return worth(item) >= WORTHY ? this.displace(item, size, need, last) : undefined;
    return this.take(item, size, Math.max(0, Math.abs(hash(item.id)) % (Math.max(last, 0) + 1)), need);
  }

  /** Take the lane where the least worthy are in the way, if they are worth less; they are not shown. */
  private displace(item: DanmakuItem, size: Size, need: number, last: number): Placed | undefined {
    let best: { lane: number; rivals: Placed[]; worth: number } | undefined;
    for (let lane = 0; lane <= last; lane++) {
      const rivals = this.inTheWay(item, size, lane, need);
      const highest = Math.max(...rivals.map((placed) => worth(placed.item)));
      if (highest < worth(item) && (!best || highest < best.worth)) best = { lane, rivals, worth: highest };
    }
    if (!best) return undefined;
    for (const rival of best.rivals) this.remove(rival);
    return this.take(item, size, best.lane, need);
  }

  private inTheWay(item: DanmakuItem, size: Size, lane: number, need: number): Placed[] {
    const found = new Set<Placed>();
    for (let row = lane; row < lane + need; row++) {
      for (const band of this.rivals(item.mode)) {
        for (const taken of this.lanes[band][this.rowIn(band, item.mode, row)] ?? []) {
          if (item.position_ms - taken.startMs < this.settings.displayMs && this.collides(band, taken, item, size)) found.add(taken.by);
        }
      }
    }
    return [...found];
  }

  private remove(placed: Placed): void {
    placed.isGone = true;
    for (const lanes of Object.values(this.lanes)) {
      for (const lane of lanes) {
        const index = lane.findLastIndex((taken) => taken.by === placed);
        if (index >= 0) lane.splice(index, 1);
      }
    }
  }

  private isFree(item: DanmakuItem, size: Size, lane: number, need: number): boolean {
    for (let row = lane; row < lane + need; row++) {
      for (const band of this.rivals(item.mode)) {
        const taken = this.lanes[band][this.rowIn(band, item.mode, row)]?.at(-1);
        if (taken && this.collides(band, taken, item, size)) return false;
      }
    }
    return true;
  }

  /** Bands that share pixels with a mode: fixed ones with each other, moving ones only with their own direction. */
  private rivals(mode: Band): Band[] {
    return mode === "top" || mode === "bottom" ? ["top", "bottom"] : ["scroll", "reverse"];
  }

  private rowIn(band: Band, mode: Band, row: number): number {
    if (mode === band || (mode !== "bottom" && band !== "bottom")) return row;
    // Rows of the bottom band count from below; with the whole area the stage may hold a fraction of a lane more.
    return Math.floor((this.stage.height - row * laneHeight(this.settings) - 1) / laneHeight(this.settings));
  }

  private collides(band: Band, taken: Taken, item: DanmakuItem, size: Size): boolean {
    const { displayMs } = this.settings;
    const later = item.position_ms - taken.startMs;
    if (later >= displayMs) return false;
    if (band !== item.mode) return true; // other direction, or fixed: both are there at once
    if (band === "top" || band === "bottom") return true;
    const travelled = ((this.stage.width + taken.width) * later) / displayMs;
    if (travelled < taken.width + this.gap()) return true; // the one before is not fully in
    const speed = (this.stage.width + size.width) / displayMs;
    return this.stage.width - speed * (displayMs - later) < this.gap(); // the longer one would catch up
  }

  private gap(): number {
    return this.settings.fontPx * 0.6;
  }

  private take(item: DanmakuItem, size: Size, lane: number, need: number): Placed {
    const placed: Placed = { item, size, lane };
    for (let row = lane; row < lane + need; row++) {
      const taken = this.lanes[item.mode][row];
      // Who has left the stage is in nobody's way any more.
      while (taken?.[0] && taken[0].startMs < item.position_ms - this.settings.displayMs) taken.shift();
      taken?.push({ startMs: item.position_ms, width: size.width, by: placed });
    }
    return placed;
  }
}

/** Keep at most `density` items of those on screen together, the worthiest; items are sorted by position. */
export function thin(items: readonly DanmakuItem[], settings: DanmakuSettings): DanmakuItem[] {
  const kept: DanmakuItem[] = [];
  let first = 0; // kept[first..] may still be on screen
  for (const item of items) {
    while (first < kept.length && (kept[first]?.position_ms ?? 0) <= item.position_ms - settings.displayMs) first++;
    if (kept.length - first < settings.density) {
      kept.push(item);
      continue;
    }
    let least = first;
    for (let i = first; i < kept.length; i++) {
      if (worthAt(kept, i) < worthAt(kept, least)) least = i;
    }
    if (worth(item) > worthAt(kept, least)) {
      kept.splice(least, 1);
      kept.push(item);
    }
  }
  return kept;
}

function worthAt(items: DanmakuItem[], index: number): number {
  const item = items[index];
  return item ? worth(item) : -1;
}

function hash(text: string): number {
  let value = 0;
  for (const char of text) value = (value * 31 + (char.codePointAt(0) ?? 0)) | 0;
  return value;
}

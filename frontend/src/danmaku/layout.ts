/**
 * Who is where at a media time, worked out for that time's surroundings only and the same from wherever one begins.
 *
 * Time is cut into windows of two display times. Even windows are filled as if there were no others; odd ones around what
 * stands at the edges of their even neighbors. So a window depends on two neighbors at most, not on everything before it,
 * and a seek into the last minute costs as little as the first frame.
 *
 * A window is filled in the order of time, which packs best, where the worthier may take the room of others; then those
 * that were left out are tried again in the order of worth.
 */
import type { Look } from "./bitmaps";
import { type Sieve, sieveOf } from "./filters";
import { type DanmakuItem, firstAfter } from "./items";
import { type Lanes, lanesOf, type Placed, type Stage } from "./lanes";
import type { DanmakuSettings } from "./settings";
import { byWorth } from "./worth";

/** How an item may look: at its own size, then smaller where that does not fit. What is not asked for is not measured. */
export type LooksOf = (item: DanmakuItem) => Iterable<Look>;

/** In so many parts of the time on screen a limit is shared out at first. */
const PARTS = 8;

export class Layout {
  private readonly lanes: Lanes;
  private passes: Sieve;
  private readonly windowMs: number;
  private readonly filled = new Set<number>();

  /** `items` are in the order of their positions and may grow; `insert` says so. */
  constructor(
    private readonly items: readonly DanmakuItem[],
    stage: Stage,
    private readonly settings: DanmakuSettings,
    private readonly looksOf: LooksOf,
  ) {
    this.lanes = lanesOf(stage, settings);
    this.passes = sieveOf(items, settings);
    this.windowMs = 2 * settings.displayMs;
  }

  /** Everything on screen at a time, in the order of appearance. */
  at(timeMs: number): Placed[] {
    return this.begun(timeMs - this.settings.displayMs, timeMs);
  }

  /** Everything placed that begins after one time and not after another. */
  begun(afterMs: number, untilMs: number): Placed[] {
    // A window next to these times may still take room from what begins in them, as far as its own are on screen.
    const { displayMs } = this.settings;
    for (let index = this.windowOf(afterMs - displayMs); index <= this.windowOf(untilMs + displayMs); index++) this.fillWindow(index);
    const { placed } = this.lanes;
    return placed.slice(firstAfter(placed, afterMs), firstAfter(placed, untilMs));
  }

  /** Keep in its lane what already flies, as far as it is still wanted and has room. To be called before anything else. */
  keep(flying: readonly Placed[]): void {
    for (const { item, look, row } of flying) if (this.passes(item)) this.lanes.place(item, [look], row);
  }

  /** Find room for what has come into windows that are filled already, moving nobody. */
  insert(fresh: readonly DanmakuItem[]): void {
    this.passes = sieveOf(this.items, this.settings);
    this.lanes.keepAll();
    this.fill(fresh.filter((item) => this.filled.has(this.windowOf(item.position_ms))));
  }

  private windowOf(timeMs: number): number {
    return Math.floor(timeMs / this.windowMs);
  }

  private fillWindow(index: number): void {
    if (this.filled.has(index)) return;
    this.filled.add(index);
    if (index % 2) for (const neighbor of [index - 1, index + 1]) this.fillWindow(neighbor);
    const from = firstAfter(this.items, index * this.windowMs - 1);
    const to = firstAfter(this.items, (index + 1) * this.windowMs - 1);
    this.fill(this.items.slice(from, to));
  }

  private fill(items: readonly DanmakuItem[]): void {
    const wanted = items.filter((item) => this.passes(item));
    const ranked = byWorth(wanted);
    for (const item of [...this.share(wanted, ranked), ...ranked]) {
      if (!this.lanes.has(item)) this.lanes.place(item, this.looksOf(item));
    }
  }

  /** Under a limit, only the best of each part of the time; the others then share what is left. */
  private share(wanted: readonly DanmakuItem[], ranked: readonly DanmakuItem[]): readonly DanmakuItem[] {
    const { most } = this.lanes;
    if (most === Number.POSITIVE_INFINITY) return wanted;
    const counts = new Map<number, number>();
    const best = new Set(ranked.filter(({ position_ms }) => {
      const part = Math.floor((position_ms * PARTS) / this.settings.displayMs);
      const count = (counts.get(part) ?? 0) + 1;
      counts.set(part, count);
      return count <= most / PARTS;
    }));
    return wanted.filter((item) => best.has(item));
  }
}

/** Which lane a danmaku takes. Pure: media times and widths in, lanes out; no canvas, no clock. */
import type { Look } from "./bitmaps";
import { type Flight, flightOf, meet } from "./flight";
import { type DanmakuItem, firstAfter } from "./items";
import type { DanmakuSettings } from "./settings";
import { lotOf, worthOf } from "./worth";

/** What there is to fly over, in CSS pixels. */
export interface Stage {
  width: number;
  height: number;
}

/** An item with its place: it takes `rows` lanes from `row` on, counted from the top, and `y` is its upper edge. */
export interface Placed extends Flight {
  item: DanmakuItem;
  look: Look;
  row: number;
  rows: number;
  y: number;
  /** It flies already: only what is worth far more takes its room. */
  isKept: boolean;
}

const CAPTIONS_FREE = 0.15;
const USUAL_CHARACTERS = 8;
const LINE = 1.3;
const GAP = 0.6;
/** Who takes others' room must be worth this many times as much as they are together. More moves too many, less too few. */
const PRICE = 1.5;
/** And this many times more if they fly already: a comment then never does, a question always. */
const KEPT_PRICE = 8;

/** Height of a lane in CSS pixels. */
export function laneHeight(fontPx: number): number {
  return Math.ceil(fontPx * LINE);
}

/** How many lanes there are: within the area, above captions, at least one. */
export function laneCount(stage: Stage, settings: DanmakuSettings): number {
  const share = Math.min(settings.area, settings.captions ? 1 - CAPTIONS_FREE : 1);
  return Math.max(1, Math.floor((stage.height * share) / laneHeight(settings.fontPx)));
}

function mostOnScreen(stage: Stage, settings: DanmakuSettings): number {
  const { density, fontPx, maxOnScreen } = settings;
  const room = laneCount(stage, settings) * Math.max(1, stage.width / (USUAL_CHARACTERS * fontPx));
  let most = Number.POSITIVE_INFINITY;
  if (density > 1) most = density;
  else if (density < 1) most = Math.ceil(density * room);
  return Math.min(most, maxOnScreen ?? most);
}

export interface Lanes {
  /** Everything that has a place, in the order of time. */
  readonly placed: readonly Placed[];
  /** Most at once; infinite without a limit. */
  readonly most: number;
  has(item: DanmakuItem): boolean;
  /**
   * Give an item a place, if there is one. It may take the room of others that are worth less together; they are then
   * gone. It looks like the first of `looks` that fits. With `keepRow` it gets that lane or none, and is kept there.
   */
  place(item: DanmakuItem, looks: Iterable<Look>, keepRow?: number): void;
  /** From now on all that is here flies already. */
  keepAll(): void;
}

/** A closure and not a class: names of methods would take a tenth of the overlay's bytes. */
export function lanesOf(stage: Stage, settings: DanmakuSettings): Lanes {
  const { avoidOverlap, displayMs, fontPx } = settings;
  const placed: Placed[] = [];
  const items = new Set<DanmakuItem>();
  const lanes = Array.from({ length: laneCount(stage, settings) }, (): Placed[] => []);
  const most = mostOnScreen(stage, settings);

  const place = (item: DanmakuItem, looks: Iterable<Look>, keepRow?: number): void => {
    const crowd = crowdedOut(item);
    if (!crowd) return;
    for (const look of looks) {
      const rows = Math.ceil(look.height / laneHeight(fontPx));
      const flight = flightOf(item, look.width, stage.width, displayMs);
      const wish = { ...flight, item, look, row: 0, rows, y: 0, isKept: keepRow !== undefined };
      const gone = settle(wish, keepRow);
      if (!gone) continue;
      for (const rival of new Set([...crowd, ...gone])) {
        items.delete(rival.item);
        for (const list of listsOf(rival)) list.splice(list.indexOf(rival), 1);
      }
      items.add(item);
      for (const list of listsOf(wish)) list.splice(firstAfter(list, item.position_ms), 0, wish);
      return;
    }
  };

  /** Choose the cheapest lane, the highest for what flies left or stands at the top, else the lowest; returns who must go. */
  const settle = (wish: Placed, keepRow?: number): Placed[] | undefined => {
    const last = lanes.length - wish.rows;
    const isFromTop = wish.item.mode === "scroll" || wish.item.mode === "top";
    const choices = keepRow === undefined ? Array.from({ length: last + 1 }, (_, i) => (isFromTop ? i : last - i)) : [keepRow];
    let best: Placed[] | undefined;
    let least = avoidOverlap ? worthOf(wish.item) / PRICE : 0;
    for (const row of choices) {
      if (row > last || (best && !least)) break;
      const gone: Placed[] = [];
      const loss = lossOf(wish, row, least, gone);
      if (loss > least || (best && loss === least)) continue;
      least = loss;
      best = gone;
      wish.row = row;
    }
    if (!best && !avoidOverlap && last >= 0) {
      wish.row = keepRow ?? Math.floor(lotOf(wish.item.id) * (last + 1));
      best = [];
    }
    wish.y = wish.row * laneHeight(fontPx);
    return best;
  };

  /** What taking a row costs, counted until it is more than `enough`; those in the way are added to `gone`. */
  const lossOf = (wish: Placed, row: number, enough: number, gone: Placed[]): number => {
    let loss = 0;
    for (const lane of lanes.slice(row, row + wish.rows)) {
      const middle = firstAfter(lane, wish.position_ms);
      // The nearest in time first: in a full lane the very first is in the way.
      for (const step of [-1, 1]) {
        for (let i = step < 0 ? middle - 1 : middle; loss <= enough; i += step) {
          const rival = lane[i];
          if (!rival || Math.abs(rival.position_ms - wish.position_ms) >= displayMs) break;
          if (gone.includes(rival) || !meet(wish, rival, displayMs, fontPx * GAP)) continue;
          gone.push(rival);
          loss += costOf(rival);
        }
      }
    }
    return loss;
  };

  /** Who must go so that no moment has too many with this one; undefined if some moment has nobody worth less. */
  const crowdedOut = (item: DanmakuItem): Placed[] | undefined => {
    const gone: Placed[] = [];
    if (most === Number.POSITIVE_INFINITY) return gone;
    const { position_ms } = item;
    let rivals = placed.slice(firstAfter(placed, position_ms - displayMs), firstAfter(placed, position_ms + displayMs - 1));
    for (;;) {
      const crowd = fullMoment(rivals, position_ms);
      if (!crowd) return gone;
      const least = crowd.reduce<Placed | undefined>((a, b) => (a && costOf(a) <= costOf(b) ? a : b), undefined);
      if (!least || costOf(least) > worthOf(item)) return undefined;
      gone.push(least);
      rivals = rivals.filter((rival) => rival !== least);
    }
  };

  /** Those on screen at the first moment from a time on that has no room for one more. */
  const fullMoment = (rivals: readonly Placed[], fromMs: number): Placed[] | undefined => {
    let first = 0;
    let last = firstAfter(rivals, fromMs);
    if (last >= most) return rivals.slice(0, last);
    for (; last < rivals.length; last++) {
      const goneMs = (rivals[last]?.position_ms ?? 0) - displayMs;
      while ((rivals[first]?.position_ms ?? 0) <= goneMs) first++;
      if (last + 1 - first >= most) return rivals.slice(first, last + 1);
    }
    return undefined;
  };

  const listsOf = ({ row, rows }: Placed): Placed[][] => [placed, ...lanes.slice(row, row + rows)];

  return {
    placed,
    most,
    place,
    has: (item) => items.has(item),
    keepAll: () => { for (const each of placed) each.isKept = true; },
  };
}

function costOf({ item, isKept }: Placed): number {
  return (1 + worthOf(item)) * (isKept ? KEPT_PRICE : 1);
}

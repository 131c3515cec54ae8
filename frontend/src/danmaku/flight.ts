/**
 * Where a danmaku is at a media time. Pure: its left edge is a line over time, so that seek, pause and rate are exact and
 * whether two ever touch is known without watching them.
 */
import type { DanmakuItem } from "./items";

/** A danmaku on its way: `startX + speed * (time - position_ms)` is its left edge in CSS pixels, for `displayMs`. */
export interface Flight {
  position_ms: number;
  width: number;
  startX: number;
  /** CSS pixels per millisecond of media time; negative flies to the left. */
  speed: number;
}

/** A moving one crosses the whole stage in `displayMs`, so longer ones are faster; a fixed one stands in the middle. */
export function flightOf(item: DanmakuItem, width: number, stageWidth: number, displayMs: number): Flight {
  const { position_ms, mode } = item;
  const speed = (stageWidth + width) / displayMs;
  if (mode === "scroll") return { position_ms, width, startX: stageWidth, speed: -speed };
  if (mode === "reverse") return { position_ms, width, startX: -width, speed };
  return { position_ms, width, startX: (stageWidth - width) / 2, speed: 0 };
}

export function leftAt(flight: Flight, timeMs: number): number {
  return flight.startX + flight.speed * (timeMs - flight.position_ms);
}

/** Whether two ever come closer than `gapPx` side by side while both are on screen, whatever their modes. */
export function meet(a: Flight, b: Flight, displayMs: number, gapPx: number): boolean {
  const from = Math.max(a.position_ms, b.position_ms);
  const to = Math.min(a.position_ms, b.position_ms) + displayMs;
  if (from >= to) return false;
  // The distance of their left edges is a line too: between its ends it takes no other values.
  const first = leftAt(b, from) - leftAt(a, from);
  const last = leftAt(b, to) - leftAt(a, to);
  return Math.min(first, last) < a.width + gapPx && Math.max(first, last) > -b.width - gapPx;
}

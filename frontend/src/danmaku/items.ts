import type { components } from "../api/schema";

/** One danmaku, in the shape of a segment of the API. */
export type DanmakuItem = components["schemas"]["DanmakuOut"] & {
  /** Written in this browser: always shown. */
  own?: boolean;
};

/** How the overlay draws; every field may be left out. */
export interface DanmakuSettings {
  /** How long a danmaku is on screen, in milliseconds of media time. */
  displayMs: number;
  /** Height of standard text, in CSS pixels; sizes of items are relative to it. */
  fontPx: number;
  /** 0 to 1. */
  opacity: number;
  /** Share of the height that is used, from the top, 0 to 1. */
  area: number;
  /** Most danmaku on screen at once; the worthiest are kept. */
  density: number;
  /** Whether danmaku may not overlap; what finds no free lane is then left out. */
  avoidOverlap: boolean;
}

export const DEFAULTS: DanmakuSettings = {
  displayMs: 8000,
  fontPx: 25,
  opacity: 1,
  area: 1,
  density: 1000,
  avoidOverlap: true,
};

/** What decides who stays when it is dense; higher stays. */
export function worth(item: DanmakuItem): number {
  if (item.own) return 100;
  const ranks = { teacher: 60, answer: 40, question: 20, comment: 0 } as const;
  return ranks[item.kind] + item.weight;
}

import type { DanmakuItem } from "./items";

/** How the overlay draws and what it leaves out. Plain data, so that it can be kept as JSON; every field may be left out. */
export interface DanmakuSettings {
  /** How long a danmaku is on screen, in milliseconds of media time. */
  displayMs: number;
  /** Height of standard text, in CSS pixels; sizes of items are relative to it. */
  fontPx: number;
  /** 0 to 1. */
  opacity: number;
  /** Share of the height that is used, from the top, 0 to 1. */
  area: number;
  /**
   * Share of what the used area has room for (eight characters a danmaku), 0 to 1; 1 sets no limit. A number above 1 is
   * the most on screen at once, as `maxOnScreen`. The worthiest are kept.
   */
  density: number;
  /** Most on screen at once; null sets no limit. */
  maxOnScreen: number | null;
  /** Most that begin in each ten seconds of media time (0 to 10 s, 10 to 20 s, ...); null sets no limit. */
  maxPer10s: number | null;
  /** Whether no two may overlap; what finds no room is then left out, the least worthy first. See docs/danmaku.md. */
  avoidOverlap: boolean;
  /** Whether captions show: the lowest 15 % then stay free. */
  captions: boolean;
  /** Added to every position, in milliseconds; negative shows danmaku earlier. */
  offsetMs: number;
  /** Only teachers, questions and answers. */
  onlyLearning: boolean;
  /** Only what is white. */
  onlyWhite: boolean;
  /** Nothing that holds one of these, in any case and width. */
  blockedWords: readonly string[];
  /** Nobody with one of these `author_key`s. */
  blockedAuthors: readonly string[];
  blockedKinds: readonly DanmakuItem["kind"][];
  blockedModes: readonly DanmakuItem["mode"][];
}

export const DEFAULTS: DanmakuSettings = {
  displayMs: 8000,
  fontPx: 25,
  opacity: 1,
  area: 1,
  density: 1,
  maxOnScreen: null,
  maxPer10s: null,
  avoidOverlap: true,
  captions: false,
  offsetMs: 0,
  onlyLearning: false,
  onlyWhite: false,
  blockedWords: [],
  blockedAuthors: [],
  blockedKinds: [],
  blockedModes: [],
};

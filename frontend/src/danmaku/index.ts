/**
 * The danmaku overlay: one canvas over a playing media element.
 *
 * What is drawn is a pure function of the media's time: after a seek danmaku are in mid-flight, at any rate they keep
 * their place, in a pause they stand. Nothing runs while paused, hidden or empty.
 */
import { Bitmaps, textPx } from "./bitmaps";
import { leftAt } from "./flight";
import type { DanmakuItem } from "./items";
import { laneCount, laneHeight, type Placed, type Stage } from "./lanes";
import { Layout, type LooksOf } from "./layout";
import { type Held, Painter } from "./painter";
import { type DanmakuSettings, DEFAULTS } from "./settings";

export type { DanmakuItem } from "./items";
export { type DanmakuSettings, DEFAULTS } from "./settings";

/** Where a danmaku is at this moment, in CSS pixels from the container's upper left corner. */
export interface DanmakuBox {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface DanmakuOverlay {
  /** Add items, in any order; known ids are ignored. */
  add(items: readonly DanmakuItem[]): void;
  remove(ids: readonly string[]): void;
  /** Change settings while it plays. What flies keeps its lane, unless sizes or times change or it is no longer wanted. */
  update(settings: Partial<DanmakuSettings>): void;
  /** How many are on screen at this moment. */
  visible(): number;
  /** Everything on screen at this moment, what is drawn last at the end. */
  boxes(): DanmakuBox[];
  /** The topmost item at a point, in CSS pixels from the container's upper left corner. */
  at(x: number, y: number): DanmakuItem | undefined;
  /** Let one that is on screen stand still, framed; without an id, let it fly on. */
  hold(id?: string): void;
  /** Remove the canvas and every listener. */
  destroy(): void;
}

/** HTML, readyState: beyond this the media's time goes on. */
const HAVE_CURRENT_DATA = 2;
const MAX_RATIO = 2;
/** How far ahead bitmaps are made, in milliseconds at normal speed. */
const AHEAD_MS = 1500;
/** A little more than the time between two timeupdates, which wake the overlay otherwise. */
const SOON_MS = 400;

export function createDanmakuOverlay(options: {
  container: HTMLElement;
  media: HTMLMediaElement;
  items: readonly DanmakuItem[];
  settings?: Partial<DanmakuSettings>;
}): DanmakuOverlay {
  return new Overlay(options.container, options.media, options.items, { ...DEFAULTS, ...options.settings });
}

class Overlay implements DanmakuOverlay {
  private readonly painter = new Painter();
  private readonly listeners = new AbortController();
  private readonly reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  private readonly resizes = new ResizeObserver(() => { this.resize(); });
  private readonly ids = new Set<string>();
  private items: DanmakuItem[] = [];
  private stage: Stage = { width: 0, height: 0 };
  private bitmaps = new Bitmaps(1);
  private layout: Layout;
  private held: Held | undefined;
  private frame = 0;

  constructor(
    private readonly container: HTMLElement,
    private readonly media: HTMLMediaElement,
    items: readonly DanmakuItem[],
    private settings: DanmakuSettings,
  ) {
    this.layout = this.newLayout();
    container.append(this.painter.canvas);
    const { signal } = this.listeners;
    for (const name of ["play", "playing", "pause", "seeked", "ratechange", "timeupdate"]) {
      media.addEventListener(name, () => { this.stir(); }, { signal });
    }
    document.addEventListener("visibilitychange", () => { this.stir(); }, { signal });
    this.reducedMotion.addEventListener("change", () => { this.wake(); }, { signal });
    this.resizes.observe(container);
    this.resize();
    this.add(items);
  }

  add(items: readonly DanmakuItem[]): void {
    const fresh = items.filter((item) => !this.ids.has(item.id) && this.ids.add(item.id));
    if (!fresh.length) return;
    const isFlying = this.shown().length > 0;
    this.items.push(...fresh);
    this.items.sort((a, b) => a.position_ms - b.position_ms);
    // Where nothing flies yet, all are chosen anew, as if they had been there from the beginning.
    if (isFlying) this.layout.insert(fresh);
    else this.layout = this.newLayout();
    this.wake();
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.items = this.items.filter((item) => !gone.has(item.id));
    for (const id of ids) this.ids.delete(id);
    if (this.held && gone.has(this.held.placed.item.id)) this.held = undefined;
    this.layOut(this.layout.at(this.timeMs()).filter(({ item }) => !gone.has(item.id)));
  }

  update(changes: Partial<DanmakuSettings>): void {
    const before = this.settings;
    const flying = this.shown();
    this.settings = { ...before, ...changes };
    const isOther = (key: keyof DanmakuSettings): boolean => before[key] !== this.settings[key];
    const others = (Object.keys(DEFAULTS) as (keyof DanmakuSettings)[]).filter(isOther);
    if (!others.length) return;
    if (isOther("fontPx")) this.bitmaps = new Bitmaps(this.bitmaps.ratio); // the old ones are of no use
    this.fit();
    if (others.every((key) => key === "opacity" || key === "offsetMs")) this.wake();
    else this.layOut(isOther("displayMs") || isOther("fontPx") ? [] : flying);
  }

  visible(): number {
    return this.shown().length;
  }

  boxes(): DanmakuBox[] {
    const now = this.timeMs();
    return this.shown().map((placed) => this.boxOf(placed, now));
  }

  at(x: number, y: number): DanmakuItem | undefined {
    const now = this.timeMs();
    const isIn = (box: DanmakuBox): boolean => box.x <= x && x < box.x + box.width && box.y <= y && y < box.y + box.height;
    if (this.held && isIn(this.boxOf(this.held.placed, this.held.timeMs))) return this.held.placed.item;
    return this.shown().findLast((placed) => isIn(this.boxOf(placed, now)))?.item;
  }

  hold(id?: string): void {
    const placed = this.shown().find(({ item }) => item.id === id);
    this.held = placed && { placed, timeMs: this.timeMs() };
    this.wake();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.listeners.abort();
    this.resizes.disconnect();
    this.painter.canvas.remove();
  }

  /** The media's time on the danmaku's own clock. */
  private timeMs(): number {
    return this.media.currentTime * 1000 - this.settings.offsetMs;
  }

  private shown(): Placed[] {
    return this.reducedMotion.matches || !this.stage.width ? [] : this.layout.at(this.timeMs());
  }

  private boxOf(placed: Placed, timeMs: number): DanmakuBox {
    const { item, y, look: { width, height } } = placed;
    return { id: item.id, x: leftAt(placed, timeMs), y, width, height };
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.container;
    const ratio = Math.min(devicePixelRatio, MAX_RATIO);
    if (width === this.stage.width && height === this.stage.height && ratio === this.bitmaps.ratio) return;
    this.stage = { width, height };
    if (ratio !== this.bitmaps.ratio) this.bitmaps = new Bitmaps(ratio);
    this.fit();
    this.layOut([]);
  }

  private fit(): void {
    const height = laneCount(this.stage, this.settings) * laneHeight(this.settings.fontPx);
    this.painter.resize(this.stage.width, height, this.bitmaps.ratio);
    this.painter.canvas.style.opacity = String(this.settings.opacity);
  }

  /** Work out all places anew, lazily; what flies stays where it is if it may. */
  private layOut(flying: readonly Placed[]): void {
    this.layout = this.newLayout();
    this.layout.keep(flying);
    if (this.items.length || !this.painter.isBlank) this.wake();
  }

  private newLayout(): Layout {
    const { bitmaps, stage, settings: { fontPx } } = this;
    const looksOf: LooksOf = function* (item) {
      const px = textPx(item, fontPx);
      const look = bitmaps.look(item, px);
      const isFlying = item.mode === "scroll" || item.mode === "reverse";
      const share = isFlying ? 1 : Math.min(1, stage.width / look.width); // else the ends of fixed ones were not seen
      yield share < 1 ? bitmaps.look(item, Math.max(1, Math.floor(px * share))) : look;
      if (px > fontPx) yield bitmaps.look(item, fontPx); // better small than not at all
    };
    return new Layout(this.items, stage, this.settings, looksOf);
  }

  /** Begin to draw if there is something to draw or to wipe away. */
  private stir(): void {
    if (!this.painter.isBlank || this.shown().length || this.startsSoon()) this.wake();
  }

  private wake(): void {
    if (this.frame || document.hidden || this.listeners.signal.aborted) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.tick();
    });
  }

  private tick(): void {
    const shown = this.shown();
    this.bitmaps.begin();
    const missing = this.painter.draw(shown, this.timeMs(), this.bitmaps, this.held);
    if (this.isMoving) for (const { look } of this.coming(AHEAD_MS)) this.bitmaps.prepare(look);
    if (missing || (this.isMoving && (shown.length || this.startsSoon()))) this.wake();
  }

  private get isMoving(): boolean {
    return !this.media.paused && !this.media.ended && this.media.readyState > HAVE_CURRENT_DATA;
  }

  private startsSoon(): boolean {
    return this.isMoving && this.coming(SOON_MS).length > 0;
  }

  /** What begins within so many milliseconds of the viewer's time. */
  private coming(ms: number): Placed[] {
    if (this.reducedMotion.matches || !this.stage.width) return [];
    const now = this.timeMs();
    return this.layout.begun(now, now + ms * this.media.playbackRate);
  }
}

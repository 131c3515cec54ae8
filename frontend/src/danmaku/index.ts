/**
 * The danmaku overlay: one canvas over a playing media element.
 *
 * What is drawn is a pure function of the media's time: after a seek danmaku are in mid-flight, at any rate they keep
 * their place, in a pause they stand. Nothing runs while paused, hidden or empty.
 */
import { Bitmaps } from "./bitmaps";
import { type DanmakuItem, type DanmakuSettings, DEFAULTS } from "./items";
import { LaneAllocator, leftAt, type Placed, type Size, type Stage, thin, topOf } from "./lanes";

export type { DanmakuItem, DanmakuSettings } from "./items";

export interface DanmakuOverlay {
  /** Add items, in any order; known ids are ignored. */
  add(items: readonly DanmakuItem[]): void;
  /** How many are on screen at this moment. */
  visible(): number;
  /** Remove the canvas and every listener. */
  destroy(): void;
}

const NEW_BITMAPS_A_FRAME = 12;
const TIDY_MS = 20_000;

export function createDanmakuOverlay(options: {
  container: HTMLElement;
  media: HTMLMediaElement;
  items: readonly DanmakuItem[];
  settings?: Partial<DanmakuSettings>;
}): DanmakuOverlay {
  return new Overlay(options.container, options.media, options.items, { ...DEFAULTS, ...options.settings });
}

class Overlay implements DanmakuOverlay {
  private readonly canvas = document.createElement("canvas");
  private readonly context = this.canvas.getContext("2d");
  private readonly ids = new Set<string>();
  private readonly resizes: ResizeObserver;
  private readonly listeners = new AbortController();
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private items: DanmakuItem[] = [];
  private stage: Stage = { width: 0, height: 0 };
  private bitmaps: Bitmaps;
  private placed: Placed[] = [];
  private readonly sizes = new Map<string, Size>();
  private era = 0;
  private isStale = true;
  private frame = 0;

  constructor(
    private readonly container: HTMLElement,
    private readonly media: HTMLMediaElement,
    items: readonly DanmakuItem[],
    private readonly settings: DanmakuSettings,
  ) {
    this.bitmaps = new Bitmaps(settings, devicePixelRatio);
    this.canvas.setAttribute("aria-hidden", "true");
    Object.assign(this.canvas.style, {
      position: "absolute", inset: "0", width: "100%", height: "100%", pointerEvents: "none",
      opacity: String(settings.opacity),
    });
    container.append(this.canvas);
    const { signal } = this.listeners;
    for (const name of ["play", "playing", "seeked", "ratechange", "pause", "timeupdate"]) {
      media.addEventListener(name, () => { this.wake(); }, { signal });
    }
    document.addEventListener("visibilitychange", () => { this.wake(); }, { signal });
    this.still.addEventListener("change", () => { this.wake(); }, { signal });
    this.resizes = new ResizeObserver(() => { this.resize(); });
    this.resizes.observe(container);
    this.add(items);
    this.resize();
  }

  add(items: readonly DanmakuItem[]): void {
    const fresh = items.filter((item) => !this.ids.has(item.id));
    if (!fresh.length) return;
    for (const item of fresh) this.ids.add(item.id);
    const isInOrder = (fresh[0]?.position_ms ?? 0) >= (this.items.at(-1)?.position_ms ?? 0);
    this.items.push(...fresh);
    if (!isInOrder || !isSorted(fresh)) this.items.sort((a, b) => a.position_ms - b.position_ms);
    this.isStale = true;
    this.wake();
  }

  visible(): number {
    if (this.still.matches) return 0;
    this.layOut();
    const now = this.timeMs();
    return this.around(now).reduce((count, { item }) => count + Number(this.isOn(item, now)), 0);
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.listeners.abort();
    this.resizes.disconnect();
    this.canvas.remove();
    this.items = [];
    this.placed = [];
  }

  private timeMs(): number {
    return this.media.currentTime * 1000;
  }

  private isOn(item: DanmakuItem, now: number): boolean {
    return item.position_ms <= now && now < item.position_ms + this.settings.displayMs;
  }

  /** What may be on screen at a time. */
  private around(now: number): Placed[] {
    return this.placed.slice(firstAt(this.placed, now - this.settings.displayMs), firstAt(this.placed, now + 1));
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.container;
    if (width === this.stage.width && height === this.stage.height) return;
    this.stage = { width, height };
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    this.bitmaps = new Bitmaps(this.settings, devicePixelRatio);
    this.isStale = true;
    this.wake();
  }

  /** Draw once now, and go on while there is anything to move. */
  private wake(): void {
    if (this.frame || this.listeners.signal.aborted) return;
    this.frame = requestAnimationFrame(() => { this.tick(); });
  }

  private tick(): void {
    this.frame = 0;
    if (document.hidden) return;
    const drawn = this.still.matches ? this.clear() : this.draw();
    const isMoving = !this.media.paused && !this.media.ended && this.media.readyState > 1;
    if (isMoving && (drawn > 0 || this.startsSoon())) this.wake();
  }

  /** Whether an item comes before the next timeupdate, which wakes us otherwise. */
  private startsSoon(): boolean {
    const now = this.timeMs();
    const soon = now + 400 * Math.max(1, this.media.playbackRate);
    return firstAt(this.placed, soon + 1) > firstAt(this.placed, now + 1);
  }

  private clear(): number {
    this.context?.clearRect(0, 0, this.canvas.width, this.canvas.height);
    return 0;
  }

  private draw(): number {
    this.layOut();
    this.clear();
    if (!this.context) return 0;
    const now = this.timeMs();
    let budget = NEW_BITMAPS_A_FRAME;
    let drawn = 0;
    this.tidy(now);
    for (const placed of this.around(now)) {
      if (!this.isOn(placed.item, now)) continue;
      drawn++;
      if (!this.bitmaps.has(placed.item.id) && budget-- <= 0) continue; // its turn comes with the next frame
      const left = leftAt(placed.item, placed.size, this.stage, this.settings, now);
      const top = topOf(placed, this.stage, this.settings);
      const bitmap = this.bitmaps.get(placed.item, placed.size);
      this.context.drawImage(bitmap, Math.round(left * devicePixelRatio), Math.round(top * devicePixelRatio));
    }
    return drawn;
  }

  /**
   * Place everything, unless that is done. Lanes depend on who came before, so one layout serves every moment: nothing
   * changes its lane while it flies, and a seek finds it where it would have been.
   */
  private layOut(): void {
    if (!this.isStale) return;
    this.isStale = false;
    const allocator = new LaneAllocator(this.stage, this.settings);
    const placed: Placed[] = [];
    for (const item of thin(this.items, this.settings)) {
      const found = allocator.place(item, this.sizeOf(item));
      if (found) placed.push(found);
    }
    this.placed = placed.filter((each) => !each.isGone);
  }

  private sizeOf(item: DanmakuItem): Size {
    const known = this.sizes.get(item.id);
    if (known) return known;
    const size = this.bitmaps.measure(item);
    this.sizes.set(item.id, size);
    return size;
  }

  /** Forget the bitmaps of what is far away, now and then. */
  private tidy(now: number): void {
    const era = Math.floor(now / TIDY_MS);
    if (era === this.era) return;
    this.era = era;
    const near = this.placed.filter(({ item }) => Math.abs(item.position_ms - now) < 2 * TIDY_MS);
    this.bitmaps.keepOnly(new Set(near.map(({ item }) => item.id)));
  }
}

/** Index of the first placed item at or after a time; they are sorted by position. */
function firstAt(placed: readonly Placed[], timeMs: number): number {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((placed[middle]?.item.position_ms ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSorted(items: readonly DanmakuItem[]): boolean {
  return items.every((item, i) => i === 0 || (items[i - 1]?.position_ms ?? 0) <= item.position_ms);
}

/**
 * The danmaku overlay: one canvas over a playing media element.
 *
 * What is drawn is a pure function of the media's time: after a seek danmaku are in mid-flight, at any rate they keep
 * their place, in a pause they stand. Nothing runs while paused, hidden or empty.
 */
import { Bitmaps } from "./bitmaps";
import { type DanmakuItem, type DanmakuSettings, DEFAULTS } from "./items";
import { LaneAllocator, leftAt, type Placed, type Stage, thin, topOf } from "./lanes";

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
/** Layout is made for a window of media time, again when the time leaves it. */
const WINDOW_MS = 20_000;

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
  private windowStartMs = Number.NaN;
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
    this.layOut();
    const now = this.timeMs();
    return this.placed.reduce((count, { item }) => count + Number(this.isOn(item, now)), 0);
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
    return this.placed.some(({ item }) => item.position_ms > now && item.position_ms <= soon);
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
    for (const placed of this.placed) {
      if (placed.item.position_ms > now) break;
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

  /** Place the items of the time window around now, unless that is done. */
  private layOut(): void {
    const now = this.timeMs();
    const start = Math.floor(now / WINDOW_MS) * WINDOW_MS;
    if (!this.isStale && start === this.windowStartMs) return;
    this.isStale = false;
    this.windowStartMs = start;
    // Lanes depend on who came before, so the allocation begins well before the window: the same for every seek.
    const from = firstAt(this.items, start - WINDOW_MS - this.settings.displayMs);
    const to = firstAt(this.items, start + WINDOW_MS + this.settings.displayMs);
    const allocator = new LaneAllocator(this.stage, this.settings);
    this.placed = [];
    for (const item of thin(this.items.slice(from, to), this.settings)) {
      const placed = allocator.place(item, this.bitmaps.measure(item));
      if (placed) this.placed.push(placed);
    }
    this.bitmaps.keepOnly(new Set(this.placed.map(({ item }) => item.id)));
  }
}

/** Index of the first item at or after a time; items are sorted by position. */
function firstAt(items: readonly DanmakuItem[], timeMs: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.position_ms ?? 0) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSorted(items: readonly DanmakuItem[]): boolean {
  return items.every((item, i) => i === 0 || (items[i - 1]?.position_ms ?? 0) <= item.position_ms);
}

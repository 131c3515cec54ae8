/** The danmaku of a player: what is known of them flies over the picture as the viewer has chosen. */
import { createDanmakuOverlay, type DanmakuOverlay } from "../danmaku";
import { DanmakuFeed } from "../danmaku/feed";
import type { DanmakuItem } from "../danmaku/items";
import { type Choices, choicesIn, settingsOf } from "../danmaku/preference";
import type { Room } from "../danmaku/room";
import { hear, tell } from "./link";

const FEWEST_FOR_CURVE = 20;

export class FlyingDanmaku {
  isLive = false;
  /** How dense they are along the lesson, where there are enough for that. */
  curve: SVGSVGElement | undefined;
  private items: DanmakuItem[] = [];
  private readonly choices: Choices;
  private overlay: DanmakuOverlay | undefined;
  private feed: DanmakuFeed | undefined;
  private panelDrawing: AbortController | undefined;
  private hasCaptions = false;

  /** They fly over `layer`; `onChange` hears when what the controls show of them has changed. */
  constructor(
    private readonly room: Room,
    private readonly video: HTMLVideoElement,
    private readonly layer: HTMLElement,
    private readonly onChange: () => void,
    private readonly signal: AbortSignal,
  ) {
    this.choices = choicesIn(room);
    signal.addEventListener("abort", () => {
      this.panelDrawing?.abort();
      this.overlay?.destroy();
      this.stop();
    });
  }

  get isOn(): boolean {
    return this.choices.now.on;
  }

  turn(on: boolean): void {
    this.choices.change({ on });
  }

  /** How many are on screen. */
  visible(): number {
    return this.overlay?.visible() ?? 0;
  }

  /** Leave captions their part of the picture, or take it. */
  makeRoom(hasCaptions: boolean): void {
    this.hasCaptions = hasCaptions;
    this.overlay?.update({ captions: hasCaptions });
  }

  itemAt({ clientX, clientY }: MouseEvent): DanmakuItem | undefined {
    const { left, top } = this.layer.getBoundingClientRect();
    return this.overlay?.at(clientX - left, clientY - top);
  }

  /** Return what opens the menu of the one under the pointer, if there is one; under its menu it stands still. */
  pick(event: MouseEvent): (() => void) | undefined {
    const item = this.itemAt(event);
    if (!item || item.id.startsWith("sending-")) return undefined;
    const place = { x: event.clientX, y: event.clientY, room: this.room, onClose: () => { this.overlay?.hold(); } };
    return () => {
      this.overlay?.hold(item.id);
      void import("../danmaku/menu").then(({ openDanmakuMenu }) => { openDanmakuMenu(item, place); });
    };
  }

  start(startMs: number): void {
    const { video, signal } = this;
    const feed = new DanmakuFeed(this.room, {
      onItems: (items) => {
        this.items.push(...items);
        this.overlay?.add(items);
        tell("edu-danmaku", items);
      },
      onChanged: (items) => { tell("edu-danmaku", items); },
      onGone: (ids) => {
        this.items = this.items.filter(({ id }) => !ids.includes(id));
        this.overlay?.remove(ids);
        tell("edu-danmaku-gone", ids);
      },
      onLive: (isLive) => { this.isLive = isLive; },
    });
    this.feed = feed;
    hear("edu-danmaku-sending", (item) => { feed.send(item); }, signal);
    hear("edu-danmaku-sent", (sent) => { feed.settle(sent); }, signal);
    hear("edu-danmaku-unsent", (id) => { feed.unsend(id); }, signal);
    hear("edu-danmaku-chosen", () => {
      this.setOverlay();
      this.onChange();
    }, signal);
    video.addEventListener("timeupdate", () => void feed.need(video.currentTime * 1000), { signal });
    void feed.need(startMs);
    void this.loadExtras();
    const sizes = new ResizeObserver(() => { this.setOverlay(); });
    sizes.observe(this.layer);
    signal.addEventListener("abort", () => { sizes.disconnect(); });
  }

  /** Ask for no more of them. */
  stop(): void {
    this.feed?.destroy();
    this.feed = undefined;
  }

  /** Fill the panel of choices while it is open. */
  async drawPanel({ newState, currentTarget: panel }: ToggleEvent): Promise<void> {
    this.panelDrawing?.abort();
    if (newState !== "open" || !(panel instanceof HTMLElement)) return;
    const drawing = this.panelDrawing = new AbortController();
    const { showDanmakuControls } = await import("../danmaku/controls");
    if (!drawing.signal.aborted) showDanmakuControls(panel, this.room, () => this.items, drawing.signal);
  }

  /** What is not everybody's: the blocks of a device without an account, a curve where there are enough for one. */
  private async loadExtras(): Promise<void> {
    const { room } = this;
    await room.ready;
    try {
      if (!room.hasAccount) (await import("../danmaku/blocks")).applyKeptBlocks(room);
      if (room.view.count < FEWEST_FOR_CURVE) return;
      const { curveOf } = await import("../danmaku/curve");
      this.curve = await curveOf(room);
      this.onChange();
    } catch {
      // The lesson plays without them.
    }
  }

  /** Bring the overlay in line with what the viewer wants and with the size of the picture. */
  private setOverlay(): void {
    const { room, choices, layer, video, items } = this;
    if (!choices.now.on) {
      this.overlay?.destroy();
      this.overlay = undefined;
      return;
    }
    const settings = { ...settingsOf(choices.now, room.blocked, scaleFor(layer.clientWidth)), captions: this.hasCaptions };
    if (this.overlay) this.overlay.update(settings);
    else this.overlay = createDanmakuOverlay({ container: layer, media: video, items, settings });
  }
}

/** Danmaku are smaller on a phone's small picture and larger on a full screen, in steps. */
function scaleFor(widthPx: number): number {
  if (widthPx < 520) return 0.7;
  return widthPx < 1200 ? 1 : 1.25;
}

/** Where danmaku come from: one-minute segments, joined with the live stream by their cursor, without gap or double. */
import { call } from "../api/client";
import type { components } from "../api/schema";
import type { DanmakuItem } from "./items";

const SEGMENT_MS = 60_000;
const RETRY_MS = 3_000;

type Segment = components["schemas"]["DanmakuSegmentOut"];

export class DanmakuFeed {
  private readonly loaded = new Set<number>();
  private readonly listeners = new AbortController();
  private stream: EventSource | undefined;
  private cursor = "";
  private timer = 0;
  private known = new Set<string>();

  /**
   * `onItems` gets every item once, as it becomes known; `onLive` whether the stream is open. `playback` is the token of
   * a playback session, where that is the right to watch.
   */
  constructor(
    private readonly videoId: string,
    private readonly onItems: (items: DanmakuItem[]) => void,
    private readonly onLive: (isLive: boolean) => void,
    private readonly playback = "",
  ) {
    document.addEventListener("visibilitychange", () => { this.follow(); }, { signal: this.listeners.signal });
  }

  /** Make sure that the minute of a time and the next one are there. */
  async need(timeMs: number): Promise<void> {
    const now = Math.max(0, Math.floor(timeMs / SEGMENT_MS));
    await Promise.all([this.load(now), this.load(now + 1)]);
    this.follow();
  }

  /** Take in what the sender's own browser already knows. */
  own(item: DanmakuItem): void {
    this.give([{ ...item, own: true }]);
  }

  destroy(): void {
    this.listeners.abort();
    clearTimeout(this.timer);
    this.close();
  }

  private path(rest: string): string {
    const path = `/api/v1/videos/${this.videoId}/danmaku/${rest}`;
    return this.playback ? `${path}${path.includes("?") ? "&" : "?"}playback=${this.playback}` : path;
  }

  private async load(number: number): Promise<void> {
    if (this.loaded.has(number)) return;
    this.loaded.add(number);
    try {
      const segment = await call<Segment>("GET", this.path(`segments/${number}`));
      if (!this.cursor || BigInt(segment.cursor) < BigInt(this.cursor)) this.cursor = segment.cursor;
      this.give(segment.items);
    } catch {
      // Asked again by a timeupdate, after a pause.
      setTimeout(() => { this.loaded.delete(number); }, RETRY_MS);
    }
  }

  private give(items: DanmakuItem[]): void {
    const fresh = items.filter((item) => !this.known.has(item.id));
    for (const item of fresh) this.known.add(item.id);
    if (fresh.length) this.onItems(fresh);
  }

  /** Keep the stream open while the page is seen. */
  private follow(): void {
    if (document.hidden) {
      this.close();
      return;
    }
    if (this.stream || !this.cursor || this.listeners.signal.aborted) return;
    const stream = new EventSource(this.path(`live?cursor=${encodeURIComponent(this.cursor)}`));
    this.stream = stream;
    stream.addEventListener("open", () => { this.onLive(true); });
    stream.addEventListener("danmaku", (event) => {
      if (event.lastEventId) this.cursor = event.lastEventId;
      this.give(JSON.parse(String(event.data)) as DanmakuItem[]);
    });
    stream.addEventListener("reset", () => {
      this.cursor = "";
      const again = [...this.loaded];
      this.loaded.clear();
      this.close();
      void Promise.all(again.map((number) => this.load(number))).then(() => { this.follow(); });
    });
    stream.addEventListener("error", () => {
      this.onLive(false);
      if (stream.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
      this.close();
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => { this.follow(); }, RETRY_MS);
    });
  }

  private close(): void {
    this.stream?.close();
    this.stream = undefined;
    this.onLive(false);
  }
}

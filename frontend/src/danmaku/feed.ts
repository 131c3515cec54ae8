/**
 * Where danmaku come from: one-minute segments, joined with the live stream by their cursor, without gap or double; and
 * what this page sends, from the moment it is sent.
 */
import { call } from "../api/client";
import type { components } from "../api/schema";
import type { SentDanmaku } from "../player/link";
import type { DanmakuItem } from "./items";
import { LiveStream } from "./live";
import type { Room } from "./room";

const SEGMENT_MS = 60_000;
const RETRY_MS = 3_000;
const POLL_MS = 5_000;
const LONGEST_POLL_MS = 60_000;
/** After something was taken off, all who watch ask again; within so long, not at once. */
const SPREAD_MS = 1_000;

type Segment = components["schemas"]["DanmakuSegmentOut"];

interface Known {
  item: DanmakuItem;
  /** A cursor at which it was there: older answers cannot tell that it is gone. */
  at: bigint;
}

export interface FeedListeners {
  /** Each item once, as it becomes known. */
  onItems: (items: DanmakuItem[]) => void;
  /** Known items, the same objects, that others have liked or said too. */
  onChanged: (items: DanmakuItem[]) => void;
  onGone: (ids: string[]) => void;
  /** Whether news arrive as they are written. */
  onLive: (isLive: boolean) => void;
}

export class DanmakuFeed {
  private readonly known = new Map<string, Known>();
  /** Minutes that were asked for; false: to be asked for again. */
  private readonly minutes = new Map<number, boolean>();
  /** Ids of what is being sent, and the viewer's own that came by the stream meanwhile: one may be the other. */
  private readonly sending = new Set<string>();
  private heldBack: { items: DanmakuItem[]; at: bigint }[] = [];
  private readonly live: LiveStream;
  private timeMs = 0;
  private isDestroyed = false;
  private pollTimer = 0;
  private resetTimer = 0;
  private pollMs = POLL_MS;

  constructor(private readonly room: Room, private readonly to: FeedListeners) {
    const name = `eduvideo-danmaku ${room.path("")}`;
    this.live = new LiveStream(name, (cursor) => room.path(`/live?cursor=${encodeURIComponent(cursor)}`), {
      onItems: (items, cursor) => { this.give(items, BigInt(cursor)); },
      onReset: () => { this.forget(); },
      onState: ({ isLive, isFailing }) => {
        to.onLive(isLive);
        if (!isFailing) this.stopPolling();
        else if (!this.pollTimer) this.poll();
      },
    });
  }

  /** Make sure that the minute of a time and the next one are there. */
  async need(timeMs: number): Promise<void> {
    if (this.isDestroyed) return;
    this.timeMs = timeMs;
    const now = Math.max(0, Math.floor(timeMs / SEGMENT_MS));
    const wanted = [now, now + 1].filter((minute) => !this.minutes.get(minute));
    // The one before is only looked at again: lists show its end.
    if (this.minutes.get(now - 1) === false) wanted.push(now - 1);
    await Promise.all(wanted.map((minute) => this.load(minute)));
  }

  /** Show what is being sent, before the server has it. */
  send(item: DanmakuItem): void {
    this.sending.add(item.id);
    this.known.set(item.id, { item, at: 0n });
    this.to.onItems([item]);
  }

  /** What was being sent has arrived. */
  settle({ sendingId, item, cursor }: SentDanmaku): void {
    const sent = this.known.get(sendingId)?.item;
    this.sending.delete(sendingId);
    if (sent && !this.known.has(item.id) && looksLike(sent, item)) {
      // What flies already flies on.
      this.known.delete(sendingId);
      this.known.set(item.id, { item: Object.assign(sent, item), at: BigInt(cursor) });
      this.to.onChanged([sent]);
    } else {
      this.drop([sendingId]);
      this.give([item], BigInt(cursor));
    }
    this.release();
  }

  /** It was refused, or taken back. */
  unsend(id: string): void {
    this.sending.delete(id);
    this.drop([id]);
    this.release();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.stopPolling();
    clearTimeout(this.resetTimer);
    this.live.destroy();
  }

  private async load(minute: number): Promise<boolean> {
    this.minutes.set(minute, true);
    try {
      const [segment] = await Promise.all([call<Segment>("GET", this.room.path(`/segments/${minute}`)), this.room.ready]);
      if (!this.isDestroyed) this.take(minute, segment);
      return true;
    } catch {
      // Asked again by a timeupdate, after a pause.
      setTimeout(() => { this.minutes.set(minute, false); }, RETRY_MS);
      return false;
    }
  }

  /** Bring a minute in line with the server's answer. */
  private take(minute: number, { cursor, items }: Segment): void {
    const at = BigInt(cursor);
    const ids = new Set(items.map(({ id }) => id));
    const isGone = ({ item, at: seenAt }: Known): boolean =>
      Math.floor(item.position_ms / SEGMENT_MS) === minute && seenAt <= at && !ids.has(item.id) && !this.sending.has(item.id);
    this.drop([...this.known.values()].filter(isGone).map(({ item }) => item.id));
    this.refresh(items);
    this.give(items, at);
    this.live.know(cursor);
  }

  private refresh(items: readonly DanmakuItem[]): void {
    const changed: DanmakuItem[] = [];
    for (const { id, likes = 0, count = 1, weight } of items) {
      const item = this.known.get(id)?.item;
      if (!item || (likes === (item.likes ?? 0) && count === (item.count ?? 1) && weight === item.weight)) continue;
      changed.push(Object.assign(item, { likes, count, weight }));
    }
    if (changed.length) this.to.onChanged(changed);
  }

  private give(items: readonly DanmakuItem[], at: bigint): void {
    const me = this.room.view.author_key;
    const fresh: DanmakuItem[] = [];
    const own: DanmakuItem[] = [];
    for (const item of items) {
      const known = this.known.get(item.id);
      if (known) {
        if (at > known.at) known.at = at;
        continue;
      }
      const isOwn = me !== "" && item.author_key === me;
      if (isOwn) item.own = true;
      if (isOwn && this.sending.size) own.push(item);
      else fresh.push(item);
    }
    if (own.length) this.heldBack.push({ items: own, at });
    for (const item of fresh) this.known.set(item.id, { item, at });
    if (fresh.length) this.to.onItems(fresh);
  }

  private release(): void {
    if (this.sending.size) return;
    const waiting = this.heldBack;
    this.heldBack = [];
    for (const { items, at } of waiting) this.give(items, at);
  }

  private drop(ids: readonly string[]): void {
    const gone = ids.filter((id) => this.known.delete(id));
    if (gone.length) this.to.onGone(gone);
  }

  /** All minutes are in doubt. What is on screen is asked for soon, the others when they are needed. */
  private forget(): void {
    for (const minute of this.minutes.keys()) this.minutes.set(minute, false);
    clearTimeout(this.resetTimer);
    this.resetTimer = window.setTimeout(() => void this.need(this.timeMs), Math.random() * SPREAD_MS);
  }

  /** Without a stream, look again and again; the browser sends the ETag that it has. */
  private poll(): void {
    this.pollTimer = window.setTimeout(() => {
      const now = Math.max(0, Math.floor(this.timeMs / SEGMENT_MS));
      const minutes = document.hidden ? [] : [now, now + 1];
      void Promise.all(minutes.map((minute) => this.load(minute))).then((answers) => {
        if (!this.pollTimer) return;
        this.pollMs = answers.every(Boolean) ? POLL_MS : Math.min(LONGEST_POLL_MS, this.pollMs * 2);
        this.poll();
      });
    }, this.pollMs);
  }

  private stopPolling(): void {
    clearTimeout(this.pollTimer);
    this.pollTimer = 0;
    this.pollMs = POLL_MS;
  }
}

/** Whether they are drawn at the same place and time and alike. */
function looksLike(a: DanmakuItem, b: DanmakuItem): boolean {
  return (["position_ms", "mode", "color", "size_px", "text", "kind"] as const).every((key) => a[key] === b[key]);
}

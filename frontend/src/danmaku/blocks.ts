/**
 * Whom the viewer does not want to see. An account's list is the server's, which tells authors apart by keys that mean
 * nothing to people; so this device remembers what somebody said when they were blocked. Without an account its list is all.
 */
import { call } from "../api/client";
import { personOfPage } from "../api/person";
import type { DanmakuItem } from "./items";
import { choicesIn } from "./preference";
import type { Room } from "./room";

export interface Blocked {
  videoId: string;
  authorKey: string;
  /** What they said, and where. */
  danmakuId: string;
  text: string;
}

const KEY = "eduvideo-danmaku-blocked"; // of whoever has no account; an account's names it
const MOST_KEPT = 200;

/** Let this device's list count, where there is no account. */
export function applyKeptBlocks(room: Room): void {
  for (const { videoId, authorKey } of kept()) if (videoId === room.videoId) room.blocked.add(authorKey);
  choicesIn(room).announce();
}

/** Show nothing more of an item's author. Throws when the server refuses or is away. */
export async function block(room: Room, item: DanmakuItem): Promise<void> {
  if (room.hasAccount) await call("POST", room.path(`/${item.id}/block`));
  const entry = { videoId: room.videoId, authorKey: item.author_key, danmakuId: item.id, text: item.text };
  keep([entry, ...kept().filter((other) => !isSame(other, entry))].slice(0, MOST_KEPT));
  room.blocked.add(item.author_key);
  choicesIn(room).announce();
}

/** Show somebody again, whose block may also hold on other videos. Throws when the server refuses or is away. */
export async function unblock(room: Room, entry: Blocked): Promise<void> {
  if (room.hasAccount) await call("DELETE", `/api/v1/videos/${entry.videoId}/danmaku/${entry.danmakuId}/block`);
  keep(kept().filter((other) => !isSame(other, entry)));
  if (room.hasAccount) await room.load();
  if (entry.videoId === room.videoId) room.blocked.delete(entry.authorKey);
  choicesIn(room).announce();
}

/** Those who can be shown again from here, by what they said: on this video, and with an account on others. */
export function blockedPeople(room: Room, items: readonly DanmakuItem[]): Blocked[] {
  const known = kept().filter(({ videoId, authorKey }) => (videoId === room.videoId ? room.blocked.has(authorKey) : room.hasAccount));
  const named = new Set(known.filter(({ videoId }) => videoId === room.videoId).map(({ authorKey }) => authorKey));
  for (const { id, author_key: authorKey, text } of items) {
    if (!room.blocked.has(authorKey) || named.has(authorKey)) continue;
    named.add(authorKey);
    known.push({ videoId: room.videoId, authorKey, danmakuId: id, text });
  }
  return known;
}

function isSame(a: Blocked, b: Blocked): boolean {
  return a.videoId === b.videoId && a.authorKey === b.authorKey;
}

function keyHere(): string {
  const person = personOfPage();
  return person ? `${KEY}:${person}` : KEY;
}

function kept(): Blocked[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyHere()) ?? "[]");
    return Array.isArray(found) ? (found as Blocked[]) : [];
  } catch {
    return [];
  }
}

function keep(entries: readonly Blocked[]): void {
  try {
    localStorage.setItem(keyHere(), JSON.stringify(entries));
  } catch {
    // Blocked or full: an account's list is the server's anyway.
  }
}

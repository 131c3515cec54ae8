/** What this browser's tab has sent lately and can still be taken back. A reload keeps it. */
import { call } from "../api/client";
import { tell } from "../player/link";
import type { Room } from "./room";

const UNDO_MS = 120_000;
const KEY = "eduvideo-danmaku-sent";

/** Until when danmaku can be taken back, by id. */
let untils = load();

export function remember(id: string): void {
  const now = Date.now();
  untils = new Map([...untils].filter(([, until]) => until > now));
  untils.set(id, now + UNDO_MS);
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...untils]));
  } catch {
    // Blocked or full: it lasts as long as the page.
  }
}

/** How many seconds are left to take one back; 0 when it is too late, or somebody else's. */
export function undoSeconds(id: string): number {
  return Math.max(0, Math.ceil(((untils.get(id) ?? 0) - Date.now()) / 1000));
}

/** Take it off all screens. Throws when the server refuses or is away. */
export async function takeBack(room: Room, id: string): Promise<void> {
  await call("DELETE", room.path(`/${id}`));
  untils.delete(id);
  tell("edu-danmaku-unsent", id);
}

function load(): Map<string, number> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as [string, number][]);
  } catch {
    return new Map();
  }
}

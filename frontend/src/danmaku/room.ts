/** The room of a lesson as this viewer finds it. There is one for a page, asked for once. */
import { call } from "../api/client";
import type { components } from "../api/schema";

type RoomView = components["schemas"]["DanmakuRoomOut"];

/** Until the server has answered, or where it does not. */
const UNKNOWN: RoomView = {
  state: "on", pause_s: 0, count: 0, is_quiet: false, is_moderator: false, kinds: [], author_key: "", liked: [], blocked: [], preference: null,
};

export class Room {
  view = UNKNOWN;
  readonly liked = new Set<string>();
  /** Author keys of those whom the viewer does not want to see here. */
  readonly blocked = new Set<string>();
  /** Resolves when the server has answered or could not be reached; never rejects. */
  readonly ready: Promise<void>;

  /** `playback` is the token of a playback session, where that is the right to watch. */
  constructor(readonly videoId: string, private readonly playback: string) {
    this.ready = this.load();
  }

  /** Whether the viewer has an account. */
  get hasAccount(): boolean {
    return this.view.author_key !== "";
  }

  /** An address below the lesson's danmaku. */
  path(rest: string): string {
    const path = `/api/v1/videos/${this.videoId}/danmaku${rest}`;
    return this.playback ? `${path}${path.includes("?") ? "&" : "?"}playback=${this.playback}` : path;
  }

  /** Ask again, for instance who is blocked. */
  async load(): Promise<void> {
    try {
      this.view = await call<RoomView>("GET", this.path(""));
    } catch {
      return; // everything can be seen without it
    }
    for (const id of this.view.liked) this.liked.add(id);
    this.blocked.clear();
    for (const key of this.view.blocked) this.blocked.add(key);
  }
}

const rooms = new Map<string, Room>();

export function roomOf(videoId: string, playback = ""): Room {
  const known = rooms.get(videoId);
  if (known) return known;
  const room = new Room(videoId, playback);
  rooms.set(videoId, room);
  return room;
}

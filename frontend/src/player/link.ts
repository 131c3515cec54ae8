/** How the elements of a watch page find the player of the same lesson: by typed events on the document. */
import type { DanmakuItem } from "../danmaku/items";

export interface SentDanmaku {
  /** The id that it had while it was sent. */
  sendingId: string;
  /** As the server keeps it. */
  item: DanmakuItem;
  /** Its place in the live stream. */
  cursor: string;
}

interface PlayerEvents {
  /** Danmaku that became known or have changed, in no order. */
  "edu-danmaku": DanmakuItem[];
  /** Ids of danmaku that are gone. */
  "edu-danmaku-gone": string[];
  /** Somebody sends a danmaku from this page; until the server has answered, its id is one of ours. */
  "edu-danmaku-sending": DanmakuItem;
  /** The server has it, under an id of its own. */
  "edu-danmaku-sent": SentDanmaku;
  /** Id of a danmaku of this page that was refused, or was taken back. */
  "edu-danmaku-unsent": string;
  /** Somebody wants to answer a question. */
  "edu-danmaku-answer": DanmakuItem;
  /** The viewer has chosen what to see. */
  "edu-danmaku-chosen": undefined;
  /** The playing position, in milliseconds; a few times a second. */
  "edu-time": number;
  /** Somebody asks the player to go to a position, in milliseconds. */
  "edu-seek": number;
}

export function tell<K extends keyof PlayerEvents>(name: K, detail: PlayerEvents[K]): void {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

export function hear<K extends keyof PlayerEvents>(
  name: K,
  listener: (detail: PlayerEvents[K]) => void,
  signal: AbortSignal,
): void {
  document.addEventListener(
    name,
    (event) => {
      listener((event as CustomEvent<PlayerEvents[K]>).detail);
    },
    { signal },
  );
}

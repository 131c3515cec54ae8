/** How the elements of a watch page find the player of the same lesson: by typed events on the document. */
import type { DanmakuItem } from "../danmaku/items";

interface PlayerEvents {
  /** Danmaku that became known, in no order. */
  "edu-danmaku": DanmakuItem[];
  /** A danmaku that was just sent from this page. */
  "edu-danmaku-own": DanmakuItem;
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

import type { components } from "../api/schema";

type Out = components["schemas"]["DanmakuOut"];

/** One danmaku, in the shape of a segment of the API; what only some have may be left out. */
export type DanmakuItem = Omit<Out, "count" | "likes" | "reply_to"> & Partial<Pick<Out, "count" | "likes" | "reply_to">> & {
  /** Written in this browser. */
  own?: boolean;
};

/** What is shown of one: one that stands for several that said the same says how many. */
export function shownText({ text, count = 1 }: DanmakuItem): string {
  return count > 1 ? `${text} ×${count}` : text;
}

/** Index of the first that begins after a time; the list is in the order of `position_ms`. */
export function firstAfter(list: readonly { position_ms: number }[], timeMs: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.position_ms ?? 0) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

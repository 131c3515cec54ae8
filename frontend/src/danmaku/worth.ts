/** What decides who is shown when there is no room for all. Pure. */
import type { DanmakuItem } from "./items";

const LEARNING = 1e3;
const OWN = 1e5;
const TEACHER = 1e7;

/**
 * Teachers before one's own before questions and their answers before the rest; among these the weight, which grows with
 * likes (0 to 10). The steps are so large that no crowd of the step below outweighs one of them.
 */
export function worthOf({ kind, own, weight }: DanmakuItem): number {
  if (kind === "teacher") return TEACHER + weight;
  if (own) return OWN + weight;
  return kind === "comment" ? weight : LEARNING + weight;
}

/**
 * The worthiest first. Among equals a lot decides that is the same in every browser: by time, the first seconds of a crowd
 * would take all the room of a limit, and then nobody came for long.
 */
export function byWorth(items: readonly DanmakuItem[]): DanmakuItem[] {
  const keys = new Map(items.map((item) => [item, worthOf(item) + lotOf(item.id)]));
  return [...items].sort((a, b) => (keys.get(b) ?? 0) - (keys.get(a) ?? 0));
}

/** A number from 0 to 1 that looks like chance. */
export function lotOf(id: string): number {
  let lot = 0;
  for (let i = 0; i < id.length; i++) lot = Math.imul(lot + id.charCodeAt(i), 0x9e3779b1) ^ (lot >>> 15);
  return (lot >>> 0) / 2 ** 32;
}

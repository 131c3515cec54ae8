/** What a viewer does not want to see. Pure. One's own always passes. */
import { type DanmakuItem, firstAfter } from "./items";
import type { DanmakuSettings } from "./settings";
import { byWorth } from "./worth";

const BUCKET_MS = 10_000;

/** Says whether an item passes. */
export type Sieve = (item: DanmakuItem) => boolean;

/** Return the test of single items; the settings are read once. */
export function wantedBy(settings: DanmakuSettings): Sieve {
  const words = settings.blockedWords.map(plain).filter((word) => word);
  return (item) => {
    if (item.own) return true;
    if (settings.onlyLearning && item.kind === "comment") return false;
    if (settings.onlyWhite && item.color.toLowerCase() !== "#ffffff") return false;
    if (settings.blockedKinds.includes(item.kind) || settings.blockedModes.includes(item.mode)) return false;
    if (settings.blockedAuthors.includes(item.author_key)) return false;
    if (!words.length) return true;
    const text = plain(item.text);
    return !words.some((word) => text.includes(word));
  };
}

/** Full-width and half-width letters are the same, and so are capitals and small ones. */
function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().trim();
}

/**
 * Return the test of items among others, which are in the order of their positions: they pass the settings, and are among
 * the best of their ten seconds if these have a limit. Each ten seconds are chosen by themselves, so it does not matter
 * where one begins. What comes later needs a new sieve.
 */
export function sieveOf(items: readonly DanmakuItem[], settings: DanmakuSettings): Sieve {
  const isWanted = wantedBy(settings);
  const most = settings.maxPer10s;
  if (most === null) return isWanted;
  const buckets = new Map<number, ReadonlySet<DanmakuItem>>();
  return (item) => {
    const bucket = Math.floor(item.position_ms / BUCKET_MS);
    let best = buckets.get(bucket);
    if (!best) {
      const from = firstAfter(items, bucket * BUCKET_MS - 1);
      const to = firstAfter(items, (bucket + 1) * BUCKET_MS - 1);
      best = new Set(byWorth(items.slice(from, to).filter(isWanted)).slice(0, most));
      buckets.set(bucket, best);
    }
    return best.has(item);
  };
}

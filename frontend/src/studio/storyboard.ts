/** The sheets of small pictures that a lesson's storyboard names. */

export interface Tile {
  startMs: number;
  endMs: number;
  url: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const CUE = /(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})\s+-->\s+(?:(\d+):)?(\d{2}):(\d{2})\.(\d{3})[^\n]*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;

/** Read a storyboard's WebVTT; addresses are as seen from it. */
export function parseStoryboard(text: string, base: string): Tile[] {
  return [...text.replaceAll("\r\n", "\n").matchAll(CUE)].map((match) => {
    const n = (place: number): number => Number(match[place] ?? 0);
    const time = (place: number): number => ((n(place) * 60 + n(place + 1)) * 60 + n(place + 2)) * 1000 + n(place + 3);
    const url = new URL(match[9] ?? "", base).href;
    return { startMs: time(1), endMs: time(5), url, x: n(10), y: n(11), width: n(12), height: n(13) };
  });
}

export async function fetchStoryboard(url: string): Promise<Tile[]> {
  if (!url) return [];
  try {
    const answer = await fetch(url);
    return answer.ok ? parseStoryboard(await answer.text(), answer.url) : [];
  } catch {
    return []; // the track is as good without pictures
  }
}

/** Return the tile of each of `count` equal spans of a lesson, at its middle. */
export function spread(tiles: readonly Tile[], durationMs: number, count: number): Tile[] {
  return Array.from({ length: count }, (_, place) => {
    const atMs = ((place + 0.5) * durationMs) / count;
    return tiles.findLast(({ startMs }) => startMs <= atMs) ?? tiles[0];
  }).filter((tile) => tile !== undefined);
}

/** From chapter to chapter, by the video's own track of them. */

/** A press within this time goes before the chapter, not to its beginning. */
const AGAIN_S = 3;

/** Return the beginnings of chapters, in seconds; none while the track has not come. */
export function chapterStarts(video: HTMLVideoElement): number[] {
  const track = [...video.textTracks].find(({ kind }) => kind === "chapters");
  return [...track?.cues ?? []].map(({ startTime }) => startTime);
}

/** Return where the next chapter begins, or this one or the one before; undefined past the last. */
export function chapterFrom(starts: readonly number[], nowS: number, step: 1 | -1): number | undefined {
  return step > 0 ? starts.find((start) => start > nowS + 0.25) : starts.findLast((start) => start < nowS - AGAIN_S) ?? starts[0];
}

/** Captions on and off, kept in this browser. The page's own language comes first, then the first track. */

export function captionTracks(video: HTMLVideoElement): TextTrack[] {
  return [...video.textTracks].filter((track) => track.kind === "captions" || track.kind === "subtitles");
}

export function captionsShow(video: HTMLVideoElement): boolean {
  return captionTracks(video).some((track) => track.mode === "showing");
}

export function showCaptions(video: HTMLVideoElement, isOn: boolean): void {
  const tracks = captionTracks(video);
  const language = document.documentElement.lang.slice(0, 2);
  const chosen = tracks.find((track) => track.language.startsWith(language)) ?? tracks[0];
  for (const track of tracks) track.mode = isOn && track === chosen ? "showing" : "disabled";
}

/**
 * Hold captions to what the viewer wanted while a lesson loads (Chromium then turns them on by itself), and report what
 * the viewer chooses once it plays, by whichever button.
 */
export function followCaptions(
  video: HTMLVideoElement,
  choice: { wanted: () => boolean; onChoice: (isOn: boolean) => void },
  signal: AbortSignal,
): void {
  let isSettled = false;
  const hold = (): void => {
    if (captionsShow(video) !== choice.wanted()) showCaptions(video, choice.wanted());
  };
  hold();
  video.addEventListener("loadstart", () => { isSettled = false; }, { signal });
  video.addEventListener("playing", () => {
    if (!isSettled) hold();
    isSettled = true;
  }, { signal });
  video.textTracks.addEventListener("change", () => {
    if (!captionTracks(video).length) return;
    if (isSettled) choice.onChoice(captionsShow(video));
    else hold();
  }, { signal });
}

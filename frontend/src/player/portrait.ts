/** Marks the player of a recording that is taller than wide, by its poster until the picture itself has come. */
export function markPortrait(host: HTMLElement, video: HTMLVideoElement): void {
  const mark = (width: number, height: number): void => { host.toggleAttribute("portrait", height > width); };
  video.addEventListener("resize", () => {
    if (video.videoWidth) mark(video.videoWidth, video.videoHeight);
  });
  if (!video.poster) return;
  const poster = new Image();
  poster.addEventListener("load", () => {
    if (!video.videoWidth) mark(poster.naturalWidth, poster.naturalHeight);
  });
  poster.src = video.poster;
}

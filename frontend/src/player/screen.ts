/** Full screen, and the small picture over other windows. */

export function toggleFullscreen(controller: HTMLElement): void {
  const name = document.fullscreenElement ? "mediaexitfullscreenrequest" : "mediaenterfullscreenrequest";
  controller.dispatchEvent(new CustomEvent(name));
}

export function togglePictureInPicture(video: HTMLVideoElement): void {
  if (!document.pictureInPictureEnabled) return;
  const done = document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture();
  void done.catch(() => undefined); // nothing has come yet, or the browser wants a click
}

/** A wide lesson fills a phone only when it lies on its side. */
export function turnScreen(host: HTMLElement, { videoWidth, videoHeight }: HTMLVideoElement): void {
  if (document.fullscreenElement !== host || videoWidth <= videoHeight) return;
  const orientation = screen.orientation as ScreenOrientation & { lock?: (to: string) => Promise<void> };
  void orientation.lock?.("landscape").catch(() => undefined); // desktops refuse
}

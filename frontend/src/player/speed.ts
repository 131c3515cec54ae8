/** The speed that a viewer has chosen: what is loaded anew begins at the browser's own, which nobody has chosen. */

export interface SpeedOptions {
  chosen: () => number;
  /** Whether it is another for a moment only. */
  isHeld: () => boolean;
  onChoice: (rate: number) => void;
}

/** Hold a lesson to the chosen speed until the signal ends, and hear when another is chosen. */
export function holdSpeed(video: HTMLVideoElement, { chosen, isHeld, onChoice }: SpeedOptions, signal: AbortSignal): void {
  // It comes before the news of the speed that the loading has set.
  video.addEventListener("emptied", () => { video.playbackRate = chosen(); }, { signal });
  video.addEventListener("ratechange", () => { if (!isHeld()) onChoice(video.playbackRate); }, { signal });
}

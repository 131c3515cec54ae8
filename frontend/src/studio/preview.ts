/**
 * `<edu-preview>` around a `<details>` with the lesson's `<edu-player>`, which is loaded when it comes into sight. The
 * editors of the page follow and move its picture; where there is none they work without.
 */

class EduPreview extends HTMLElement {
  private readonly sight = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) this.load();
  });

  connectedCallback(): void {
    const details = this.querySelector("details");
    // A phone has no room for it until it is asked for.
    if (details && !matchMedia("(min-width: 1000px)").matches) details.open = false;
    this.sight.observe(this.querySelector("edu-player") ?? this);
  }

  disconnectedCallback(): void {
    this.sight.disconnect();
  }

  private load(): void {
    this.sight.disconnect();
    void import("../player");
  }
}

export function previewVideo(): HTMLVideoElement | null {
  return document.querySelector("edu-preview video");
}

/** Where the preview stands, in milliseconds. */
export function playheadMs(): number {
  return Math.round((previewVideo()?.currentTime ?? 0) * 1000);
}

/** Show the picture of a moment. */
export function showMoment(timeMs: number): void {
  const video = previewVideo();
  if (video) video.currentTime = timeMs / 1000;
}

let ending: AbortController | undefined;

/** Play from a moment to another and stop there. */
export function playBetween(startMs: number, endMs: number): void {
  const video = previewVideo();
  if (!video) return;
  const details = video.closest("details");
  if (details) details.open = true;
  ending?.abort();
  const own = ending = new AbortController();
  const { signal } = own;
  video.currentTime = startMs / 1000;
  const watch = (): void => {
    if (signal.aborted) return;
    if (video.currentTime * 1000 >= endMs) {
      video.pause();
      own.abort();
    } else requestAnimationFrame(watch); // timeupdate comes four times a second, too seldom for words
  };
  video.addEventListener("pause", () => { own.abort(); }, { signal });
  video.addEventListener("seeking", () => { if (Math.abs(video.currentTime * 1000 - startMs) > 500) own.abort(); }, { signal });
  void video.play().then(watch, () => { own.abort(); });
}

customElements.define("edu-preview", EduPreview);

/** What a lock screen, a headset or a keyboard's media keys show and do. Loaded when a lesson first plays. */
const STEP_S = 10;

export interface SessionOptions {
  title: string;
  artist: string;
  /** To the chapter before or after; undefined where there are none. */
  onChapter: ((step: 1 | -1) => void) | undefined;
}

export function offerMediaSession(video: HTMLVideoElement, { title, artist, onChapter }: SessionOptions, signal: AbortSignal): void {
  const { mediaSession } = navigator;
  const artwork = video.poster ? [{ src: video.poster }] : [];
  mediaSession.metadata = new MediaMetadata({ title, artist, artwork });
  const move = (seconds: number): void => { video.currentTime = Math.max(0, video.currentTime + seconds); };
  const actions: [MediaSessionAction, MediaSessionActionHandler | null][] = [
    ["play", () => void video.play().catch(() => undefined)],
    ["pause", () => { video.pause(); }],
    ["seekbackward", ({ seekOffset }) => { move(-(seekOffset ?? STEP_S)); }],
    ["seekforward", ({ seekOffset }) => { move(seekOffset ?? STEP_S); }],
    ["seekto", ({ seekTime }) => { video.currentTime = seekTime ?? video.currentTime; }],
    ["previoustrack", onChapter ? (): void => { onChapter(-1); } : null],
    ["nexttrack", onChapter ? (): void => { onChapter(1); } : null],
  ];
  for (const [action, handler] of actions) handle(action, handler);
  const tell = (): void => {
    const { duration, playbackRate, currentTime: position } = video;
    if (Number.isFinite(duration)) mediaSession.setPositionState({ duration, playbackRate, position: Math.min(position, duration) });
  };
  for (const name of ["ratechange", "seeked", "durationchange", "playing"]) video.addEventListener(name, tell, { signal });
  tell();
  signal.addEventListener("abort", () => {
    for (const [action] of actions) handle(action, null);
    mediaSession.metadata = null;
  });
}

function handle(action: MediaSessionAction, handler: MediaSessionActionHandler | null): void {
  try {
    navigator.mediaSession.setActionHandler(action, handler);
  } catch {
    // Not every browser knows every action.
  }
}

/** The player's keyboard, as viewers know it; silent while somebody types. */

const RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];

export function attachKeys(
  host: HTMLElement,
  video: HTMLVideoElement,
  actions: { onDanmaku: () => void },
  signal: AbortSignal,
): void {
  const move = (seconds: number): void => {
    video.currentTime = Math.max(0, video.currentTime + seconds);
  };
  const keys: Record<string, () => void> = {
    k: () => { togglePlay(video); },
    " ": () => { togglePlay(video); },
    j: () => { move(-10); },
    l: () => { move(10); },
    arrowleft: () => { move(-5); },
    arrowright: () => { move(5); },
    m: () => { video.muted = !video.muted; },
    f: () => void (document.fullscreenElement ? document.exitFullscreen() : host.requestFullscreen()),
    c: () => { toggleCaptions(video); },
    d: actions.onDanmaku,
    "<": () => { video.playbackRate = nextRate(video.playbackRate, -1); },
    ">": () => { video.playbackRate = nextRate(video.playbackRate, 1); },
  };
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const digit = /^[0-9]$/.test(event.key) ? Number(event.key) : undefined;
      const action = keys[event.key.toLowerCase()];
      if (digit !== undefined && Number.isFinite(video.duration)) video.currentTime = (video.duration * digit) / 10;
      else if (action) action();
      else return;
      event.preventDefault();
    },
    { signal },
  );
}

export function togglePlay(video: HTMLVideoElement): void {
  if (video.paused) void video.play().catch(() => undefined);
  else video.pause();
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && target.closest("input, textarea, select, button, a, summary, media-controller [tabindex]") !== null;
}

function nextRate(now: number, step: 1 | -1): number {
  const index = RATES.findIndex((rate) => rate >= now);
  return RATES[Math.min(RATES.length - 1, Math.max(0, index + step))] ?? 1;
}

function toggleCaptions(video: HTMLVideoElement): void {
  const captions = [...video.textTracks].filter((track) => track.kind === "captions");
  const isOn = captions.some((track) => track.mode === "showing");
  captions.forEach((track, index) => { track.mode = !isOn && index === 0 ? "showing" : "disabled"; });
}

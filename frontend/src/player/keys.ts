/** The player's keyboard, as viewers know it; silent while somebody types. */

const RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];
const FRAME_S = 1 / 30;

export interface KeyActions {
  onDanmaku: () => void;
  onFullscreen: () => void;
  onCaptions: () => void;
  onHelp: () => void;
}

export function attachKeys(video: HTMLVideoElement, actions: KeyActions, signal: AbortSignal): void {
  const move = (seconds: number): void => {
    video.currentTime = Math.max(0, video.currentTime + seconds);
  };
  const louder = (step: number): void => {
    video.volume = Math.min(1, Math.max(0, video.volume + step));
    video.muted = false;
  };
  const frame = (step: number): void => {
    video.pause();
    move(step * FRAME_S);
  };
  const keys: Record<string, () => void> = {
    k: () => { togglePlay(video); },
    " ": () => { togglePlay(video); },
    j: () => { move(-10); },
    l: () => { move(10); },
    arrowleft: () => { move(-5); },
    arrowright: () => { move(5); },
    arrowup: () => { louder(0.1); },
    arrowdown: () => { louder(-0.1); },
    ",": () => { frame(-1); },
    ".": () => { frame(1); },
    m: () => { video.muted = !video.muted; },
    f: actions.onFullscreen,
    c: actions.onCaptions,
    d: actions.onDanmaku,
    "<": () => { video.playbackRate = nextRate(video.playbackRate, -1); },
    ">": () => { video.playbackRate = nextRate(video.playbackRate, 1); },
    "?": actions.onHelp,
  };
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || belongsToField(event)) return;
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

/** Whether what has the focus needs this key itself: a field every key, a button the space bar, a list the arrows. */
function belongsToField(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("dialog, [popover], select, textarea, input:not([type=range], [type=radio], [type=checkbox])") || target.isContentEditable) return true;
  if (event.key === " " && target.closest("button, a, summary, input, [tabindex='0']")) return true;
  const isInPlayer = event.composedPath().some((element) => element instanceof HTMLElement && element.localName === "edu-player");
  // Up and down scroll the page and its lists, unless the player is in use.
  if (event.key === "ArrowUp" || event.key === "ArrowDown") return !isInPlayer || target.closest("input") !== null;
  return event.key.startsWith("Arrow") && target.closest("input, [role=listbox], [tabindex='0']:not(media-controller *)") !== null;
}

export function nextRate(now: number, step: 1 | -1): number {
  const index = RATES.findIndex((rate) => rate >= now);
  return RATES[Math.min(RATES.length - 1, Math.max(0, (index < 0 ? RATES.length - 1 : index) + step))] ?? 1;
}

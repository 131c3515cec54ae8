/**
 * When the engine of a player is worth its weight: as soon as somebody is there, or once the page has been quiet for a
 * while. Until then a phone has the page itself to load, and most of its data plan to lose.
 */

/** What only a person does. */
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "scroll", "focusin"];
const QUIET_MS = 3_000;

export interface InterestOptions {
  /** There is a moment of the lesson to show: as soon as the page itself has loaded. */
  isSoon: boolean;
  /** Data are to be saved: not before somebody is there. */
  savesData: boolean;
}

/** Call `act` at every sign of interest until the signal ends. A page that nobody sees waits until it is seen. */
export function onInterest(act: () => void, { isSoon, savesData }: InterestOptions, signal: AbortSignal): void {
  for (const name of SIGNS) addEventListener(name, act, { signal, capture: true, passive: true });
  if (savesData) return;
  const come = (): void => { if (!signal.aborted) act(); };
  const loaded = (): void => { afterQuiet(isSoon ? 0 : QUIET_MS, () => { whenSeen(() => { whenIdle(come); }); }, signal); };
  if (document.readyState === "complete") loaded();
  else addEventListener("load", loaded, { signal, once: true });
}

/** Let the browser answer the viewer before what is to be done next. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve); });
}

/** Wait until nothing has kept the page busy for so long, where the browser tells of that. */
function afterQuiet(quietMs: number, act: () => void, signal: AbortSignal): void {
  let timer = setTimeout(act, quietMs);
  if (!quietMs || !PerformanceObserver.supportedEntryTypes.includes("longtask")) return;
  const observer = new PerformanceObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(act, quietMs);
  });
  observer.observe({ type: "longtask" });
  signal.addEventListener("abort", () => { observer.disconnect(); });
}

function whenSeen(act: () => void): void {
  requestAnimationFrame(() => { setTimeout(act); });
}

function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(act, { timeout: 1_000 });
  else act();
}

/** Says that a lesson goes on where the viewer stopped, and offers its beginning. */
import { t } from "../i18n";
import { clock } from "../study/clock";

const SHOWN_MS = 10_000;

export function showResume(host: HTMLElement, video: HTMLVideoElement, positionMs: number, signal: AbortSignal): void {
  const notice = document.createElement("div");
  notice.className = "player-resume";
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: t("From the start") });
  let timer = 0;
  const leave = (): void => {
    clearTimeout(timer);
    notice.remove();
  };
  button.addEventListener("click", () => {
    video.currentTime = 0;
    leave();
  });
  notice.append(text, button);
  host.append(notice);
  text.textContent = t("Goes on at {time}", { time: clock(positionMs) });
  // It waits for the viewer: who reads before playing finds it there.
  video.addEventListener("playing", () => { timer = window.setTimeout(leave, SHOWN_MS); }, { signal, once: true });
  signal.addEventListener("abort", leave);
}

/**
 * `<edu-next href label>`: when the lesson has ended it goes on to the next one, after five seconds in which it can be
 * stopped. The switch `[data-next-switch]`, anywhere in the page, turns that off for this browser. Nobody who writes is
 * taken away from it.
 */
import "./next.css";
import { t } from "../i18n";

const WAIT_MS = 5_000;
const KEY = "eduvideo-play-on";

class EduNext extends HTMLElement {
  private readonly listeners = new AbortController();
  private notice: HTMLElement | undefined;
  private timer = 0;

  /** Whether the next lesson is about to begin. */
  get isWaiting(): boolean {
    return this.notice !== undefined;
  }

  connectedCallback(): void {
    const { signal } = this.listeners;
    this.startIfAsked(signal);
    const box = document.querySelector<HTMLElement>("[data-next-switch]");
    const input = box?.querySelector("input");
    if (box && input) {
      box.hidden = false;
      input.checked = isOn();
      input.addEventListener("change", () => {
        remember(input.checked);
        if (!input.checked) this.stay();
      }, { signal });
    }
    // Media events do not bubble, so they are caught on their way down.
    document.addEventListener("ended", () => { this.announce(); }, { signal, capture: true });
    document.addEventListener("play", () => { this.stay(); }, { signal, capture: true });
    for (const name of ["focusin", "input"]) document.addEventListener(name, () => { if (isWriting()) this.stay(); }, { signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    this.stay();
  }

  /** `play=1` in the address means that somebody chose this lesson in the list; it is no part of a link to share. */
  private startIfAsked(signal: AbortSignal): void {
    const address = new URL(location.href);
    if (!address.searchParams.has("play")) return;
    address.searchParams.delete("play");
    history.replaceState(history.state, "", address);
    const player = document.querySelector("edu-player");
    if (!player) return;
    player.setAttribute("wanted", "");
    const start = (): boolean => {
      if (!player.hasAttribute("upgraded")) return false;
      void player.querySelector("video")?.play().catch(() => undefined); // a browser may want a click first
      return true;
    };
    if (start()) return;
    const observer = new MutationObserver(() => { if (start()) observer.disconnect(); });
    observer.observe(player, { attributes: true, attributeFilter: ["upgraded"] });
    signal.addEventListener("abort", () => { observer.disconnect(); });
  }

  private announce(): void {
    const href = this.getAttribute("href");
    if (!href || !isOn() || this.notice || isWriting()) return;
    const notice = document.createElement("div");
    notice.className = "next-notice";
    const text = document.createElement("p");
    text.setAttribute("role", "status");
    const now = document.createElement("a");
    Object.assign(now, { className: "button small", href, textContent: t("Play now") });
    const stay = document.createElement("button");
    Object.assign(stay, { type: "button", className: "button quiet small", textContent: t("Stay here") });
    stay.addEventListener("click", () => { this.stay(); });
    notice.append(text, now, stay);
    (document.fullscreenElement ?? this).append(notice);
    text.textContent = t("Next in 5 seconds: {title}", { title: this.getAttribute("label") ?? "" });
    this.notice = notice;
    this.timer = window.setTimeout(() => { location.assign(href); }, WAIT_MS);
  }

  private stay(): void {
    clearTimeout(this.timer);
    this.notice?.remove();
    this.notice = undefined;
  }
}

function isWriting(): boolean {
  return document.activeElement?.matches("textarea, input:not([type=checkbox], [type=radio], [type=range]), [contenteditable]") ?? false;
}

function isOn(): boolean {
  const input = document.querySelector<HTMLInputElement>("[data-next-switch]:not([hidden]) input");
  if (input?.checked === false) return false;
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true; // storage is blocked, as it may be inside a frame: the switch lasts as long as the page
  }
}

function remember(isChosen: boolean): void {
  try {
    localStorage.setItem(KEY, isChosen ? "on" : "off");
  } catch {
    // The same.
  }
}

customElements.define("edu-next", EduNext);

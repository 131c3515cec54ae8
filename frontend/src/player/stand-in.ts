/**
 * Stands in for the player until its engine has come: a button over the poster that plays, and what the viewer has asked
 * for by then. A press asks the browser to play within the press itself, as it wants for a lesson with sound, though
 * there is nothing to play yet; the engine goes on with that.
 */
import { t } from "../i18n";
import { isPlayKey, needsKeyItself, togglePlay } from "./keys";
import { hear } from "./link";
import "./stand-in.css";

const CLICK_MS = 400; // a click comes at most so long after the finger has left

export class StandIn {
  private readonly listeners = new AbortController();
  private readonly button = document.createElement("button");
  private readonly sources: HTMLSourceElement[];
  private readonly keys: KeyboardEvent[] = [];
  /** Where somebody has asked to go, in milliseconds. */
  wantedMs: number | undefined;

  /** `onPlay` hears when the lesson is to play. */
  constructor(host: HTMLElement, private readonly video: HTMLVideoElement, onPlay: () => void) {
    const { signal } = this.listeners;
    this.sources = [...video.querySelectorAll("source")];
    if (video.paused) this.takeOver();
    Object.assign(this.button, { type: "button", className: "player-start" });
    this.button.setAttribute("aria-label", t("Play or pause"));
    this.button.innerHTML = '<span><svg viewBox="0 0 24 24" aria-hidden="true"><path d="m6 21 15-9L6 3z"/></svg></span>';
    this.button.addEventListener("click", () => { togglePlay(video); });
    for (const name of ["play", "pause"]) video.addEventListener(name, () => { this.show(); }, { signal });
    video.addEventListener("play", onPlay, { signal });
    if (!video.paused) onPlay(); // the browser was asked before this script came
    document.addEventListener("keydown", (event) => { this.press(event); }, { signal });
    hear("edu-seek", (timeMs) => {
      this.wantedMs = timeMs;
      void video.play().catch(() => undefined); // a browser may want a click first
    }, signal);
    host.append(this.button);
    this.show();
  }

  /** Make way for the engine; returns the keys that were pressed for it. */
  leave(focusOn: HTMLElement | null): KeyboardEvent[] {
    this.listeners.abort();
    const remove = (): void => {
      if (document.activeElement === this.button) focusOn?.focus();
      this.button.remove();
    };
    if (!this.button.matches(":active")) remove();
    else {
      // A finger is on it, or a key; its click is still to come, unless it slides off.
      for (const name of ["click", "pointercancel"]) addEventListener(name, remove, { once: true });
      addEventListener("pointerup", () => { setTimeout(remove, CLICK_MS); }, { once: true });
    }
    return this.keys;
  }

  /** The engine does not come: leave the lesson to the browser. */
  giveUp(): void {
    this.leave(this.video);
    this.video.controls = true;
    this.video.append(...this.sources);
  }

  /** Have the browser wait with the lesson, of which the engine would load all again. */
  private takeOver(): void {
    this.video.controls = false;
    for (const source of this.sources) source.remove();
  }

  private show(): void {
    this.button.setAttribute("aria-busy", String(!this.video.paused));
  }

  private press(event: KeyboardEvent): void {
    if (event.metaKey || event.defaultPrevented || needsKeyItself(event)) return;
    if (!isPlayKey(event)) {
      this.keys.push(event);
      return;
    }
    event.preventDefault();
    togglePlay(this.video);
  }
}

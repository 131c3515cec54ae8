/**
 * `<edu-time>` around the server's `<time datetime>`: the moment as the reader says it, near ones as "5 minutes ago" unless
 * it is `exact`, with the exact one on hover. The server writes UTC in the reader's language, which stays where there is no script.
 */

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [["hour", 3_600], ["minute", 60]];
const DAY_S = 86_400;
const NEAR_S = 7 * DAY_S;
const TICK_MS = 60_000;

class EduTime extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    this.draw();
    this.timer = window.setInterval(() => { this.draw(); }, TICK_MS);
  }

  disconnectedCallback(): void {
    clearInterval(this.timer);
  }

  private draw(): void {
    const time = this.querySelector("time");
    const moment = new Date(time?.dateTime ?? "");
    if (!time || Number.isNaN(moment.getTime())) return;
    const shown = this.hasAttribute("exact") ? momentOf(moment) : sinceOf(moment);
    if (time.textContent !== shown) time.textContent = shown;
    time.title = momentOf(moment);
  }
}

/** Return a moment by the reader's clock, as their language writes it. */
export function momentOf(moment: Date): string {
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium", timeStyle: "short" }).format(moment);
}

/** Return how long ago a moment was (or how long it still is) within a week, else its date. */
export function sinceOf(moment: Date, now: Date = new Date()): string {
  const lang = document.documentElement.lang || "en";
  const seconds = (moment.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) >= NEAR_S) return new Intl.DateTimeFormat(lang, { dateStyle: "medium" }).format(moment);
  const words = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  if (Math.abs(seconds) < 60) return words.format(0, "second");
  if (Math.abs(seconds) >= DAY_S) return words.format(daysFrom(now, moment), "day");
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["minute", 60];
  return words.format(Math.trunc(seconds / size), unit);
}

/** How many nights of the reader lie between two moments: "yesterday" is what the calendar says. */
function daysFrom(one: Date, other: Date): number {
  const [from = 0, to = 0] = [one, other].map((moment) => new Date(moment).setHours(0, 0, 0, 0));
  return Math.round((to - from) / 1000 / DAY_S);
}

customElements.define("edu-time", EduTime);

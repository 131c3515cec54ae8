/**
 * `<edu-transcript>`: what is said, as the server wrote it into the page, follows the player, seeks, is searched and
 * changes its language.
 *
 * The list scrolls with the lesson until its reader scrolls by themselves or looks for words; a button leads back.
 */
import { call } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { hear, tell } from "../player/link";
import { clock } from "./clock";

interface Line {
  startMs: number;
  link: HTMLAnchorElement;
  /** As it is compared with what is looked for. */
  words: string;
}

/** A line is marked this much before it is said, as timeupdate comes late. */
const EARLY_MS = 250;
/** Less is the rounding of the browser, not somebody who scrolls. */
const LEAST_SCROLL_PX = 3;
/** From the top of the list, in parts of its height, stands the line that is said. */
const PLACE = 1 / 3;

export class EduTranscript extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly field = document.createElement("input");
  private readonly found = document.createElement("p");
  private readonly back = document.createElement("button");
  private asking = new AbortController();
  private list: HTMLOListElement | null = null;
  private lines: Line[] = [];
  private current: Line | undefined;
  private timeMs = 0;
  private isFollowing = true;
  private scrolledTo = 0;

  connectedCallback(): void {
    const { signal } = this.listeners;
    this.list = this.querySelector("ol");
    if (!this.list || this.lines.length) return;
    this.lines = linesOf(this.list);
    this.addTools(this.list);
    this.list.addEventListener("click", (event) => {
      const link = (event.target as Element).closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.follow();
      tell("edu-seek", startOf(link));
    }, { signal });
    this.list.addEventListener("scroll", () => {
      const { scrollTop } = this.list ?? { scrollTop: 0 };
      if (Math.abs(scrollTop - this.scrolledTo) >= LEAST_SCROLL_PX) this.leave();
    }, { signal, passive: true });
    this.closest("details")?.addEventListener("toggle", () => { this.keepInSight(); }, { signal });
    hear("edu-time", (timeMs) => { this.mark(timeMs); }, signal);
  }

  disconnectedCallback(): void {
    queueMicrotask(() => { if (!this.isConnected) this.listeners.abort(); }); // being moved is no end
  }

  private addTools(list: HTMLElement): void {
    const { field, found, back } = this;
    const { signal } = this.listeners;
    const tools = document.createElement("div");
    tools.className = "transcript-tools";
    Object.assign(field, { type: "search", className: "list-filter", autocomplete: "off", placeholder: t("Find in the transcript") });
    field.setAttribute("aria-label", t("Find in the transcript"));
    field.addEventListener("input", () => { this.filter(); }, { signal });
    tools.append(field, ...this.languages(list));
    found.className = "list-empty";
    found.setAttribute("role", "status");
    Object.assign(back, { type: "button", className: "button quiet small transcript-back", textContent: t("Back to now"), hidden: true });
    back.addEventListener("click", () => {
      field.value = "";
      this.filter();
      this.follow();
    }, { signal });
    list.before(tools, found);
    list.after(back);
  }

  /** A choice of languages, where the lesson has captions in several: they are those of its player. */
  private languages(list: HTMLElement): HTMLSelectElement[] {
    const tracks = [...document.querySelectorAll<HTMLTrackElement>("edu-player track[kind=captions]")];
    if (tracks.length < 2) return [];
    const select = document.createElement("select");
    select.setAttribute("aria-label", t("Language of the transcript"));
    select.append(...tracks.map(({ srclang, label }) => {
      const option = document.createElement("option");
      return Object.assign(option, { value: srclang, textContent: label || srclang, selected: srclang === list.lang });
    }));
    select.addEventListener("change", () => void this.changeTo(select.value), { signal: this.listeners.signal });
    return [select];
  }

  private async changeTo(language: string): Promise<void> {
    this.asking.abort(); // an answer that comes late is not of what was chosen last
    const { signal } = this.asking = new AbortController();
    try {
      const { items } = await call<components["schemas"]["CaptionsOut"]>("GET", `/api/v1/videos/${this.getAttribute("video-id") ?? ""}/captions`, { signal });
      if (signal.aborted) return;
      const track = items.find((item) => item.language === language);
      if (!track || !this.list) return;
      this.list.lang = language;
      this.list.replaceChildren(...track.cues.map(([startMs, , text]) => itemOf(startMs, text)));
      this.lines = linesOf(this.list);
      this.current = undefined;
      this.filter();
      this.mark(this.timeMs);
    } catch {
      if (!signal.aborted) this.found.textContent = t("The transcript could not be loaded. Choose its language again.");
    }
  }

  /** Show the lines that have every word that is looked for. */
  private filter(): void {
    const words = plain(this.field.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { link, words: text } of this.lines) {
      const isFound = words.every((word) => text.includes(word));
      if (link.parentElement) link.parentElement.hidden = !isFound;
      if (isFound) count += 1;
    }
    this.found.textContent = !words.length ? "" : count ? t("Lines found: {n}", { n: count }) : t("No line has these words.");
    if (words.length) this.leave();
    else this.follow();
  }

  private mark(timeMs: number): void {
    this.timeMs = timeMs;
    const now = this.lines.findLast(({ startMs }) => startMs <= timeMs + EARLY_MS);
    if (now === this.current) return;
    this.current?.link.removeAttribute("aria-current");
    now?.link.setAttribute("aria-current", "true");
    this.current = now;
    this.keepInSight();
  }

  private leave(): void {
    this.isFollowing = false;
    this.back.hidden = false;
  }

  private follow(): void {
    this.isFollowing = true;
    this.back.hidden = true;
    this.keepInSight();
  }

  private keepInSight(): void {
    const { list, current } = this;
    if (!this.isFollowing || !list || !current || this.field.value) return;
    list.scrollTop = current.link.offsetTop - list.offsetTop - list.clientHeight * PLACE;
    this.scrolledTo = list.scrollTop; // what it became, between its ends
  }
}

function linesOf(list: HTMLElement): Line[] {
  return [...list.querySelectorAll("a")].map((link) => ({ startMs: startOf(link), link, words: plain(link.lastElementChild?.textContent ?? "") }));
}

function startOf(link: HTMLElement): number {
  return Number(link.dataset["startMs"]);
}

/** One line, as the server writes it. */
function itemOf(startMs: number, text: string): HTMLLIElement {
  const [item, link, time, words] = [document.createElement("li"), document.createElement("a"), document.createElement("time"), document.createElement("span")];
  link.href = `?t=${Math.floor(startMs / 1000)}`;
  link.dataset["startMs"] = String(startMs);
  time.textContent = clock(startMs);
  words.textContent = text;
  link.append(time, " ", words);
  item.append(link);
  return item;
}

/** Text without what writers differ in: width, case, accents. */
function plain(text: string): string {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}

customElements.define("edu-transcript", EduTranscript);

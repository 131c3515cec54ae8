/**
 * `<edu-danmaku-list>`: the danmaku around the playing minute as a list, for reading and for screen readers. With words in
 * its filter it shows everything known that holds them. It is one stop of the keyboard: arrows go through it.
 */
import { hear, tell } from "../player/link";
import { wantedBy } from "./filters";
import type { DanmakuItem } from "./items";
import { choicesIn } from "./preference";
import { type Room, roomOf } from "./room";
import { buttonsOf } from "./rows";
import { DEFAULTS } from "./settings";

const AROUND_MS = 60_000;
const MAX_ROWS = 300;
const SOON_MS = 250;

class EduDanmakuList extends HTMLElement {
  private readonly listeners = new AbortController();
  private items: DanmakuItem[] = [];
  private readonly sending = new Set<string>();
  private readonly rows = new Map<string, { line: HTMLLIElement; look: string }>();
  private room: Room | undefined;
  private timeMs = 0;
  private drawn = 0;
  private timer = 0;

  connectedCallback(): void {
    const { signal } = this.listeners;
    this.room = roomOf(this.getAttribute("video-id") ?? "");
    hear("edu-danmaku", (items) => { this.add(items); }, signal);
    hear("edu-danmaku-gone", (ids) => { this.forget(ids); }, signal);
    hear("edu-danmaku-sending", ({ id }) => { this.sending.add(id); }, signal);
    hear("edu-danmaku-chosen", () => { this.soon(); }, signal);
    hear("edu-time", (timeMs) => {
      const before = Math.floor(this.timeMs / 10_000);
      this.timeMs = timeMs;
      if (Math.floor(timeMs / 10_000) !== before) this.soon();
      this.follow();
    }, signal);
    this.addEventListener("input", () => { this.soon(); }, { signal });
    this.addEventListener("click", (event) => {
      const button = (event.target as HTMLElement).closest("button");
      if (button?.value) tell("edu-seek", Number(button.value));
      else if (button) this.openMenu(button);
    }, { signal });
    this.addEventListener("keydown", (event) => { this.move(event); }, { signal });
    this.addEventListener("focusin", ({ target }) => { this.makeStop((target as HTMLElement).closest("li")); }, { signal });
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.listeners.abort();
  }

  private get list(): HTMLOListElement | null {
    return this.querySelector("ol");
  }

  /** Take in what is new, and what has changed: it may even have another id now. */
  private add(items: readonly DanmakuItem[]): void {
    const ids = new Set(items.map(({ id }) => id));
    this.items = [...this.items.filter(({ id }) => !ids.has(id)), ...items].sort((a, b) => a.position_ms - b.position_ms);
    this.soon();
  }

  private forget(ids: readonly string[]): void {
    this.items = this.items.filter(({ id }) => !ids.includes(id));
    this.soon();
  }

  private openMenu(button: HTMLButtonElement): void {
    const { room } = this;
    const item = this.items.find(({ id }) => id === button.dataset["id"]);
    if (!item || !room) return;
    const { left: x, bottom: y } = button.getBoundingClientRect();
    const onClose = (): void => {
      // The row may have been drawn anew; the browser gives the focus back only to the same button.
      if (document.activeElement === document.body) this.rows.get(item.id)?.line.querySelector<HTMLElement>("[data-id]")?.focus();
    };
    void import("./menu").then(({ openDanmakuMenu }) => { openDanmakuMenu(item, { x, y, room, onClose }); });
  }

  /** Draw at most a few times a second, however many arrive. */
  private soon(): void {
    if (this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.draw();
    }, this.drawn++ ? SOON_MS : 0);
  }

  private draw(): void {
    const { list } = this;
    if (!list) return;
    const shown = this.shown();
    const ids = new Set(shown.map(({ id }) => id));
    const place = [...list.children].findIndex((line) => line.contains(document.activeElement));
    for (const [id, { line }] of this.rows) {
      if (ids.has(id)) continue;
      line.remove();
      this.rows.delete(id);
    }
    // Rows that stay are not moved: one of them may have the focus.
    for (const [index, item] of shown.entries()) {
      const line = this.lineOf(item);
      if (list.children[index] !== line) list.insertBefore(line, list.children[index] ?? null);
    }
    if (!list.querySelector("[tabindex='0']")) this.makeStop(list.firstElementChild);
    // Whoever goes through the list by keyboard stays in it when their row leaves.
    if (place >= 0 && !list.contains(document.activeElement)) {
      (list.children[Math.min(place, list.children.length - 1)]?.querySelector("button") ?? this.querySelector("input"))?.focus();
    }
    this.follow();
  }

  private shown(): DanmakuItem[] {
    const { room } = this;
    if (!room) return [];
    const { only_learning: onlyLearning, block_words: blockedWords } = choicesIn(room).now;
    const isWanted = wantedBy({ ...DEFAULTS, onlyLearning, blockedWords, blockedAuthors: [...room.blocked] });
    const words = plain(this.querySelector("input")?.value ?? "");
    const isNear = (item: DanmakuItem): boolean =>
      words ? plain(item.text).includes(words) : Math.abs(item.position_ms - this.timeMs) <= AROUND_MS;
    return this.items.filter((item) => isNear(item) && isWanted(item)).slice(-MAX_ROWS);
  }

  /** The row of an item, the same element as long as it is known. */
  private lineOf(item: DanmakuItem): HTMLLIElement {
    const isSending = this.sending.has(item.id);
    const question = item.reply_to ? this.items.find(({ id }) => id === item.reply_to)?.text : undefined;
    const look = JSON.stringify([item, isSending, question]);
    const known = this.rows.get(item.id);
    if (known?.look === look) return known.line;
    const line = known?.line ?? document.createElement("li");
    const hadFocus = line.contains(document.activeElement);
    line.className = item.own ? "own" : "";
    line.replaceChildren(...buttonsOf(item, { isSending, question }));
    if (hadFocus) line.querySelector("button")?.focus();
    this.rows.set(item.id, { line, look });
    return line;
  }

  /** Arrows up and down go from row to row, those to the sides between a row and what can be done with it. */
  private move(event: KeyboardEvent): void {
    const { list } = this;
    const button = (event.target as HTMLElement).closest("button");
    const line = button?.closest("li");
    if (!list || !button || !line) return;
    const column = [...line.querySelectorAll("button")].indexOf(button);
    const ways: Record<string, [Element | null, number]> = {
      ArrowDown: [line.nextElementSibling, column],
      ArrowUp: [line.previousElementSibling, column],
      ArrowRight: [line, 1],
      ArrowLeft: [line, 0],
      Home: [list.firstElementChild, column],
      End: [list.lastElementChild, column],
    };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const buttons = way[0]?.querySelectorAll("button");
    (buttons?.[way[1]] ?? buttons?.[0])?.focus();
  }

  /** Let the keyboard come to this row first. */
  private makeStop(line: Element | null): void {
    if (!line) return;
    for (const button of this.list?.querySelectorAll("[tabindex='0']") ?? []) button.setAttribute("tabindex", "-1");
    for (const button of line.querySelectorAll("button")) button.tabIndex = 0;
  }

  /** Mark the danmaku that came last and keep it in sight, unless somebody reads elsewhere in the list. */
  private follow(): void {
    const { list } = this;
    if (!list) return;
    const rows = [...list.querySelectorAll<HTMLButtonElement>("button[value]")];
    const last = rows.findLast((each) => Number(each.value) <= this.timeMs);
    const before = list.querySelector("[aria-current]");
    if (last === before || (!last && !before)) return;
    before?.removeAttribute("aria-current");
    last?.setAttribute("aria-current", "true");
    if (!last || list.matches(":hover, :focus-within") || this.querySelector("input")?.value) return;
    this.makeStop(last.closest("li"));
    list.scrollTop = last.offsetTop - list.offsetTop - list.clientHeight / 2;
  }
}

function plain(text: string): string {
  return text.normalize("NFKC").toLowerCase().trim();
}

customElements.define("edu-danmaku-list", EduDanmakuList);

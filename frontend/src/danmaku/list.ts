/** `<edu-danmaku-list>`: the danmaku around the playing minute as a list, for reading and for screen readers. */
import { t } from "../i18n";
import { hear, tell } from "../player/link";
import { clock } from "../study/clock";
import type { DanmakuItem } from "./items";

const AROUND_MS = 60_000;
const MAX_ROWS = 300;

class EduDanmakuList extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly items: DanmakuItem[] = [];
  private timeMs = 0;
  private drawn = 0;
  private timer = 0;

  connectedCallback(): void {
    const { signal } = this.listeners;
    hear("edu-danmaku", (items) => {
      this.items.push(...items);
      this.items.sort((a, b) => a.position_ms - b.position_ms);
      this.soon();
    }, signal);
    hear("edu-time", (timeMs) => {
      const before = Math.floor(this.timeMs / 10_000);
      this.timeMs = timeMs;
      if (Math.floor(timeMs / 10_000) !== before) this.soon();
      this.follow();
    }, signal);
    this.addEventListener("click", (event) => {
      const row = (event.target as HTMLElement).closest("button");
      if (row) tell("edu-seek", Number(row.value));
    }, { signal });
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.listeners.abort();
  }

  /** Draw at most a few times a second, however many arrive. */
  private soon(): void {
    if (this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.draw();
    }, this.drawn++ ? 250 : 0);
  }

  private draw(): void {
    const list = this.querySelector("ol");
    if (!list) return;
    const near = this.items.filter((item) => Math.abs(item.position_ms - this.timeMs) <= AROUND_MS).slice(-MAX_ROWS);
    list.replaceChildren(...near.map(row));
    this.follow();
  }

  /** Mark the danmaku that came last and keep it in sight, unless somebody reads elsewhere in the list. */
  private follow(): void {
    const list = this.querySelector("ol");
    if (!list) return;
    const rows = [...list.querySelectorAll("button")];
    const last = rows.findLast((each) => Number(each.value) <= this.timeMs);
    const before = list.querySelector("[aria-current]");
    if (last === before || (!last && !before)) return;
    before?.removeAttribute("aria-current");
    last?.setAttribute("aria-current", "true");
    if (last && !list.matches(":hover, :focus-within")) list.scrollTop = last.offsetTop - list.offsetTop - list.clientHeight / 2;
  }
}

function row(item: DanmakuItem): HTMLLIElement {
  const line = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.value = String(item.position_ms);
  const time = document.createElement("time");
  time.textContent = clock(item.position_ms);
  const text = document.createElement("span");
  text.textContent = item.kind === "teacher" ? `${t("Teacher")}: ${item.text}` : item.text;
  button.append(time, text);
  line.append(button);
  return line;
}

customElements.define("edu-danmaku-list", EduDanmakuList);

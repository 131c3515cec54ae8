/**
 * `<edu-bulk>` around the form for many lessons: says how many are chosen, chooses all that are shown, and a range with the
 * Shift key. `<edu-go-on>` around the form of a change that is under way: goes on by itself. Both forms work without.
 */
import { t } from "../i18n";

const PAUSE_MS = 200;

class EduBulk extends HTMLElement {
  private readonly listeners = new AbortController();
  private last: HTMLInputElement | undefined;

  connectedCallback(): void {
    const { signal } = this.listeners;
    const button = this.querySelector<HTMLButtonElement>("[data-action=page]");
    if (button) button.hidden = false;
    button?.addEventListener("click", () => {
      const boxes = this.boxes();
      const isOn = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = isOn;
      this.tell();
    }, { signal });
    document.addEventListener("click", (event) => {
      const box = event.target;
      if (box instanceof HTMLInputElement && box.name === "ids") this.chooseRange(box, event.shiftKey);
    }, { signal });
    document.addEventListener("change", (event) => {
      if ((event.target as HTMLInputElement).form === this.querySelector("form")) this.tell();
    }, { signal });
    addEventListener("pageshow", () => { this.tell(); }, { signal }); // a browser may have kept what was chosen
    this.tell();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private boxes(): HTMLInputElement[] {
    return [...document.querySelectorAll<HTMLInputElement>("input[name=ids][form=bulk]")];
  }

  private chooseRange(box: HTMLInputElement, isRange: boolean): void {
    const boxes = this.boxes();
    const from = this.last ? boxes.indexOf(this.last) : -1;
    const to = boxes.indexOf(box);
    if (isRange && from >= 0) {
      for (const between of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) between.checked = box.checked;
    }
    this.last = box;
    this.tell();
  }

  private tell(): void {
    const boxes = this.boxes();
    const chosen = boxes.filter((box) => box.checked).length;
    const count = this.querySelector(".bulk-count");
    if (count) count.textContent = chosen ? t("{n} chosen", { n: chosen }) : "";
    const button = this.querySelector("[data-action=page]");
    if (button) button.textContent = chosen === boxes.length && chosen ? t("Choose none") : t("Choose all shown");
  }
}

class EduGoOn extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    this.timer = window.setTimeout(() => { this.querySelector("form")?.requestSubmit(); }, PAUSE_MS);
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
  }
}

customElements.define("edu-bulk", EduBulk);
customElements.define("edu-go-on", EduGoOn);

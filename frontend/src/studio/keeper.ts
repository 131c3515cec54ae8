/** Keeps what is not saved yet, by a form that nobody sees: the page's own keeper of forms offers it again. */
import { settle, type } from "./saving";

const KEEP_MS = 300;

export class Keeper {
  private readonly element = document.createElement("edu-kept-form");
  private readonly field = document.createElement("textarea");
  private timer = 0;

  /** `path` names what is kept; `onPutBack` gets it when its author wants it back. */
  constructor(before: HTMLElement, path: string, onPutBack: (text: string) => void) {
    const form = document.createElement("form");
    form.action = path;
    Object.assign(this.field, { name: "edits", hidden: true });
    this.field.setAttribute("aria-hidden", "true");
    this.field.addEventListener("input", () => { onPutBack(this.field.value); });
    form.append(this.field);
    this.element.setAttribute("name", "edits");
    this.element.append(form);
    before.before(this.element);
  }

  /** Keep what `text` returns in a moment: it costs something to write it down. */
  keepSoon(text: () => string): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { type(this.field, text()); }, KEEP_MS);
  }

  /** Forget: the server has it. */
  settle(): void {
    clearTimeout(this.timer);
    this.field.value = "";
    settle(this.field);
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }
}

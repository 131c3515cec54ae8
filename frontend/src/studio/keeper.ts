/** Keeps what is not saved yet, by a form that nobody sees: the page's own keeper of forms offers it again. */
import { settle, type } from "./saving";

const KEEP_MS = 300;

export class Keeper {
  private readonly element = document.createElement("edu-kept-form");
  private readonly field = document.createElement("textarea");
  private readonly listeners = new AbortController();
  private timer = 0;
  private text: (() => string) | undefined;

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
    // Before the form's own keeper looks: the page may be gone in a moment.
    for (const name of ["pagehide", "visibilitychange"]) addEventListener(name, () => { this.keep(); }, { capture: true, signal: this.listeners.signal });
  }

  /** Keep what `text` returns in a moment: it costs something to write it down. */
  keepSoon(text: () => string): void {
    clearTimeout(this.timer);
    this.text = text;
    this.timer = window.setTimeout(() => { this.keep(); }, KEEP_MS);
  }

  /** Forget: the server has it. */
  settle(): void {
    this.rest();
    this.field.value = "";
    settle(this.field);
  }

  destroy(): void {
    this.keep();
    this.listeners.abort();
    this.element.remove();
  }

  private keep(): void {
    const { text } = this;
    this.rest();
    if (text) type(this.field, text());
  }

  private rest(): void {
    clearTimeout(this.timer);
    this.text = undefined;
  }
}

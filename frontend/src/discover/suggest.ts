/** `<edu-suggest>`: words and titles while typing, as a combobox with a listbox; without it the form is a plain search. */
import { call } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";

const WAIT_MS = 150;

class EduSuggest extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly list = document.createElement("ul");
  private asked: AbortController | undefined;
  private timer = 0;
  private active = -1;

  connectedCallback(): void {
    const input = this.querySelector<HTMLInputElement>("input[name=q]");
    if (!input || this.list.isConnected) return;
    this.list.id = "suggestions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", t("Suggestions"));
    this.list.hidden = true;
    this.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" })) {
      input.setAttribute(name, value);
    }
    const { signal } = this.listeners;
    input.addEventListener("input", () => { this.soon(input); }, { signal });
    input.addEventListener("keydown", (event) => { this.onKey(event, input); }, { signal });
    input.addEventListener("blur", () => { this.close(input); }, { signal });
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = (event.target as HTMLElement).closest<HTMLElement>("[role=option]");
      if (option) this.choose(input, option);
    }, { signal });
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.listeners.abort();
  }

  private soon(input: HTMLInputElement): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(input), WAIT_MS);
  }

  private async ask(input: HTMLInputElement): Promise<void> {
    this.asked?.abort();
    this.asked = new AbortController();
    const text = input.value.trim();
    if (!text) {
      this.close(input);
      return;
    }
    const { signal } = this.asked;
    try {
      const found = await call<components["schemas"]["SuggestOut"]>("GET", `/api/v1/suggest?q=${encodeURIComponent(text)}`, { signal });
      this.show(input, found.items.map((item) => item.text));
    } catch {
      if (!signal.aborted) this.close(input); // typing goes on without help
    }
  }

  private show(input: HTMLInputElement, texts: string[]): void {
    this.list.replaceChildren(...texts.map((text, index) => {
      const option = document.createElement("li");
      option.id = `suggestion-${index}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.textContent = text;
      return option;
    }));
    this.active = -1;
    this.list.hidden = !texts.length;
    input.setAttribute("aria-expanded", String(texts.length > 0));
    input.removeAttribute("aria-activedescendant");
  }

  /** Fold the list, also the one that is still on its way. */
  private close(input: HTMLInputElement): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.show(input, []);
  }

  private onKey(event: KeyboardEvent, input: HTMLInputElement): void {
    if (event.isComposing) return; // these keys choose characters in an input method
    const options = [...this.list.children] as HTMLElement[];
    if (event.key === "Escape" && options.length) {
      event.preventDefault(); // a search field would also lose its text
      this.close(input);
      return;
    }
    if (event.key === "ArrowDown" && !options.length) {
      event.preventDefault();
      void this.ask(input);
      return;
    }
    if (!options.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.active = (Math.max(this.active, step > 0 ? -1 : 0) + step + options.length) % options.length;
      options.forEach((option, index) => { option.setAttribute("aria-selected", String(index === this.active)); });
      options[this.active]?.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", `suggestion-${this.active}`);
    }
    const chosen = options[this.active];
    if (event.key === "Enter" && chosen) {
      event.preventDefault();
      this.choose(input, chosen);
    }
  }

  private choose(input: HTMLInputElement, option: HTMLElement): void {
    input.value = option.textContent;
    this.close(input);
    input.form?.requestSubmit();
  }
}

customElements.define("edu-suggest", EduSuggest);

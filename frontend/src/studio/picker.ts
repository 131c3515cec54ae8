/**
 * `<edu-picker>` around a `<select>`: what was chosen lately comes first, and with a mouse and a keyboard one finds a
 * choice by typing any of its names (`data-find` of its option). The select stays the form's field; on a phone it also
 * stays what is touched, for the system's own list is better there than any of ours.
 */
import { html, nothing, render } from "lit";
import { t } from "../i18n";

const LATELY = 3;

interface Choice {
  value: string;
  name: string;
  find: string;
  group: string;
}

let count = 0;

class EduPicker extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly place = document.createElement("div");
  private readonly id0 = `picker-${++count}`;
  private choices: Choice[] = [];
  private typed: string | undefined;
  private active = 0;

  connectedCallback(): void {
    const { select } = this;
    if (!select || this.choices.length) return;
    const { signal } = this.listeners;
    this.choices = [...select.options].filter(({ value }) => value).map((option) => ({
      value: option.value, name: option.text, find: `${option.text} ${option.dataset["find"] ?? ""}`.toLowerCase(),
      group: option.parentElement instanceof HTMLOptGroupElement ? option.parentElement.label : "",
    }));
    select.form?.addEventListener("submit", () => { this.remember(select.value); }, { signal });
    const lately = this.lately();
    if (!matchMedia("(pointer: fine)").matches) {
      this.addGroup(select, lately);
      return;
    }
    select.classList.add("picked");
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    this.place.className = "picker";
    this.append(this.place);
    const sync = (): void => { this.close(); };
    select.addEventListener("change", sync, { signal });
    select.addEventListener("focus", () => { this.place.querySelector("input")?.focus(); }, { signal }); // whoever finds fault with it
    select.form?.addEventListener("reset", () => { setTimeout(sync); }, { signal });
    select.form?.addEventListener("focusin", sync, { signal });
    const label = document.querySelector<HTMLLabelElement>(`label[for="${select.id}"]`);
    if (label) label.htmlFor = `${this.id0}-input`;
    this.draw();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private get select(): HTMLSelectElement | null {
    return this.querySelector("select");
  }

  private get key(): string {
    return `edu-lately-${this.select?.name ?? ""}`;
  }

  private lately(): Choice[] {
    try {
      const values = JSON.parse(localStorage.getItem(this.key) ?? "[]") as unknown;
      return Array.isArray(values) ? values.map((value) => this.choices.find((choice) => choice.value === value)).filter((choice) => choice !== undefined) : [];
    } catch {
      return [];
    }
  }

  private remember(value: string): void {
    if (!value) return;
    const values = [value, ...this.lately().map((choice) => choice.value).filter((other) => other !== value)];
    try {
      localStorage.setItem(this.key, JSON.stringify(values.slice(0, LATELY)));
    } catch {
      // Blocked: the list is in its usual order.
    }
  }

  private addGroup(select: HTMLSelectElement, lately: Choice[]): void {
    if (!lately.length) return;
    const group = document.createElement("optgroup");
    group.label = t("Used lately");
    for (const { name, value } of lately) group.append(Object.assign(document.createElement("option"), { value, text: name }));
    const chosen = select.value;
    select.querySelector("optgroup")?.before(group);
    select.value = chosen;
  }

  private get found(): Choice[] {
    const words = (this.typed ?? "").trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) {
      const lately = this.lately().map((choice) => ({ ...choice, group: t("Used lately") }));
      return [...lately, ...this.choices];
    }
    return this.choices.filter(({ find }) => words.every((word) => find.includes(word)));
  }

  private open(typed: string): void {
    this.typed = typed;
    this.active = 0;
    this.draw();
  }

  private close(): void {
    if (this.typed !== undefined && this.place.contains(document.activeElement) && document.activeElement instanceof HTMLInputElement) return;
    this.typed = undefined;
    this.draw();
  }

  private choose(choice: Choice | undefined): void {
    const { select } = this;
    if (select && choice && select.value !== choice.value) {
      select.value = choice.value;
      select.dispatchEvent(new Event("input", { bubbles: true }));
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.typed = undefined;
    this.draw();
  }

  private onKey(event: KeyboardEvent): void {
    if (event.isComposing) return; // these keys choose characters in an input method
    const isOpen = this.typed !== undefined;
    const last = this.found.length - 1;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) this.open("");
      else this.active = event.key === "ArrowDown" ? Math.min(last, this.active + 1) : Math.max(0, this.active - 1);
    } else if (event.key === "Enter" && isOpen) this.choose(this.found[this.active]);
    else if (event.key === "Escape" && isOpen) this.choose(undefined);
    else return;
    event.preventDefault();
    this.draw();
    this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  private draw(): void {
    const { select, typed } = this;
    if (!select) return;
    const isOpen = typed !== undefined;
    const found = isOpen ? this.found : [];
    const chosen = this.choices.find(({ value }) => value === select.value)?.name ?? "";
    const list = `${this.id0}-list`;
    render(html`<input id="${this.id0}-input" role="combobox" autocomplete="off" spellcheck="false" aria-expanded=${isOpen} aria-controls=${list} aria-autocomplete="list"
        aria-activedescendant=${isOpen && found.length ? `${this.id0}-${this.active}` : nothing} aria-invalid=${select.closest(".wrong") ? "true" : "false"} aria-required=${select.required}
        .value=${typed ?? chosen} placeholder=${chosen || t("Choose")}
        @focus=${(event: Event) => { (event.target as HTMLInputElement).select(); }} @click=${() => { if (!isOpen) this.open(""); }}
        @input=${(event: Event) => { this.open((event.target as HTMLInputElement).value); }} @keydown=${(event: KeyboardEvent) => { this.onKey(event); }}
        @blur=${() => { this.choose(typed?.trim() && found.length === 1 ? found[0] : undefined); }}>
      <ul id=${list} role="listbox" aria-label=${select.labels[0]?.textContent ?? t("Choose")} ?hidden=${!isOpen}>${found.map((choice, place) => html`
        ${choice.group && choice.group !== found[place - 1]?.group ? html`<li role="presentation" class="picker-group">${choice.group}</li>` : nothing}
        <li role="option" id="${this.id0}-${place}" aria-selected=${place === this.active} @pointerdown=${(event: Event) => { event.preventDefault(); }} @click=${() => { this.choose(choice); }}>${choice.name}</li>`)}
        ${isOpen && !found.length ? html`<li role="presentation" class="picker-group">${t("Nothing is called that.")}</li>` : nothing}</ul>`, this.place);
  }
}

customElements.define("edu-picker", EduPicker);

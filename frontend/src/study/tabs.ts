/**
 * `<edu-tabs>`: on narrow screens the parts of a watch page one at a time. Its buttons name parts (`data-part`), and
 * whatever carries the same `data-part` in the page is shown with them; wide screens show everything.
 */

class EduTabs extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    const buttons = [...this.querySelectorAll<HTMLButtonElement>("button[data-part]")];
    const page = this.closest<HTMLElement>(".watch");
    if (!page || buttons.length < 2) return;
    this.hidden = false;
    for (const button of buttons) {
      button.addEventListener("click", () => {
        this.show(page, buttons, button);
      }, { signal: this.listeners.signal });
    }
    this.show(page, buttons, buttons[0]);
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private show(page: HTMLElement, buttons: HTMLButtonElement[], chosen: HTMLButtonElement | undefined): void {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen));
    for (const part of page.querySelectorAll<HTMLElement>("[data-part]")) {
      if (this.contains(part)) continue;
      const isShown = part.dataset["part"] === chosen?.dataset["part"];
      part.classList.toggle("tab-hidden", !isShown);
      if (isShown && part instanceof HTMLDetailsElement) part.open = true; // its tab is its summary
    }
  }
}

customElements.define("edu-tabs", EduTabs);

/** `<edu-print>`: its button prints the page; without script it is not there, and the browser's own menu is. */

class EduPrint extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    this.hidden = false;
    this.querySelector("button")?.addEventListener("click", () => { print(); }, { signal: this.listeners.signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }
}

customElements.define("edu-print", EduPrint);

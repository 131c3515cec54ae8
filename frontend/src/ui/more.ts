/**
 * `<edu-more for="lessons">` around the link to a list's next page: the link then adds what follows to the element with
 * that id, in place. What it gets is the page that the link leads to, so there is nothing more for a server to offer. The
 * focus goes to the first new entry, and readers hear how many came. Without script, or when it fails, the link is a link.
 */
import { t } from "../i18n";

class EduMore extends HTMLElement {
  private readonly listeners = new AbortController();
  private isBusy = false;

  connectedCallback(): void {
    this.addEventListener("click", (event) => { this.onClick(event); }, { signal: this.listeners.signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private onClick(event: MouseEvent): void {
    const link = (event.target as Element).closest("a");
    const list = document.getElementById(this.getAttribute("for") ?? "");
    if (!link || !list || event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab shows the page itself
    event.preventDefault();
    if (!this.isBusy) void this.load(link, list);
  }

  private async load(link: HTMLAnchorElement, list: HTMLElement): Promise<void> {
    this.isBusy = true;
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const more = next.getElementById(list.id);
      if (!answer.ok || !more) {
        location.assign(link.href); // the page says what is wrong, or whom to sign in
        return;
      }
      this.add(list, [...more.children], next.querySelector(`edu-more[for="${list.id}"]`));
    } catch {
      this.say(t("The network is away. Try again."));
    } finally {
      this.isBusy = false;
      link.removeAttribute("aria-busy");
    }
  }

  private add(list: HTMLElement, entries: Element[], following: Element | null): void {
    const known = new Set([...list.querySelectorAll("[id]")].map((one) => one.id));
    const fresh = entries.filter((one) => !one.id || !known.has(one.id)); // a new lesson moves the others down by one
    list.append(...fresh);
    this.replaceChildren(...(following?.childNodes ?? []));
    this.say(t("{n} more", { n: fresh.length }));
    const first = fresh[0];
    const target = first?.matches("a, button") ? first : first?.querySelector("a[href]:not([tabindex='-1']), button");
    if (target instanceof HTMLElement) target.focus();
  }

  private say(text: string): void {
    let status = this.querySelector("[role=status]");
    if (!status) {
      status = document.createElement("p");
      status.setAttribute("role", "status");
      status.className = "form-status more-status";
      this.append(status);
    }
    // Announced only when it changes after it is there.
    const place = status;
    requestAnimationFrame(() => { place.textContent = text; });
  }
}

customElements.define("edu-more", EduMore);

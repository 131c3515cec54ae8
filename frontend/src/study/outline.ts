/** `<edu-outline>`: chapters seek in place and follow the player. Also links [1:30] of the study guide. */
import { hear, tell } from "../player/link";

class EduOutline extends HTMLElement {
  private readonly listeners = new AbortController();
  private current: HTMLAnchorElement[] = [];

  connectedCallback(): void {
    const { signal } = this.listeners;
    document.addEventListener("click", (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>("edu-outline .chapters a, .guide a[href^='?t=']");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      tell("edu-seek", startMs(link));
    }, { signal });
    if (this.querySelector("edu-transcript")) void import("./transcript"); // the page is painted before it
    hear("edu-time", (timeMs) => { this.follow(timeMs); }, signal);
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  /** Mark the line of each list that is being said. */
  private follow(timeMs: number): void {
    const now: HTMLAnchorElement[] = [];
    for (const list of this.querySelectorAll(".chapters")) {
      const last = [...list.querySelectorAll<HTMLAnchorElement>("a[data-start-ms]")].findLast((link) => startMs(link) <= timeMs + 250);
      if (last) now.push(last);
    }
    if (now.every((link, i) => link === this.current[i]) && now.length === this.current.length) return;
    for (const link of this.current) link.removeAttribute("aria-current");
    for (const link of now) {
      link.setAttribute("aria-current", "true");
      const list = link.closest("ol");
      if (list && list.scrollHeight > list.clientHeight) list.scrollTop = link.offsetTop - list.offsetTop - list.clientHeight / 3;
    }
    this.current = now;
  }
}

function startMs(link: HTMLAnchorElement): number {
  return Number(link.dataset["startMs"] ?? Number(new URL(link.href).searchParams.get("t") ?? 0) * 1000);
}

customElements.define("edu-outline", EduOutline);

/** `<edu-offline>` of the page without a network: comes back by itself, and lists what this browser kept. */
import { personOfPage } from "../api/person";
import { t } from "../i18n";
import { keptTexts } from "../ui/kept-form";
import { lessonOf, personHere, visit, visited, type Visited } from "./visited";

class EduOffline extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    addEventListener("online", () => { location.reload(); }, { signal: this.listeners.signal });
    const { person, lessons } = visited();
    this.append(...list(t("Typed and not sent yet"), keptTexts(person)), ...list(t("Lessons you opened last"), lessons));
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }
}

function list(title: string, items: Visited[]): HTMLElement[] {
  if (!items.length) return [];
  const heading = document.createElement("h2");
  heading.textContent = title;
  const links = document.createElement("ul");
  links.className = "ways";
  links.append(...items.map(({ path, title, lang }) => {
    const link = document.createElement("a");
    Object.assign(link, { className: "row-link", href: path, textContent: title, lang });
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
  const section = document.createElement("section");
  section.append(heading, links);
  return [section];
}

customElements.define("edu-offline", EduOffline);

// A page that the browser has kept whole is not for whoever sits here after its person has signed out.
addEventListener("pageshow", ({ persisted }) => {
  const person = persisted ? personHere() : undefined;
  if (person !== undefined && person !== personOfPage()) location.reload();
});
if (!document.querySelector("edu-offline")) visit(personOfPage(), lessonOf(document, location.pathname));

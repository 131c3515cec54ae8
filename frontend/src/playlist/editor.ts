/**
 * `<edu-playlist-editor playlist-id revision>`: moves lessons without loading the page again, by the form's own buttons
 * or by dragging. Each move sends the whole order with the revision that it was made from; when somebody else has
 * changed the order meanwhile, the page is loaded again and says so. Everything else is the server's plain form.
 */
import "./editor.css";
import { call, ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";

const EDGE_PX = 80;

class EduPlaylistEditor extends HTMLElement {
  private readonly listeners = new AbortController();
  private saving: Promise<void> = Promise.resolve();
  private waiting = 0;

  /** Whether every move has reached the server. */
  get isSaved(): boolean {
    return this.waiting === 0;
  }

  connectedCallback(): void {
    const { signal } = this.listeners;
    this.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>("button[name=do]");
      const item = button?.closest<HTMLElement>(".arranged-item");
      if (!button || !item || !/^(up|down) /.test(button.value)) return;
      event.preventDefault();
      if (!step(item, button.value.startsWith("up"))) return;
      button.focus();
      this.save(item);
    }, { signal });
    for (const handle of this.querySelectorAll<HTMLElement>(".drag-handle")) {
      handle.hidden = false;
      handle.addEventListener("pointerdown", (event) => { this.drag(event, handle); }, { signal });
    }
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private drag(event: PointerEvent, handle: HTMLElement): void {
    const item = handle.closest<HTMLElement>(".arranged-item");
    if (!item || event.button !== 0) return;
    event.preventDefault();
    const before = item.nextElementSibling;
    const list = item.parentElement;
    const end = new AbortController();
    const options = { signal: AbortSignal.any([end.signal, this.listeners.signal]) };
    item.classList.add("dragged");
    // On the document: a capturing handle loses the pointer as soon as its row is moved in the document.
    document.addEventListener("pointermove", (move) => { this.dragTo(item, move); }, options);
    const drop = (): void => {
      end.abort();
      item.classList.remove("dragged");
      if (item.parentElement !== list || item.nextElementSibling !== before) this.save(item);
    };
    document.addEventListener("pointerup", drop, options);
    document.addEventListener("pointercancel", drop, options);
  }

  private dragTo(item: HTMLElement, { clientX, clientY }: PointerEvent): void {
    if (clientY < EDGE_PX) scrollBy(0, -12);
    else if (clientY > innerHeight - EDGE_PX) scrollBy(0, 12);
    const under = document.elementFromPoint(clientX, clientY);
    const other = under?.closest<HTMLElement>(".arranged-item");
    if (other && other !== item && this.contains(other)) {
      const { top, height } = other.getBoundingClientRect();
      const isAbove = clientY < top + height / 2;
      // Only when it changes something: the browser would measure anew with every move of the pointer.
      const place = isAbove ? other : other.nextElementSibling;
      if (place !== item && place !== item.nextElementSibling) other.parentElement?.insertBefore(item, place);
      else if (other.parentElement !== item.parentElement) other.parentElement?.insertBefore(item, place);
      return;
    }
    const section = under?.closest(".arranged-section")?.querySelector(".arranged-items");
    if (section && !other && this.contains(section) && section !== item.parentElement) section.append(item);
  }

  /** Send the order as it is now, after what is being sent already. */
  private save(item: HTMLElement): void {
    this.waiting += 1;
    this.say("", false);
    this.saving = this.saving.then(() => this.put(item)).finally(() => { this.waiting -= 1; });
  }

  private async put(item: HTMLElement): Promise<void> {
    const path = `/api/v1/playlists/${this.getAttribute("playlist-id") ?? ""}/items`;
    const body = { sections: this.sections(), revision: Number(this.getAttribute("revision")) };
    try {
      const saved = await call<components["schemas"]["PlaylistOut"]>("PUT", path, { body });
      this.setAttribute("revision", String(saved.revision));
      const field = this.querySelector<HTMLInputElement>("input[name=revision]");
      if (field) field.value = String(saved.revision);
      const all = [...this.querySelectorAll(".arranged-item")];
      this.say(t("Saved: place {n} of {total}.", { n: all.indexOf(item) + 1, total: all.length }), false);
    } catch (error) {
      if (error instanceof ProblemError) this.say(error.problem.errors?.[0]?.message ?? error.problem.detail, true);
      else this.say(t("The network is away; the new order is not saved yet. Move something to try again."), true);
    }
  }

  private sections(): components["schemas"]["SectionIn"][] {
    return [...this.querySelectorAll<HTMLElement>(".arranged-section")].map((section) => ({
      title: section.querySelector<HTMLInputElement>(".arranged-head input")?.value ?? "",
      description: section.querySelector<HTMLTextAreaElement>(".arranged-head textarea")?.value ?? "",
      videos: [...section.querySelectorAll<HTMLElement>(".arranged-item")].map((item) => item.dataset["video"] ?? ""),
    }));
  }

  private say(text: string, isWrong: boolean): void {
    const status = this.querySelector(".form-status");
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  }
}

/** Move an item one place, over the border of sections too; false at either end. */
function step(item: HTMLElement, isUp: boolean): boolean {
  const neighbor = isUp ? item.previousElementSibling : item.nextElementSibling;
  if (neighbor) {
    if (isUp) neighbor.before(item);
    else neighbor.after(item);
    return true;
  }
  const section = item.closest(".arranged-section");
  const other = (isUp ? section?.previousElementSibling : section?.nextElementSibling)?.querySelector(".arranged-items");
  if (!other) return false;
  if (isUp) other.append(item);
  else other.prepend(item);
  return true;
}

customElements.define("edu-playlist-editor", EduPlaylistEditor);

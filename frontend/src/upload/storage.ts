/** `<edu-storage>`: how much room one's recordings take, one's own and those of each organization. */
import { html, render } from "lit";
import { call } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { sizeText } from "./sizes";

type Storage = components["schemas"]["StorageOut"];
type Room = Pick<Storage, "used_bytes" | "quota_bytes">;

/** Told on the document when there may be more or less room than before. */
export const STORAGE_CHANGED = "edu-storage-changed";

const NEARLY_FULL = 0.9;

export function askStorage(): Promise<Storage> {
  return call<Storage>("GET", "/api/v1/storage");
}

/** Return the room that a lesson of an organization ("": one's own) takes from; undefined where it is unknown. Pure. */
export function roomFor(storage: Storage, organization: string): Room | undefined {
  return organization ? storage.organizations.find(({ id }) => id === organization) : storage;
}

/** Return why files of this many bytes do not fit, with the numbers; "" where they do. Pure. */
export function lackOf(room: Room, neededBytes: number): string {
  const freeBytes = Math.max(0, room.quota_bytes - room.used_bytes);
  if (neededBytes <= freeBytes) return "";
  return t("This needs {needed}, but only {free} of {quota} are free. Delete recordings that you do not need, or choose smaller files.", { needed: sizeText(neededBytes), free: sizeText(freeBytes), quota: sizeText(room.quota_bytes) });
}

class EduStorage extends HTMLElement {
  private listeners = new AbortController();

  connectedCallback(): void {
    this.listeners = new AbortController();
    document.addEventListener(STORAGE_CHANGED, () => void this.look(), { signal: this.listeners.signal });
    void this.look();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private async look(): Promise<void> {
    try {
      this.draw(await askStorage());
    } catch (error) {
      console.warn("How much room there is cannot be told now", error); // it is checked again before anything is sent
    }
  }

  private draw(storage: Storage): void {
    render(html`${meter(t("My recordings"), storage)}${storage.organizations.map((one) => meter(one.name, one))}`, this);
  }
}

function meter(name: string, room: Room) {
  const share = room.quota_bytes ? Math.min(1, room.used_bytes / room.quota_bytes) : 1;
  return html`<div class="room">
    <p><span>${name}</span> <span>${t("{used} of {quota} used", { used: sizeText(room.used_bytes), quota: sizeText(room.quota_bytes) })}</span></p>
    <meter class=${share >= NEARLY_FULL ? "full" : ""} min="0" max="1" value=${share} aria-label=${name}></meter>
  </div>`;
}

customElements.define("edu-storage", EduStorage);

/** The place in a lesson's poster that asks for pictures to choose from, tells how far they are, and ends when they are there. */
import type { components } from "../api/schema";
import { t } from "../i18n";
import { type Notice, noticeOf, send } from "./saving";
import { html, nothing, render } from "lit";

type Poster = components["schemas"]["PosterOut"];
type Offer = Poster["offer"];

const EVERY_MS = 2000;

export class PosterOffer {
  private timer: number | undefined;
  private offer: Offer;

  /** `arrived` is told once, when there is something to choose from. */
  constructor(private readonly place: HTMLElement, private readonly path: string, private readonly arrived: () => void) {
    const message = place.querySelector("p")?.textContent.trim() ?? "";
    const percent = place.querySelector("progress")?.value ?? 0;
    this.offer = { state: (place.dataset["state"] ?? "missing") as Offer["state"], percent, message };
    place.replaceChildren();
    this.take(this.offer);
  }

  destroy(): void {
    window.clearTimeout(this.timer);
  }

  private async ask(method: "GET" | "POST"): Promise<void> {
    try {
      const path = method === "POST" ? `${this.path}/candidates` : this.path;
      this.take((await send<Poster>(method, path)).offer);
    } catch (error) {
      this.show(noticeOf(error));
      if (method === "GET") this.wait();
    }
  }

  private take(offer: Offer): void {
    this.offer = { ...offer, message: offer.message || this.offer.message };
    if (offer.state === "ready") {
      this.arrived();
      return;
    }
    this.show();
    if (offer.state === "underway") this.wait();
  }

  private wait(): void {
    this.destroy();
    this.timer = window.setTimeout(() => void this.ask("GET"), EVERY_MS);
  }

  private show(notice?: Notice): void {
    const { state, percent, message } = this.offer;
    const text = notice?.text ?? message;
    const isWrong = notice?.isWrong ?? state === "failed";
    const bar = state === "underway" ? html`<progress max="100" .value=${percent} aria-label=${t("Pictures of the lesson")}></progress>` : nothing;
    const word = state === "failed" ? t("Try again") : t("Make pictures to choose from");
    const button = html`<button class="button quiet" type="button" @click=${() => void this.ask("POST")}>${word}</button>`;
    render(html`<p class=${`help${isWrong ? " wrong" : ""}`} role="status">${text}</p>${bar}${state === "missing" || state === "failed" ? button : nothing}`, this.place);
  }
}

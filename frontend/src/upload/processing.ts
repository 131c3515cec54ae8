/** `<edu-processing>`: how far a lesson's encoding is, from the API, until it ends. */
import { html, render } from "lit";
import { call } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { ask } from "../ui/ask";

type Processing = components["schemas"]["ProcessingOut"];

const EVERY_MS = 1000;
const HIDDEN_MS = 10_000;

const stateWord = (state: string): string =>
  state === "ready" ? t("ready") : state === "waiting" ? t("waiting") : t("encoding");

class EduProcessing extends HTMLElement {
  private timer = 0;
  private isGone = false;

  connectedCallback(): void {
    this.isGone = false;
    const isSettled = this.getAttribute("state") === "ready" && !this.hasAttribute("renewal");
    if (!isSettled || !this.childElementCount) void this.look();
  }

  disconnectedCallback(): void {
    this.isGone = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    try {
      const video = await call<components["schemas"]["VideoOut"]>("GET", `/api/v1/videos/${this.videoId}`);
      this.draw(video.processing);
      if (this.isEnd(video.processing)) return;
    } catch {
      // The network or the server is away; what is shown stays, and we ask again.
    }
    if (!this.isGone) this.timer = window.setTimeout(() => void this.look(), document.hidden ? HIDDEN_MS : EVERY_MS);
  }

  private isEnd({ state, renewal }: Processing): boolean {
    return renewal !== "underway" && (state === "ready" || state === "failed");
  }

  private askToKeep(): void {
    const texts = {
      question: t("Stay with the old recording? The new one is thrown away."),
      yes: t("Stay with the old one"),
      no: t("Wait for the new one"),
    };
    ask(this, texts, () => void this.keep());
  }

  private async keep(): Promise<void> {
    try {
      await call("DELETE", `/api/v1/videos/${this.videoId}/upload`);
    } catch (error) {
      console.warn("The old recording could not be kept", error); // what is shown next tells how it stands
    }
    clearTimeout(this.timer);
    void this.look();
  }

  private get videoId(): string {
    return this.getAttribute("video-id") ?? "";
  }

  private draw(processing: Processing): void {
    if (this.isGone) return;
    this.setAttribute("state", processing.state);
    if (!this.dataset["drawn"]) this.replaceChildren();
    this.dataset["drawn"] = "1";
    const isPlayable = processing.state === "playable" || processing.state === "ready";
    render(
      html`<div class="processing ${processing.state}">
        <p class="processing-message" role="status">${processing.message}</p>
        <progress max="100" value=${processing.percent} aria-label=${t("Encoding")}></progress>
        ${processing.renewal ? html`<p class="keep"><button type="button" class="button quiet small" @click=${() => { this.askToKeep(); }}>${t("Stay with the old recording")}</button></p>` : ""}
        <ul class="renditions">${processing.renditions.map((row) => html`<li>${row.height_px}p · ${stateWord(row.state)}</li>`)}</ul>
        <p class="actions">${isPlayable ? html`<a class="button small" href="/watch/${this.videoId}">${t("Watch")}</a>` : ""}
          <a class="button quiet small" href="/studio/${this.videoId}">${t("Edit and publish")}</a></p>
      </div>`,
      this,
    );
  }
}

customElements.define("edu-processing", EduProcessing);

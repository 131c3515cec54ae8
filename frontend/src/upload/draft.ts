/** `<edu-draft>`: a lesson whose recording is on its way; its title and description can be edited meanwhile. */
import { html, render } from "lit";
import { call } from "../api/client";
import { t } from "../i18n";
import { patiently } from "./patience";
import { sentenceOf } from "./problems";

export interface Texts {
  title: string;
  description: string;
}

let count = 0;

export class EduDraft extends HTMLElement {
  videoId = "";
  texts: Texts = { title: "", description: "" };
  private unsaved: Partial<Texts> = {};
  private status = "";
  private saving = new AbortController();
  private readonly number = ++count;
  private readonly place = document.createElement("div");

  /** Show a lesson above what tells of its recording. */
  static of(videoId: string, texts: Texts, recording: HTMLElement): EduDraft {
    const draft = new EduDraft();
    draft.videoId = videoId;
    draft.texts = texts;
    draft.append(draft.place, recording);
    return draft;
  }

  connectedCallback(): void {
    this.draw();
  }

  private change(texts: Partial<Texts>): void {
    Object.assign(this.texts, texts);
    Object.assign(this.unsaved, texts);
    this.saving.abort(); // what is typed last counts
    this.saving = new AbortController();
    void this.save(this.saving.signal);
  }

  /** Save what was changed, however long the network is away. */
  private async save(signal: AbortSignal): Promise<void> {
    this.say(t("Saving."));
    try {
      const save = () => call("PATCH", `/api/v1/videos/${this.videoId}`, { body: this.unsaved, signal });
      await patiently(signal, save, () => { this.say(t("The network is away; it is saved when it is back.")); });
      this.unsaved = {};
      this.say(t("Saved."));
    } catch (error) {
      if (!signal.aborted) this.say(sentenceOf(error));
    }
  }

  private say(status: string): void {
    this.status = status;
    this.draw();
  }

  private draw(): void {
    const id = `draft-${this.number}`;
    const typed = (event: Event): string => (event.target as HTMLInputElement).value;
    render(html`
      <div class="field"><label for="${id}-title">${t("Title")}</label><input id="${id}-title" maxlength="120" .value=${this.texts.title} @change=${(event: Event) => { this.change({ title: typed(event) }); }}></div>
      <details><summary>${t("Description")}</summary><div class="field"><textarea rows="3" aria-label=${t("Description")} .value=${this.texts.description} @change=${(event: Event) => { this.change({ description: typed(event) }); }}></textarea></div></details>
      <p class="help" role="status">${this.status}</p>`, this.place);
  }
}

customElements.define("edu-draft", EduDraft);

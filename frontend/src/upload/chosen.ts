/** The files that were chosen for new lessons: what is known and typed of each, and how they are shown in the form. */
import { html, nothing } from "lit";
import { t } from "../i18n";
import type { Texts } from "./draft";
import { fingerprintOf } from "./fingerprint";
import { sentenceOf } from "./problems";
import { ChangedFileError } from "./reading";
import { sizeText } from "./sizes";
import { SEND, type Source, sourcesOf, type Way, waysOf } from "./sources";
import { question } from "./ways";

const TITLE_LENGTH = 120;

let count = 0;

/** Return the title that a file's name gives: without its ending, in characters and not in halves of them. */
export function titleOf(filename: string): string {
  return Array.from(filename.normalize("NFC").replace(/\.[^.]+$/, "")).slice(0, TITLE_LENGTH).join("");
}

export class Chosen {
  readonly id = `file-${++count}`;
  fingerprint = "";
  ways: Way[] = [SEND];
  way: Way = SEND;
  problem = "";
  /** True after a request whose answer never came: it may have made the draft. */
  isUnsure = false;
  /** Settles, always, when the file was looked at. */
  readonly looked: Promise<void>;
  private readonly known = new Set<string>();

  constructor(readonly file: File, public texts: Texts, onLooked: () => void) {
    this.looked = this.look().finally(onLooked);
  }

  get isReadable(): boolean {
    return this.fingerprint !== "" || this.file.size === 0; // the server has a sentence for empty files
  }

  isOf(file: File): boolean {
    return file.name === this.file.name && file.size === this.file.size && file.lastModified === this.file.lastModified;
  }

  /** Return the draft that a request made whose answer never came, if there is one. */
  async madeUnheard(): Promise<Source | undefined> {
    if (!this.isUnsure) return undefined;
    const sources = await sourcesOf(this.file.size, this.fingerprint);
    return sources.find(({ upload }) => upload.state === "started" && !this.known.has(upload.id));
  }

  private async look(): Promise<void> {
    if (!this.file.size) return;
    try {
      this.fingerprint = await fingerprintOf(this.file);
      const sources = await sourcesOf(this.file.size, this.fingerprint);
      for (const { upload } of sources) this.known.add(upload.id);
      this.ways = waysOf(sources);
      this.way = this.ways[0] ?? SEND;
    } catch (error) {
      if (error instanceof ChangedFileError) this.problem = sentenceOf(error);
      else console.warn("Whether this file was sent before cannot be told now", error); // it can be sent all the same
    }
  }
}

export interface ListEvents {
  remove(one: Chosen): void;
  /** Another way for a file was chosen. */
  chose(): void;
  typed(): void;
}

/** Return what the form shows of its files: one has its texts in the form's own fields, several each have their own. */
export function listOf(chosen: readonly Chosen[], events: ListEvents) {
  const [only] = chosen;
  if (chosen.length === 1 && only) return html`<div class="file">${aboutOf(only, events)}</div>`;
  if (!only) return nothing;
  return html`<ol class="files" aria-label=${t("Files")}>${chosen.map((one) => html`<li class="file ${one.problem ? "wrong" : ""}">
    <p class="file-name"><span>${one.file.name}</span> <span class="help">${sizeText(one.file.size)}</span>
      <button type="button" class="button quiet small" aria-label=${t("Remove {name}", { name: one.file.name })} @click=${() => { events.remove(one); }}>${t("Remove")}</button></p>
    ${one.way.kind === "resume" ? nothing : textsOf(one, events)}
    ${aboutOf(one, events)}
  </li>`)}</ol>`;
}

function textsOf(one: Chosen, events: ListEvents) {
  const onInput = (name: keyof Texts) => (event: Event) => {
    one.texts[name] = (event.target as HTMLInputElement).value;
    events.typed();
  };
  return html`<div class="field"><label for="${one.id}-title">${t("Title")}</label><input id="${one.id}-title" maxlength=${TITLE_LENGTH} .value=${one.texts.title} @input=${onInput("title")}></div>
    <details ?open=${one.texts.description !== ""}><summary>${t("Description")}</summary><div class="field"><textarea rows="3" aria-label=${t("Description of {name}", { name: one.file.name })} .value=${one.texts.description} @input=${onInput("description")}></textarea></div></details>`;
}

function aboutOf(one: Chosen, events: ListEvents) {
  const choose = (way: Way): void => {
    one.way = way;
    events.chose();
  };
  return html`${question(`${one.id}-way`, one.ways, one.way, choose)}${one.problem ? html`<div class="field-error" role="alert"><p>${one.problem}</p></div>` : nothing}`;
}

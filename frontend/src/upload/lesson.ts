/** `<edu-new-lesson>`: drafts first, then their bytes; what was typed survives every failure and a closed page. */
import { html, nothing, render } from "lit";
import { call, ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { ask } from "../ui/ask";
import { Chosen, listOf, titleOf } from "./chosen";
import { EduDraft, type Texts } from "./draft";
import { FormErrors } from "./errors";
import { type KeptFile, KeptForm } from "./kept";
import { sentenceOf, TOO_LARGE } from "./problems";
import { isSameName } from "./sameness";
import { askStorage, lackOf, roomFor, STORAGE_CHANGED } from "./storage";
import { CANCELLED, EduUpload } from "./upload";

type Draft = components["schemas"]["DraftOut"];
type Video = components["schemas"]["VideoOut"];

/** What a lesson has of its own; the other fields are the same for all files of one go. */
const OWN_FIELDS = ["title", "description"] as const;
const OF_THE_FILE = new Set(["title", "description", "filename", "size_bytes", "fingerprint", "same_as"]);

const SERVER_AWAY = 500;

class EduNewLesson extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly list = document.createElement("div");
  private readonly rows = document.createElement("section");
  private readonly kept = new KeptForm(this.dataset["person"] ?? "");
  /** Files of the drafts that this page has made: these go when they are cancelled. */
  private readonly ownFiles = new WeakMap<EduDraft, File>();
  private chosen: Chosen[] = [];
  /** The only file, whose texts are in the form's own fields. */
  private only: Chosen | undefined;
  /** Files of a closed page whose texts are kept until they are chosen again. */
  private awaited: KeptFile[] = [];

  connectedCallback(): void {
    const form = this.querySelector("form");
    if (form) this.begin(form, new FormErrors(form));
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private begin(form: HTMLFormElement, errors: FormErrors): void {
    const { signal } = this.listeners;
    this.rows.className = "sending";
    this.rows.tabIndex = -1;
    this.rows.hidden = true;
    this.rows.setAttribute("aria-label", t("Uploads"));
    this.prepend(this.rows);
    form.querySelector(".drop")?.after(this.list);
    this.restore(form);
    const input = fileInput(form);
    input?.addEventListener("change", () => { this.add(form, [...(input.files ?? [])]); }, { signal });
    form.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); }, { signal });
    form.addEventListener("drop", (event) => {
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      this.add(form, [...event.dataTransfer.files]);
    }, { signal });
    form.addEventListener("input", () => { this.keep(form); }, { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit(form, errors);
    }, { signal });
    form.querySelector("[data-action=discard]")?.addEventListener("click", () => { this.askToDiscard(form, errors); }, { signal });
    this.addEventListener(CANCELLED, (event) => { this.takeBack(form, event); }, { signal });
  }

  // -- What is chosen and typed ----------------------------------------------------------------------------------------

  private add(form: HTMLFormElement, files: File[]): void {
    this.readFields(form);
    for (const file of files) {
      if (!this.chosen.some((one) => one.isOf(file))) this.chosen.push(this.choose(form, file, this.textsFor(form, file)));
    }
    this.show(form);
  }

  private choose(form: HTMLFormElement, file: File, texts: Texts): Chosen {
    return new Chosen(file, texts, () => { this.show(form); });
  }

  /** Return what was typed for a file before it was chosen: in the form, or on a page that was closed since. */
  private textsFor(form: HTMLFormElement, file: File): Texts {
    const place = this.awaited.findIndex(({ name, size }) => size === file.size && isSameName(file.name, name));
    const [kept] = place < 0 ? [] : this.awaited.splice(place, 1);
    const typed = this.chosen.length ? undefined : ownFields(form);
    return {
      title: (typed?.title || kept?.title) ?? titleOf(file.name),
      description: (typed?.description || kept?.description) ?? "",
    };
  }

  private readFields(form: HTMLFormElement): void {
    if (this.only) Object.assign(this.only.texts, ownFields(form));
  }

  private show(form: HTMLFormElement): void {
    const only = this.chosen.length === 1 ? this.chosen[0] : undefined;
    this.only = only;
    for (const name of OWN_FIELDS) {
      const control = field(form, name);
      const place = control?.closest<HTMLElement>(".field");
      if (!control || !place) continue;
      place.hidden = this.chosen.length > 1 || only?.way.kind === "resume";
      if (this.chosen.length) control.value = only ? only.texts[name] : "";
    }
    const input = fileInput(form);
    if (input) input.files = filesOf(this.chosen);
    this.draw(form);
    this.keep(form);
  }

  private draw(form: HTMLFormElement): void {
    const events = {
      remove: (one: Chosen) => {
        this.readFields(form);
        this.chosen = this.chosen.filter((other) => other !== one);
        this.show(form);
        fileInput(form)?.focus();
      },
      chose: () => {
        this.readFields(form);
        this.show(form);
      },
      typed: () => { this.keep(form); },
    };
    const names = new Intl.ListFormat(document.documentElement.lang || "en").format(this.awaited.map(({ name }) => name));
    render(html`${names ? html`<p class="kept" role="status">${t("What you typed for {names} is kept. Choose the file again to go on.", { names })}</p>` : nothing}${listOf(this.chosen, events)}`, this.list);
  }

  private keep(form: HTMLFormElement): void {
    this.readFields(form);
    const fields = sharedFields(form);
    const files = this.chosen.map(({ file, texts }) => ({ name: file.name, size: file.size, ...texts }));
    const isTyped = [...files, ...this.awaited].length > 0 || OWN_FIELDS.some((name) => field(form, name)?.value);
    if (isTyped) this.kept.write({ fields: { ...fields, ...ownFields(form) }, files: [...files, ...this.awaited] });
    else this.kept.clear();
    const discard = form.querySelector<HTMLElement>("[data-action=discard]");
    if (discard) discard.hidden = !isTyped;
  }

  private restore(form: HTMLFormElement): void {
    const kept = this.kept.read();
    if (!kept) return;
    for (const [name, value] of Object.entries(kept.fields)) {
      const control = field(form, name);
      if (control && value) control.value = value;
    }
    this.awaited = kept.files;
    this.draw(form);
    this.keep(form);
  }

  private askToDiscard(form: HTMLFormElement, errors: FormErrors): void {
    const texts = { question: t("Throw away what you typed and chose here?"), yes: t("Discard"), no: t("Keep it") };
    ask(this, texts, () => {
      this.chosen = [];
      this.awaited = [];
      errors.clear();
      form.reset();
      this.show(form);
      fileInput(form)?.focus();
    });
  }

  // -- Sending ---------------------------------------------------------------------------------------------------------

  private async submit(form: HTMLFormElement, errors: FormErrors): Promise<void> {
    errors.clear();
    this.readFields(form);
    if (!this.chosen.length) {
      errors.wrong("file", t("Please choose a recording."));
      errors.toFirst();
      return;
    }
    const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
    if (button) button.disabled = true;
    try {
      await Promise.all(this.chosen.map((one) => one.looked));
      if (this.chosen.every((one) => one.isReadable) && (await this.hasRoom(form, errors))) await this.beginAll(form, errors);
    } finally {
      if (button) button.disabled = false;
    }
    this.show(form);
    errors.toFirst();
    if (!this.chosen.length) this.rest(form);
  }

  /** Refuse what does not fit before its first byte; where that cannot be told now, the server tells it later. */
  private async hasRoom(form: HTMLFormElement, errors: FormErrors): Promise<boolean> {
    const neededBytes = this.chosen.filter(({ way }) => way.kind === "send").reduce((sum, { file }) => sum + file.size, 0);
    try {
      const room = roomFor(await askStorage(), field(form, "organization")?.value ?? "");
      const lack = room ? lackOf(room, neededBytes) : "";
      if (lack) errors.wrong("file", lack);
      return !lack;
    } catch {
      return true;
    }
  }

  private async beginAll(form: HTMLFormElement, errors: FormErrors): Promise<void> {
    const shared = sharedFields(form);
    for (const one of [...this.chosen]) {
      one.problem = "";
      try {
        await this.beginOne(one, shared);
      } catch (error) {
        if (this.explain(one, error, errors)) return; // it would be the same with the others
        continue;
      }
      this.chosen = this.chosen.filter((other) => other !== one);
      this.show(form);
    }
  }

  /** Make the draft of a file and begin to send; or go on with one that is there already. */
  private async beginOne(one: Chosen, shared: Record<string, string>): Promise<void> {
    if (one.way.kind === "resume") {
      const { video, upload } = one.way.source;
      const { title, description } = await call<Video>("GET", `/api/v1/videos/${video.id}`);
      this.addRow(video.id, { title, description }, one.file, upload);
      return;
    }
    const about = { ...shared, ...one.texts };
    const unheard = await one.madeUnheard();
    if (unheard) await call("PATCH", `/api/v1/videos/${unheard.video.id}`, { body: about }); // it may have been changed since
    const { id, upload } = unheard ? { id: unheard.video.id, upload: unheard.upload } : await this.makeDraft(one, about);
    const row = this.addRow(id, one.texts, one.file, one.way.kind === "reuse" ? undefined : upload);
    this.ownFiles.set(row, one.file);
  }

  private makeDraft({ file, way, fingerprint }: Chosen, about: Record<string, string>): Promise<Draft> {
    const recording = way.kind === "reuse" ? { same_as: way.source.upload.id } : { filename: file.name, size_bytes: file.size, fingerprint };
    return call<Draft>("POST", "/api/v1/videos", { body: { ...about, ...recording } });
  }

  private addRow(videoId: string, texts: Texts, file: File, upload?: { url: string; protocol: string }): EduDraft {
    const recording = upload ? new EduUpload() : document.createElement("edu-processing");
    recording.setAttribute("video-id", videoId);
    if (upload && recording instanceof EduUpload) {
      recording.setAttribute("upload-url", upload.url);
      recording.setAttribute("protocol", upload.protocol);
      recording.file = file;
    }
    const row = EduDraft.of(videoId, texts, recording);
    this.rows.append(row);
    this.rows.hidden = false;
    return row;
  }

  /** Say what is wrong where it can be mended; true where that concerns all files. */
  private explain(one: Chosen, error: unknown, errors: FormErrors): boolean {
    one.isUnsure = error instanceof TypeError || (error instanceof ProblemError && error.problem.status >= SERVER_AWAY);
    if (!(error instanceof ProblemError)) {
      errors.say(one.isUnsure ? t("The network is away. What you typed is still here; try again.") : sentenceOf(error));
      return true;
    }
    const isOneOfMany = this.chosen.length > 1;
    const fields = error.problem.errors ?? [];
    const own = isOneOfMany ? fields.filter(({ field: name }) => OF_THE_FILE.has(name)) : [];
    const others = fields.filter((item) => !own.includes(item));
    if (isOneOfMany && error.problem.status === TOO_LARGE) one.problem = sentenceOf(error);
    else if (own.length) one.problem = own.map(({ message }) => message).join(" ");
    else if (!fields.length) errors.say(sentenceOf(error));
    for (const { field: name, message } of others) errors.wrong(field(errors.form, name) ? name : "file", message);
    return others.length > 0 || !one.problem;
  }

  // -- Afterwards ------------------------------------------------------------------------------------------------------

  /** All files have their drafts: show these, and the form only when more are to come. */
  private rest(form: HTMLFormElement): void {
    for (const name of OWN_FIELDS) {
      const control = field(form, name);
      if (control) control.value = "";
    }
    this.keep(form);
    form.hidden = true;
    const more = document.createElement("button");
    Object.assign(more, { type: "button", className: "button quiet", textContent: t("Upload more") });
    more.addEventListener("click", () => {
      more.remove();
      form.hidden = false;
      fileInput(form)?.focus();
    });
    this.append(more);
    this.rows.focus({ preventScroll: true });
    this.rows.firstElementChild?.scrollIntoView({ block: "center" }); // the form was longer, on a phone its end was in sight
    document.dispatchEvent(new CustomEvent(STORAGE_CHANGED));
  }

  /** A draft of this page whose upload was given up: its file comes back into the form, with all that was typed. */
  private takeBack(form: HTMLFormElement, event: Event): void {
    const row = (event.target as Element).closest("edu-draft");
    const file = row instanceof EduDraft ? this.ownFiles.get(row) : undefined;
    if (!(row instanceof EduDraft) || !file) return;
    event.preventDefault();
    row.remove();
    this.rows.hidden = !this.rows.childElementCount;
    this.querySelector(":scope > button")?.remove();
    form.hidden = false;
    this.readFields(form);
    this.chosen.push(this.choose(form, file, row.texts));
    this.show(form);
    void this.forget(row.videoId);
  }

  /** Delete the draft of a cancelled upload; where that fails it stands among the creator's lessons. */
  private async forget(videoId: string): Promise<void> {
    try {
      await call("DELETE", `/api/v1/videos/${videoId}`);
    } catch (error) {
      console.warn("The draft of the cancelled upload is still there", error);
    }
  }
}

function fileInput(form: HTMLFormElement): HTMLInputElement | null {
  return form.querySelector("input[type=file]");
}

function field(form: HTMLFormElement, name: string): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | null {
  return form.querySelector(`:is(input, select, textarea)[name="${CSS.escape(name)}"]`);
}

/** Return what was chosen for all files. */
function sharedFields(form: HTMLFormElement): Record<string, string> {
  return Object.fromEntries([...form.querySelectorAll("select")].map((select) => [select.name, select.value]));
}

function ownFields(form: HTMLFormElement): Texts {
  return { title: field(form, "title")?.value ?? "", description: field(form, "description")?.value ?? "" };
}

function filesOf(chosen: readonly Chosen[]): FileList {
  const transfer = new DataTransfer();
  for (const { file } of chosen) transfer.items.add(file);
  return transfer.files;
}

customElements.define("edu-new-lesson", EduNewLesson);

/**
 * `<edu-captions>` around the list of a lesson's captions: edits one language in place. Only what is near the screen is
 * drawn, so thousands of captions stay fluent. Changes are saved cue by cue against the version that they were made on;
 * where somebody else has saved since, ours are made to theirs, and nothing of either is lost.
 */
import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import { ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { applied, changesOf, type Cue, cuesOf, during, type Edit, editsBetween, editsOf, merged, newCue, ordered, problemOf, type Raw, replaced, shifted, split, warningsOf, webvtt } from "./cues";
import { History } from "./history";
import { icon } from "./icons";
import { Keeper } from "./keeper";
import { playBetween, playheadMs, previewVideo } from "./preview";
import { CHANGED, type Notice, noticeLine, noticeOf, send } from "./saving";
import { exactTime, parseTime } from "./times";

type Track = components["schemas"]["CaptionTrackOut"];
type Tracks = components["schemas"]["CaptionsOut"];

const CHUNK = 40;
const ROW_PX = 92;
const MOST_CHANGES = 1000;

class EduCaptions extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly place = document.createElement("div");
  private readonly history = new History<Cue[]>();
  private readonly heights = new Map<number, number>();
  private readonly near = new Set<number>();
  private readonly names = new Map<string, string>();
  private readonly sight = new IntersectionObserver((entries) => { this.onSight(entries); }, { rootMargin: "600px 0px" });
  private tracks: Track[] = [];
  private language = "";
  private wanted = "";
  private beside = "";
  private etag = "";
  private base: readonly Raw[] = [];
  private cues: Cue[] = [];
  private current: number | undefined;
  private caret = 0;
  private playing: number | undefined;
  private find = "";
  private by = "";
  private shiftS = "";
  private notice: Notice | undefined;
  private keeper: Keeper | undefined;
  private isSaving = false;

  connectedCallback(): void {
    if (this.place.isConnected) return;
    this.place.className = "cue-editor";
    this.append(this.place);
    for (const row of this.querySelectorAll<HTMLElement>("li[data-language]")) this.addEntrance(row, row.dataset["language"] ?? "");
    this.addBeginning();
    const { signal } = this.listeners;
    document.addEventListener("timeupdate", () => { this.follow(); }, { capture: true, signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    this.sight.disconnect();
    this.keeper?.destroy();
  }

  private addEntrance(row: HTMLElement, language: string): void {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button quiet small", textContent: t("Edit") });
    button.setAttribute("aria-label", t("Edit the captions in {language}", { language: row.dataset["name"] ?? language }));
    button.addEventListener("click", () => void this.open(language));
    row.querySelector("span")?.after(button);
  }

  /** Offer to write captions in a language that has none; the upload's form knows the languages. */
  private addBeginning(): void {
    const there = new Set([...this.querySelectorAll<HTMLElement>("li[data-language]")].map((row) => row.dataset["language"]));
    const options = [...(this.parentElement?.querySelector<HTMLSelectElement>("#captions_language")?.options ?? [])].filter(({ value }) => !there.has(value));
    if (!options.length) return;
    const own = this.getAttribute("language") ?? "";
    const select = document.createElement("select");
    select.setAttribute("aria-label", t("Language of new captions"));
    select.append(...options.map(({ text, value }) => new Option(text, value, value === own, value === own)));
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button quiet small", textContent: t("Write captions") });
    button.addEventListener("click", () => {
      this.names.set(select.value, select.selectedOptions[0]?.text ?? select.value);
      void this.open(select.value);
    });
    const row = document.createElement("div");
    row.className = "editor-actions new-captions";
    row.append(select, button);
    this.place.before(row);
  }

  // -- Loading and keeping -----------------------------------------------------------------------------------------------

  private get path(): string {
    return `/api/v1/videos/${this.getAttribute("video-id")}/captions`;
  }

  private get isChanged(): boolean {
    return changesOf(this.base, this.cues.filter(({ was, text }) => was !== undefined || text.trim())).length > 0;
  }

  private async open(language: string): Promise<void> {
    if (this.mustBeSaved(language)) return;
    this.wanted = language;
    this.say({ text: t("Loading.") });
    try {
      ({ items: this.tracks } = await send<Tracks>("GET", this.path));
    } catch (error) {
      this.say(noticeOf(error));
      return;
    }
    if (this.wanted !== language || this.mustBeSaved(language)) return; // another one was opened or edited since
    this.keeper?.destroy();
    this.language = language;
    this.beside = this.tracks.find((track) => track.language !== language)?.language ?? "";
    this.take(this.tracks.find((track) => track.language === language));
    if (!this.cues.length) this.cues = [newCue([], playheadMs())];
    this.say(undefined);
    const path = `/studio/${this.getAttribute("video-id")}/captions/${language}/cues`;
    this.keeper = new Keeper(this.place, path, (text) => { this.putBack(text); });
    this.place.querySelector("h3")?.focus();
  }

  /** Tell whether what is edited would be lost by opening a language. */
  private mustBeSaved(language: string): boolean {
    if (!this.language || !this.isChanged) return false;
    this.say(this.language === language ? undefined : { text: t("Save the captions that you are editing first."), isWrong: true });
    this.place.querySelector("h3")?.focus();
    return true;
  }

  private take(track: Track | undefined): void {
    this.etag = track?.etag ?? "";
    this.base = track?.cues ?? [];
    this.cues = cuesOf(this.base);
    this.history.clear(); // it is of cues that know their places in what was there before
    this.heights.clear();
  }

  private putBack(value: string): void {
    if (value === this.editsText()) return;
    try {
      this.change(applied(this.base, JSON.parse(value) as Edit[]));
    } catch {
      this.say({ text: t("What was kept cannot be read any more."), isWrong: true });
    }
  }

  private editsText(): string {
    const edits = editsOf(this.base, this.cues);
    return edits.length ? JSON.stringify(edits) : "";
  }

  // -- Saving ------------------------------------------------------------------------------------------------------------

  private async save(): Promise<void> {
    if (this.isSaving) return;
    const wrong = this.cues.find((cue) => problemOf(cue));
    if (wrong) {
      this.toCue(wrong.id);
      this.say({ text: t("Some captions cannot be saved yet."), isWrong: true });
      return;
    }
    const changes = changesOf(this.base, this.cues);
    if (!changes.length) {
      this.say({ text: t("Nothing has changed.") });
      return;
    }
    this.isSaving = true;
    this.say({ text: t("Saving.") });
    const sent = this.cues;
    try {
      this.onSaved(await this.put(changes), sent);
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === CHANGED) await this.bringTogether();
      else this.say(noticeOf(error));
    } finally {
      this.isSaving = false;
    }
  }

  private async put(changes: readonly object[]): Promise<Track | undefined> {
    if (this.etag && changes.length <= MOST_CHANGES) {
      return send<Track>("PATCH", `${this.path}/${this.language}`, { body: { changes }, headers: { "If-Match": this.etag } });
    }
    const label = this.tracks.find(({ language }) => language === this.language)?.label ?? "";
    const headers: Record<string, string> = this.etag ? { "If-Match": this.etag } : { "If-None-Match": "*" };
    const { items } = await send<Tracks>("PUT", this.path, { body: { language: this.language, label, text: webvtt(this.cues) }, headers });
    return items.find(({ language }) => language === this.language);
  }

  private onSaved(track: Track | undefined, sent: readonly Cue[]): void {
    const since = this.cues === sent ? [] : editsBetween(sent, this.cues);
    this.take(track);
    if (since.length) this.cues = applied(this.base, since); // typed while it was on its way
    this.keeper?.settle();
    if (since.length) this.keeper?.keepSoon(() => this.editsText());
    this.say({ text: t("Saved.") });
  }

  private async bringTogether(): Promise<void> {
    const edits = editsOf(this.base, this.cues);
    try {
      ({ items: this.tracks } = await send<Tracks>("GET", this.path));
    } catch (error) {
      this.say(noticeOf(error));
      return;
    }
    this.take(this.tracks.find(({ language }) => language === this.language));
    this.change(applied(this.base, edits));
    const disputed = this.cues.filter(({ isDisputed }) => isDisputed).length;
    this.say({
      text: disputed
        ? t("Somebody else saved meanwhile. Your changes are added to theirs; {n} captions were changed by both: look at the marked ones, then save again.", { n: disputed })
        : t("Somebody else saved meanwhile. Your changes are added to theirs; look, then save again."),
      isWrong: true,
    });
    const first = this.cues.find(({ isDisputed }) => isDisputed);
    if (first) this.toCue(first.id);
  }

  // -- Changing ----------------------------------------------------------------------------------------------------------

  private change(cues: Cue[], tag?: string): void {
    this.history.note(this.cues, tag);
    this.set(cues);
  }

  private set(cues: Cue[]): void {
    this.cues = cues;
    this.notice = undefined;
    this.keeper?.keepSoon(() => this.editsText());
    this.draw();
  }

  private edit(id: number, changes: Partial<Cue>, tag?: string): void {
    this.change(this.cues.map((cue) => (cue.id === id ? { ...cue, ...changes } : cue)), tag);
  }

  private retime(id: number, name: "startMs" | "endMs", input: HTMLInputElement): void {
    const timeMs = parseTime(input.value);
    input.setCustomValidity(timeMs === undefined ? t("A time like 1:30.500.") : "");
    if (timeMs === undefined) input.reportValidity();
    else this.change(ordered(this.cues.map((cue) => (cue.id === id ? { ...cue, [name]: timeMs } : cue))));
  }

  private splitCurrent(): void {
    const place = this.cues.findIndex(({ id }) => id === this.current);
    const cue = this.cues[place];
    const parts = cue && split(cue, this.caret);
    if (!parts) {
      this.say({ text: t("Put the cursor between two words of a caption first."), isWrong: true });
      return;
    }
    this.change(this.cues.toSpliced(place, 1, ...parts));
    this.toCue(parts[1].id);
  }

  private mergeCurrent(): void {
    const place = this.cues.findIndex(({ id }) => id === this.current);
    const [cue, next] = [this.cues[place], this.cues[place + 1]];
    if (!cue || !next) return;
    this.change(this.cues.toSpliced(place, 2, merged(cue, next)));
    this.toCue(cue.id);
  }

  private add(): void {
    const added = newCue(this.cues, playheadMs());
    this.change(ordered([...this.cues, added]));
    this.toCue(added.id);
  }

  private removeCurrent(): void {
    const place = this.cues.findIndex(({ id }) => id === this.current);
    if (place < 0) return;
    this.change(this.cues.toSpliced(place, 1));
    const next = this.cues[place] ?? this.cues.at(-1);
    if (next) this.toCue(next.id);
  }

  private undo(): void {
    const before = this.history.undo();
    if (before) this.set(before);
  }

  private replaceAll(): void {
    const { cues, count } = replaced(this.cues, this.find, this.by);
    if (count) this.change(cues);
    this.say({ text: t("Replaced: {n}", { n: count }) });
  }

  private shiftAll(): void {
    const seconds = Number(this.shiftS.replace(",", "."));
    if (!this.shiftS.trim() || !Number.isFinite(seconds)) {
      this.say({ text: t("Say by how many seconds, for instance 1.5 or -2."), isWrong: true });
      return;
    }
    this.change(shifted(this.cues, Math.round(seconds * 1000)));
    this.say({ text: t("All captions were moved by {n} seconds.", { n: seconds }) });
  }

  private toNext(): void {
    const from = this.cues.findIndex(({ id }) => id === this.current) + 1;
    const found = [...this.cues.slice(from), ...this.cues.slice(0, from)].find(({ text }) => text.includes(this.find));
    if (!this.find || !found) this.say({ text: t("Not found.") });
    else this.toCue(found.id, this.find);
  }

  /** Bring a cue into sight and its text into focus, with a part of it selected. */
  private toCue(id: number, part = ""): void {
    this.current = id;
    const place = this.cues.findIndex((cue) => cue.id === id);
    this.near.add(Math.floor(place / CHUNK));
    this.draw();
    const field = this.place.querySelector<HTMLTextAreaElement>(`textarea[data-cue="${id}"]`);
    field?.scrollIntoView({ block: "center" });
    field?.focus({ preventScroll: true });
    const at = part ? field?.value.indexOf(part) ?? -1 : -1;
    if (at >= 0) field?.setSelectionRange(at, at + part.length);
  }

  private follow(): void {
    if (!this.language) return;
    const atMs = playheadMs();
    const now = previewVideo()?.paused === false ? this.cues.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)?.id : this.playing;
    if (now === this.playing) return;
    this.playing = now;
    this.draw();
  }

  // -- Drawing -----------------------------------------------------------------------------------------------------------

  private onSight(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const chunk = Number((target as HTMLElement).dataset["chunk"]);
      if (isIntersecting) this.near.add(chunk);
      else if (!target.contains(document.activeElement)) {
        if (this.near.delete(chunk)) this.heights.set(chunk, boundingClientRect.height);
      }
    }
    this.draw();
  }

  private say(notice: Notice | undefined): void {
    this.notice = notice;
    this.draw();
  }

  private draw(): void {
    if (!this.language) {
      render(noticeLine(this.notice), this.place);
      return;
    }
    const chunks = Array.from({ length: Math.ceil(this.cues.length / CHUNK) }, (_, chunk) => chunk);
    const warned = this.cues.filter((cue, place) => problemOf(cue) ?? warningsOf(cue, this.cues[place - 1]).length).length;
    render(html`
      <h3 tabindex="-1">${t("Captions in {language}", { language: this.nameOf(this.language) })} <small>${t("{n} captions", { n: this.cues.length })}${warned ? ` · ${t("{n} to look at", { n: warned })}` : ""}</small></h3>
      ${this.tools()}
      <div class="cue-chunks">${chunks.map((chunk) => html`<div class="chunk" data-chunk=${chunk} style=${styleMap(this.near.has(chunk) ? { height: "auto" } : { height: `${this.heights.get(chunk) ?? ROW_PX * Math.min(CHUNK, this.cues.length - chunk * CHUNK)}px` })}>${this.near.has(chunk) ? this.chunk(chunk) : nothing}</div>`)}</div>
      <div class="editor-save">${noticeLine(this.notice)}<button type="button" class="button" data-action="save-cues" @click=${() => void this.save()}>${t("Save the captions")}</button></div>`, this.place);
    for (const element of this.place.querySelectorAll(".chunk")) this.sight.observe(element);
  }

  private nameOf(language: string): string {
    return this.querySelector<HTMLElement>(`li[data-language="${language}"]`)?.dataset["name"] ?? this.names.get(language) ?? language;
  }

  private tools(): unknown {
    // A click must not take the cursor out of the text that it is about.
    const button = (text: string, action: () => void, isOff = false): unknown =>
      html`<button type="button" class="button quiet small" ?disabled=${isOff} @pointerdown=${(event: Event) => { event.preventDefault(); }} @click=${action}>${text}</button>`;
    const none = this.current === undefined;
    const typed = (event: Event): string => (event.target as HTMLInputElement).value;
    const others = this.tracks.filter(({ language }) => language !== this.language);
    return html`<div class="cue-tools"><div class="editor-actions">
      ${button(t("Add a caption here"), () => { this.add(); })}${button(t("Split at the cursor"), () => { this.splitCurrent(); }, none)}${button(t("Merge with the next"), () => { this.mergeCurrent(); }, none)}${button(t("Delete"), () => { this.removeCurrent(); }, none)}${button(t("Undo"), () => { this.undo(); }, this.history.isEmpty)}</div>
      <details class="more-tools"><summary>${t("Find, replace, move")}</summary>
        <div class="tool-row"><input type="search" aria-label=${t("Find")} placeholder=${t("Find")} .value=${this.find} @input=${(event: Event) => { this.find = typed(event); }}><input aria-label=${t("Replace by")} placeholder=${t("Replace by")} .value=${this.by} @input=${(event: Event) => { this.by = typed(event); }}>${button(t("Next"), () => { this.toNext(); })}${button(t("Replace all"), () => { this.replaceAll(); })}</div>
        <div class="tool-row"><input class="short" inputmode="text" aria-label=${t("Move all by seconds")} placeholder="+1.5" .value=${this.shiftS} @input=${(event: Event) => { this.shiftS = typed(event); }}>${button(t("Move all captions"), () => { this.shiftAll(); })}</div>
        ${others.length ? html`<div class="tool-row"><label>${t("Show beside")} <select @change=${(event: Event) => { this.beside = (event.target as HTMLSelectElement).value; this.draw(); }}><option value="">${t("Nothing")}</option>${others.map(({ language }) => html`<option value=${language} ?selected=${language === this.beside}>${this.nameOf(language)}</option>`)}</select></label></div>` : nothing}
      </details></div>`;
  }

  private chunk(chunk: number): unknown {
    const from = chunk * CHUNK;
    return html`<ol start=${from + 1}>${repeat(this.cues.slice(from, from + CHUNK), ({ id }) => id, (cue, place) => this.row(cue, from + place))}</ol>`;
  }

  private row(cue: Cue, place: number): unknown {
    const problem = problemOf(cue);
    const warnings = problem ? [problem] : warningsOf(cue, this.cues[place - 1]);
    const n = place + 1;
    const other = this.tracks.find(({ language }) => language === this.beside);
    const note = (event: Event): void => {
      this.caret = (event.target as HTMLTextAreaElement).selectionStart;
      if (this.current === cue.id) return;
      this.current = cue.id;
      this.draw();
    };
    const time = (name: "startMs" | "endMs", label: string): unknown =>
      html`<input class="time" inputmode="decimal" autocomplete="off" aria-label=${label} .value=${exactTime(cue[name])} @focus=${() => { this.current = cue.id; this.draw(); }} @change=${(event: Event) => { this.retime(cue.id, name, event.target as HTMLInputElement); }}>`;
    return html`<li class=${`cue${problem ? " wrong" : ""}${cue.id === this.current ? " current" : ""}${cue.id === this.playing ? " playing" : ""}`}>
      <button type="button" class="icon-button" aria-label=${t("Play caption {n}", { n })} title=${t("Play just this")} @click=${() => { playBetween(cue.startMs, cue.endMs); }}>${icon("play")}</button>
      <span class="cue-times">${time("startMs", t("Start of caption {n}", { n }))}<span aria-hidden="true">–</span>${time("endMs", t("End of caption {n}", { n }))}</span>
      <textarea rows="2" lang=${this.language} data-cue=${cue.id} aria-label=${t("Text of caption {n}", { n })} aria-describedby=${warnings.length ? `cue-${cue.id}` : nothing} aria-invalid=${problem ? "true" : "false"} .value=${cue.text}
        @input=${(event: Event) => { this.caret = (event.target as HTMLTextAreaElement).selectionStart; this.edit(cue.id, { text: (event.target as HTMLTextAreaElement).value }, `text-${cue.id}`); }} @focus=${note} @keyup=${note} @pointerup=${note} @blur=${note}></textarea>
      ${other ? html`<p class="cue-beside" lang=${other.language}>${during(other.cues, cue)}</p>` : nothing}
      ${warnings.length ? html`<p class=${problem ? "row-error" : "cue-warning"} id=${`cue-${cue.id}`}>${warnings.join(" ")}</p>` : nothing}</li>`;
  }
}

customElements.define("edu-captions", EduCaptions);

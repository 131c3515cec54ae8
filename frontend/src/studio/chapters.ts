/**
 * `<edu-chapters>` around the form of chapters: a track with pictures of the lesson, a handle for each chapter, and a row
 * to name it. The form's lines stay the truth, so what is kept, put back or pasted there shows here at once.
 */
import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { styleMap } from "lit/directives/style-map.js";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { clock } from "../study/clock";
import { History } from "./history";
import { icon } from "./icons";
import { inOrder, type Mark, mark, parseMarks, parsePasted, problemsOf, snapped, textOf } from "./marks";
import { playheadMs, previewVideo, showMoment } from "./preview";
import { type Notice, noticeLine, noticeOf, send, settle, type } from "./saving";
import { fetchStoryboard, spread, type Tile } from "./storyboard";
import { exactTime, parseTime } from "./times";

type Chapters = components["schemas"]["ChaptersOut"];

const REACH_PX = 8;
const TILE_PX = 80;
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -30, PageUp: 30 };

class EduChapters extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly place = document.createElement("div");
  private readonly history = new History<Mark[]>();
  private marks: Mark[] = [];
  private wrongLines: number[] = [];
  private tiles: Tile[] = [];
  private notice: Notice | undefined;
  private dragged: number | undefined;
  private resized: ResizeObserver | undefined;
  private atMs = 0;

  connectedCallback(): void {
    const field = this.querySelector("textarea");
    const form = this.querySelector("form");
    if (!field || !form || this.place.isConnected) return;
    const { signal } = this.listeners;
    const whole = document.createElement("details");
    whole.className = "as-text";
    const summary = document.createElement("summary");
    summary.textContent = t("As text");
    const box = field.closest(".field");
    box?.replaceWith(this.place, whole);
    whole.append(summary, ...(box ? [box] : []));
    if (box?.querySelector(".field-error p")) whole.open = true;
    this.read(field);
    field.addEventListener("input", () => { if (textOf(this.marks) !== field.value) this.read(field); }, { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save();
    }, { signal });
    this.addEventListener("keydown", (event) => { this.onKey(event); }, { signal });
    document.addEventListener("timeupdate", () => { this.follow(); }, { capture: true, signal });
    document.addEventListener("seeking", () => { this.follow(); }, { capture: true, signal });
    this.resized = new ResizeObserver(() => { this.draw(); });
    this.resized.observe(this);
    void this.loadTiles();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    this.resized?.disconnect();
  }

  private get durationMs(): number {
    return Number(this.getAttribute("duration-ms") ?? 0);
  }

  private async loadTiles(): Promise<void> {
    this.tiles = await fetchStoryboard(this.getAttribute("storyboard-url") ?? "");
    this.draw();
  }

  // -- The list and the form's lines -------------------------------------------------------------------------------------

  private read(field: HTMLTextAreaElement): void {
    const { marks, wrong } = parseMarks(field.value);
    this.wrongLines = wrong;
    this.marks = marks;
    this.draw();
  }

  private change(marks: Mark[], tag?: string): void {
    this.history.note(this.marks, tag);
    this.set(marks);
  }

  private set(marks: Mark[]): void {
    this.marks = marks;
    this.wrongLines = [];
    this.notice = undefined;
    const field = this.querySelector<HTMLTextAreaElement>(".as-text textarea");
    if (field) type(field, textOf(marks));
    this.draw();
  }

  private edit(id: number, changes: Partial<Mark>, tag?: string): void {
    this.change(this.marks.map((one) => (one.id === id ? { ...one, ...changes } : one)), tag);
  }

  private add(): void {
    const startMs = this.snap(playheadMs(), 0);
    const there = this.marks.find((one) => one.startMs === startMs);
    const added = there ?? mark(startMs, "");
    if (!there) this.change(inOrder([...this.marks, added]));
    this.querySelector<HTMLInputElement>(`[data-title="${added.id}"]`)?.focus();
  }

  private removeMark(id: number): void {
    const place = this.marks.findIndex((one) => one.id === id);
    this.change(this.marks.filter((one) => one.id !== id));
    const next = this.marks[place] ?? this.marks.at(-1);
    const focus = next ? `[data-title="${next.id}"]` : "[data-action=add]";
    this.querySelector<HTMLElement>(focus)?.focus();
  }

  private undo(): void {
    const before = this.history.undo();
    if (before) this.set(before);
  }

  /** Take lines of times and titles that somebody pastes into one field. */
  private paste(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const { marks, wrong } = parsePasted(text);
    if (!marks.length || wrong.length || (marks.length < 2 && !text.includes("\n"))) return;
    event.preventDefault();
    const taken = new Set(marks.map(({ startMs }) => startMs));
    this.change(inOrder([...this.marks.filter(({ startMs, title }) => title.trim() && !taken.has(startMs)), ...marks]));
  }

  private async save(): Promise<void> {
    const problems = problemsOf(this.marks, this.durationMs);
    const first = inOrder(this.marks).find(({ id }) => problems.has(id));
    if (this.wrongLines.length) {
      this.notice = { text: t("Line {n} needs a time and a title.", { n: this.wrongLines.join(", ") }), isWrong: true };
    } else if (first) {
      this.notice = { text: t("Some chapters cannot be saved yet."), isWrong: true };
      this.querySelector<HTMLElement>(`[data-title="${first.id}"]`)?.focus();
    } else {
      this.notice = { text: t("Saving.") };
      this.draw();
      const items = inOrder(this.marks).map(({ startMs, title }) => ({ start_ms: startMs, title: title.trim() }));
      try {
        const { items: saved } = await send<Chapters>("PUT", `/api/v1/videos/${this.getAttribute("video-id")}/chapters`, { body: { items } });
        this.notice = { text: saved.length ? t("Saved.") : t("Saved: no chapters.") };
        settle(this);
      } catch (error) {
        this.notice = noticeOf(error);
      }
    }
    this.draw();
  }

  // -- The track ---------------------------------------------------------------------------------------------------------

  private snap(timeMs: number, reachMs: number): number {
    return snapped(timeMs, { durationMs: this.durationMs, playheadMs: playheadMs(), reachMs });
  }

  private timeAt(event: PointerEvent | MouseEvent): number {
    const { left, width } = (this.querySelector(".chapter-track") ?? this).getBoundingClientRect();
    return ((event.clientX - left) / Math.max(1, width)) * this.durationMs;
  }

  private reachMs(): number {
    return (REACH_PX / Math.max(1, this.querySelector(".chapter-track")?.clientWidth ?? 1)) * this.durationMs;
  }

  private grab(event: PointerEvent, one: Mark): void {
    if (event.button !== 0) return;
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    this.history.note(this.marks);
    this.dragged = one.id;
    this.draw();
  }

  private drag(event: PointerEvent, one: Mark): void {
    if (this.dragged !== one.id) return;
    const startMs = this.snap(this.timeAt(event), previewVideo()?.paused ? 0 : this.reachMs());
    if (startMs === one.startMs) return;
    this.marks = this.marks.map((other) => (other.id === one.id ? { ...other, startMs } : other));
    showMoment(startMs);
    this.draw();
  }

  private drop(): void {
    if (this.dragged === undefined) return;
    this.dragged = undefined;
    this.set(inOrder(this.marks));
  }

  private move(event: KeyboardEvent, one: Mark): void {
    const step = STEPS[event.key];
    const target = event.key === "Home" ? 0 : event.key === "End" ? this.durationMs : step === undefined ? undefined : one.startMs + step * 1000;
    if (event.key === "Delete" || event.key === "Backspace") this.removeMark(one.id);
    else if (target === undefined) return;
    else {
      const startMs = this.snap(target, 0);
      this.change(this.marks.map((other) => (other.id === one.id ? { ...other, startMs } : other)), `move-${one.id}`);
      showMoment(startMs);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private onKey(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (isTyping || event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    event.preventDefault();
    this.undo();
  }

  private follow(): void {
    const atMs = playheadMs();
    if (Math.abs(atMs - this.atMs) < 200) return;
    this.atMs = atMs;
    this.querySelector<HTMLElement>(".chapter-playhead")?.style.setProperty("left", this.place100(atMs));
  }

  private place100(timeMs: number): string {
    return `${(100 * Math.min(1, timeMs / Math.max(1, this.durationMs))).toFixed(3)}%`;
  }

  // -- Drawing -----------------------------------------------------------------------------------------------------------

  private draw(): void {
    const problems = problemsOf(this.marks, this.durationMs);
    render(html`
      ${this.durationMs ? this.track() : nothing}
      <div class="editor-actions">
        <button type="button" class="button quiet small" data-action="add" @click=${() => { this.add(); }}>${t("Add a chapter here")}</button>
        <button type="button" class="button quiet small" ?disabled=${this.history.isEmpty} @click=${() => { this.undo(); }}>${t("Undo")}</button>
      </div>
      ${this.marks.length ? nothing : html`<p class="help">${t("No chapters yet. Go to where one begins and add it, or paste lines like “0:00 Intro” as text.")}</p>`}
      <ol class="mark-rows">${repeat(this.dragged === undefined ? inOrder(this.marks) : this.marks, ({ id }) => id, (one, place) => this.row(one, place + 1, problems.get(one.id)))}</ol>
      ${noticeLine(this.notice)}`, this.place);
  }

  private track(): unknown {
    const count = Math.max(1, Math.round(this.clientWidth / TILE_PX));
    return html`<div class="chapter-track-box"><div class="chapter-track" @click=${(event: MouseEvent) => { if (!(event.target as Element).closest("button")) showMoment(this.timeAt(event)); }}>
      <div class="chapter-strip" aria-hidden="true">${spread(this.tiles, this.durationMs, count).map((tile) => tileOf(tile, count))}</div>
      <span class="chapter-playhead" style=${styleMap({ left: this.place100(this.atMs) })}></span>
      ${repeat(this.marks, ({ id }) => id, (one) => this.handle(one))}
    </div><p class="chapter-track-ends" aria-hidden="true"><span>0:00</span><span>${clock(this.durationMs)}</span></p></div>`;
  }

  private handle(one: Mark): unknown {
    const name = one.title.trim() || t("Chapter without a title");
    return html`<button type="button" class=${`chapter-handle${this.dragged === one.id ? " dragged" : ""}`} role="slider" data-handle=${one.id}
      style=${styleMap({ left: this.place100(one.startMs) })}
      aria-label=${t("Start of “{title}”", { title: name })} aria-orientation="horizontal"
      aria-valuemin="0" aria-valuemax=${Math.floor(this.durationMs / 1000)} aria-valuenow=${Math.round(one.startMs / 1000)} aria-valuetext=${exactTime(one.startMs)}
      @pointerdown=${(event: PointerEvent) => { this.grab(event, one); }} @pointermove=${(event: PointerEvent) => { this.drag(event, this.now(one)); }}
      @pointerup=${() => { this.drop(); }} @pointercancel=${() => { this.drop(); }}
      @keydown=${(event: KeyboardEvent) => { this.move(event, this.now(one)); }}
      @click=${() => { showMoment(this.now(one).startMs); }}><span class="chapter-handle-label">${exactTime(one.startMs)} ${name}</span></button>`;
  }

  private now(one: Mark): Mark {
    return this.marks.find(({ id }) => id === one.id) ?? one;
  }

  private row(one: Mark, number: number, problem: string | undefined): unknown {
    const retime = (event: Event): void => {
      const input = event.target as HTMLInputElement;
      const startMs = parseTime(input.value);
      if (startMs === undefined) {
        input.setCustomValidity(t("A time like 1:30."));
        input.reportValidity();
        return;
      }
      input.setCustomValidity("");
      this.change(inOrder(this.marks.map((other) => (other.id === one.id ? { ...other, startMs } : other))));
    };
    return html`<li class=${problem ? "wrong" : ""}>
      <input class="time" inputmode="decimal" autocomplete="off" aria-label=${t("Time of chapter {n}", { n: number })} .value=${exactTime(one.startMs)} @change=${retime} @input=${(event: Event) => { (event.target as HTMLInputElement).setCustomValidity(""); }}>
      <input class="title" autocomplete="off" data-title=${one.id} aria-label=${t("Title of chapter {n}", { n: number })} placeholder=${t("Title")} .value=${one.title} aria-invalid=${problem ? "true" : "false"} aria-describedby=${problem ? `mark-${one.id}` : nothing}
        @input=${(event: Event) => { this.edit(one.id, { title: (event.target as HTMLInputElement).value }, `title-${one.id}`); }} @paste=${(event: ClipboardEvent) => { this.paste(event); }}>
      <span class="row-actions">
        <button type="button" class="icon-button" title=${t("Show this moment")} aria-label=${t("Show {time}", { time: exactTime(one.startMs) })} @click=${() => { showMoment(one.startMs); }}>${icon("play")}</button>
        <button type="button" class="icon-button" title=${t("Begin where the preview is")} aria-label=${t("Begin chapter {n} where the preview is", { n: number })} @click=${() => { this.change(inOrder(this.marks.map((other) => (other.id === one.id ? { ...other, startMs: this.snap(playheadMs(), 0) } : other)))); }}>${icon("here")}</button>
        <button type="button" class="icon-button" title=${t("Delete")} aria-label=${t("Delete chapter {n}", { n: number })} @click=${() => { this.removeMark(one.id); }}>${icon("remove")}</button>
      </span>
      ${problem ? html`<p class="row-error" id=${`mark-${one.id}`}>${problem}</p>` : nothing}</li>`;
  }
}

function tileOf({ url, x, y, width, height }: Tile, count: number): unknown {
  const scale = 45 / height;
  return html`<span style=${styleMap({ width: `${100 / count}%` })}><i style=${styleMap({
    width: `${width}px`, height: `${height}px`, transform: `scale(${scale})`,
    backgroundImage: `url("${url}")`, backgroundPosition: `-${x}px -${y}px`,
  })}></i></span>`;
}

customElements.define("edu-chapters", EduChapters);

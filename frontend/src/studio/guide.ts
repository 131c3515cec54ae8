/**
 * `<edu-guide>` around the form of the study guide: a toolbar, and beside the text how it will look. What is typed is
 * kept by the form's own keeper; nobody's text is overwritten unseen.
 */
import { html, nothing, render } from "lit";
import { ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { renderFormulas } from "../study/formulas";
import "../study/guide.css";
import { icon } from "./icons";
import { playheadMs, showMoment } from "./preview";
import { CHANGED, type Notice, noticeLine, noticeOf, send, sendPicture, settle, type } from "./saving";
import { exactTime } from "./times";

type Guide = components["schemas"]["StudyGuideOut"];
type Figure = components["schemas"]["FigureOut"];
type Shown = components["schemas"]["PreviewOut"];

const PAUSE_MS = 400;

/** What a tool puts around or in the place of what is selected. */
interface Tool {
  label: string;
  name: string;
  key?: string;
  before: () => string;
  after: string;
  example: string;
  /** Begins a line of its own. */
  isBlock?: boolean;
}

class EduGuide extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly bar = document.createElement("div");
  private readonly shown = document.createElement("div");
  private readonly status = document.createElement("div");
  private timer = 0;
  private isSaving = false;
  private asking = new AbortController();

  connectedCallback(): void {
    const field = this.field;
    const form = this.querySelector("form");
    if (!field || !form || this.bar.isConnected) return;
    const { signal } = this.listeners;
    this.shown.className = "guide guide-preview";
    this.shown.setAttribute("aria-label", t("How it will look"));
    this.shown.setAttribute("role", "region");
    this.shown.tabIndex = 0;
    this.shown.lang = this.getAttribute("video-language") ?? "";
    const pair = document.createElement("div");
    pair.className = "guide-pair";
    const box = field.closest(".field");
    box?.replaceWith(this.bar, pair);
    pair.append(...(box ? [box] : []), this.shown);
    form.querySelector("button:not([type=button])")?.before(this.status);
    field.addEventListener("input", () => { this.soon(); }, { signal });
    field.addEventListener("keydown", (event) => { this.onKey(event, field); }, { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save(field);
    }, { signal });
    this.shown.addEventListener("click", (event) => {
      const stamp = (event.target as Element).closest<HTMLAnchorElement>("a[href^='?t=']");
      if (!stamp) return;
      event.preventDefault();
      showMoment(Number(new URL(stamp.href).searchParams.get("t")) * 1000);
    }, { signal });
    this.draw();
    this.say(undefined);
    void this.preview();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    this.asking.abort();
    clearTimeout(this.timer);
  }

  private get field(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  // -- Preview -----------------------------------------------------------------------------------------------------------

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.preview(), PAUSE_MS);
  }

  private async preview(): Promise<void> {
    this.asking.abort();
    const { signal } = this.asking = new AbortController();
    const markdown = this.field?.value ?? "";
    try {
      const answer = markdown.trim() ? await send<Shown>("POST", "/api/v1/study-guide/preview", { body: { markdown }, signal }) : { html: "" };
      // The server has made it safe, as it does for the watch page.
      this.shown.innerHTML = answer.html;
      if (!answer.html) this.shown.textContent = t("What you write shows here.");
      await renderFormulas(this.shown);
    } catch (error) {
      if (!signal.aborted) this.say(noticeOf(error));
    }
  }

  // -- Toolbar -----------------------------------------------------------------------------------------------------------

  private get tools(): Tool[] {
    const plain = (text: string) => (): string => text;
    return [
      { label: "H", name: t("Heading"), before: plain("## "), after: "", example: t("Heading"), isBlock: true },
      { label: "B", name: t("Bold"), key: "b", before: plain("**"), after: "**", example: t("bold") },
      { label: "∑", name: t("Formula"), key: "m", before: plain("$"), after: "$", example: "x^2" },
      { label: "0:00", name: t("The preview's moment"), before: () => `[${exactTime(Math.floor(playheadMs() / 1000) * 1000)}] `, after: "", example: "" },
      { label: "☆", name: t("Key points"), before: plain("::: key\n"), after: "\n:::\n", example: t("What to remember"), isBlock: true },
      { label: "▾", name: t("Answer that unfolds"), before: plain(`::: answer ${t("Question")}\n`), after: "\n:::\n", example: t("Answer"), isBlock: true },
    ];
  }

  /** Upload a picture and name it where the cursor is; what it shows is for its author to say. */
  private async addFigure(file: File | undefined): Promise<void> {
    if (!file) return;
    this.say({ text: t("Sending the picture.") });
    try {
      const { url } = await sendPicture<Figure>("POST", `/api/v1/videos/${this.getAttribute("video-id")}/figures`, file);
      this.use({ before: () => "![", after: `](${url})\n`, example: t("What the picture shows"), isBlock: true });
      this.say(undefined);
    } catch (error) {
      this.say(noticeOf(error));
    }
  }

  private use(tool: Pick<Tool, "before" | "after" | "example" | "isBlock">): void {
    const { field } = this;
    if (!field) return;
    const { selectionStart: from, selectionEnd: to, value } = field;
    const gap = tool.isBlock && from > 0 && value[from - 1] !== "\n" ? "\n" : "";
    const chosen = value.slice(from, to) || tool.example;
    const before = gap + tool.before();
    field.focus();
    // Old, but nothing else keeps the browser's own undo; where it is not there, the text is set.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (!document.execCommand("insertText", false, before + chosen + tool.after)) type(field, value.slice(0, from) + before + chosen + tool.after + value.slice(to));
    const start = from + before.length;
    field.setSelectionRange(start, start + chosen.length);
  }

  private onKey(event: KeyboardEvent, field: HTMLTextAreaElement): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    const tool = this.tools.find(({ key }) => key === event.key.toLowerCase());
    if (event.key.toLowerCase() === "s") void this.save(field);
    else if (tool) this.use(tool);
    else return;
    event.preventDefault();
  }

  // -- Saving ------------------------------------------------------------------------------------------------------------

  private async save(field: HTMLTextAreaElement): Promise<void> {
    if (this.isSaving) return; // what is on its way would be somebody else's
    this.isSaving = true;
    const path = `/api/v1/videos/${this.getAttribute("video-id")}/study-guide`;
    this.say({ text: t("Saving.") });
    const markdown = field.value;
    try {
      const { version } = await send<Guide>("PUT", path, { body: { markdown }, headers: this.condition });
      this.stand(version);
      settle(this);
      if (field.value !== markdown) field.dispatchEvent(new Event("input", { bubbles: true })); // typed meanwhile: to be kept
      this.say({ text: t("Saved.") });
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status === CHANGED) await this.fetchOther(path);
      else this.say(noticeOf(error));
    } finally {
      this.isSaving = false;
    }
  }

  /** Show what somebody else saved meanwhile: to save again is to replace that. */
  private async fetchOther(path: string): Promise<void> {
    try {
      const there = await send<Guide>("GET", path);
      this.stand(there.version);
      this.showOther(there);
    } catch (error) {
      this.say(noticeOf(error));
    }
  }

  /** The version that the text was written upon; the form keeps it with the text. */
  private get written(): HTMLInputElement | null {
    return this.querySelector("input[name=version]");
  }

  private get condition(): Record<string, string> {
    return this.written?.value ? { "If-Match": `"${this.written.value}"` } : {};
  }

  private stand(version: number): void {
    if (this.written) this.written.value = String(version);
  }

  private showOther({ markdown }: Guide): void {
    render(html`<div class="kept" role="alert"><p>${t("Somebody else saved this study guide meanwhile. Yours is not saved yet: take over what you need, then save again to replace theirs.")}</p>
      <details><summary>${t("Their text")}</summary><pre>${markdown}</pre></details></div>`, this.status);
  }

  // -- Drawing -----------------------------------------------------------------------------------------------------------

  private draw(): void {
    const show = (part: string) => (event: Event): void => {
      this.dataset["shows"] = part;
      for (const button of this.querySelectorAll(".guide-tabs button")) button.setAttribute("aria-pressed", String(button === event.currentTarget));
    };
    this.dataset["shows"] = "text";
    this.bar.className = "guide-bar";
    render(html`
      <div class="guide-tabs"><button type="button" class="button quiet small" aria-pressed="true" @click=${show("text")}>${t("Text")}</button><button type="button" class="button quiet small" aria-pressed="false" @click=${show("preview")}>${t("Preview")}</button></div>
      <div class="guide-tools" role="group" aria-label=${t("Insert")}>${this.tools.map((tool) => html`<button type="button" class="icon-button" title=${tool.name} aria-label=${tool.name} aria-keyshortcuts=${tool.key ? `Control+${tool.key.toUpperCase()}` : nothing}
        @pointerdown=${(event: Event) => { event.preventDefault(); }} @click=${() => { this.use(tool); }}>${tool.label}</button>`)}
        <label class="icon-button" title=${t("Picture")}>${icon("picture")}<input type="file" class="hidden" accept="image/jpeg,image/png,image/webp" aria-label=${t("Picture")}
          @change=${(event: Event) => { const input = event.target as HTMLInputElement; void this.addFigure(input.files?.[0]).then(() => { input.value = ""; }); }}></label></div>`, this.bar);
  }

  private say(notice: Notice | undefined): void {
    render(noticeLine(notice), this.status);
  }
}

customElements.define("edu-guide", EduGuide);

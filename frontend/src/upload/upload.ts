/** `<edu-upload>`: a resumable upload with progress, by tus or straight to S3; a lost network or a closed page does no harm. */
import { html, render } from "lit";
import { call, ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { ask } from "./ask";
import { beginMultipart } from "./multipart";
import { Pace } from "./pace";
import { isSameName } from "./parts";
import type { Obstacle, Transfer, TransferListener } from "./transfer";
import { beginTus } from "./tus";

type UploadDetail = components["schemas"]["UploadDetail"];

/** Told (bubbling) after the upload was given up; whoever prevents its default shows what comes next. */
export const CANCELLED = "edu-upload-cancelled";

const GONE = 410;

export class EduUpload extends HTMLElement implements TransferListener {
  /** Bytes that the server has or that are on their way. */
  sentBytes = 0;
  /** True while nothing is sent: no network, or paused. */
  isWaiting = false;
  /** The file to send; without one the element asks for it. */
  file: File | undefined;
  private transfer: Transfer | undefined;
  private announcedBytes = 0;
  private isPaused = false;
  private obstacle: Obstacle = "network";
  private problem = "";
  private readonly pace = new Pace();
  private readonly place = document.createElement("div");
  private listeners = new AbortController();

  connectedCallback(): void {
    if (!this.place.isConnected) this.append(this.place);
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    addEventListener("offline", () => { if (this.transfer && !this.isPaused) this.waiting("network"); }, { signal });
    addEventListener("beforeunload", (event) => { if (this.transfer && !this.isPaused) event.preventDefault(); }, { signal });
    if (this.file) this.begin(this.file);
    else void this.look();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    this.transfer?.pause();
  }

  // -- What the transfer tells ---------------------------------------------------------------------------------------

  progress(sentBytes: number): void {
    if (this.isPaused) return;
    this.isWaiting = false;
    this.sentBytes = sentBytes;
    this.pace.note(performance.now(), sentBytes);
    this.draw();
  }

  waiting(obstacle: Obstacle): void {
    this.isWaiting = true;
    this.obstacle = obstacle;
    this.pace.restart();
    this.draw();
  }

  done(): void {
    this.transfer = undefined;
    const processing = document.createElement("edu-processing");
    processing.setAttribute("video-id", this.getAttribute("video-id") ?? "");
    this.replaceWith(processing);
  }

  failed(sentence: string): void {
    this.problem = sentence;
    this.isPaused = this.isWaiting = true;
    this.draw();
  }

  // -- What people do ------------------------------------------------------------------------------------------------

  private begin(file: File): void {
    this.file = file;
    const begin = this.getAttribute("protocol") === "s3-multipart" ? beginMultipart : beginTus;
    this.transfer = begin(this.url, file, this);
    this.go();
  }

  private go(): void {
    this.isWaiting = this.isPaused = false;
    this.problem = "";
    this.pace.restart();
    this.transfer?.start();
    this.draw();
  }

  private pause(): void {
    this.isPaused = this.isWaiting = true;
    this.transfer?.pause();
    this.draw();
  }

  private askToCancel(): void {
    const texts = {
      question: t("Cancel this upload? What was sent is thrown away."),
      yes: t("Cancel the upload"),
      no: t("Keep it"),
    };
    ask(this, texts, () => void this.cancel());
  }

  private async cancel(): Promise<void> {
    this.pause();
    try {
      await call("DELETE", this.url, { headers: { "Tus-Resumable": "1.0.0" } });
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.status === GONE)) {
        this.failed(sentenceOf(error));
        return;
      }
    }
    this.transfer = undefined;
    if (!this.dispatchEvent(new CustomEvent(CANCELLED, { bubbles: true, cancelable: true }))) return;
    render(html`<p role="status">${t("The upload was cancelled. Delete this lesson, or begin a new one in the studio.")}</p>`, this.place);
  }

  /** Show how much of an upload that was begun earlier is there; one that only has to be put together needs no file. */
  private async look(): Promise<void> {
    this.draw();
    const state = await this.detail();
    if (!state) return;
    this.sentBytes = state.received_bytes;
    this.announcedBytes = state.size_bytes ?? 0;
    if (state.state === "completed") this.done();
    else if (state.state !== "started") this.problem = t("This upload was cancelled or has expired. Begin a new lesson.");
    else if (state.protocol === "s3-multipart" && state.received_bytes === state.size_bytes) this.begin(new File([], state.filename));
    this.draw();
  }

  /** Go on with a file that was chosen again, if it is the one that was begun. */
  private async resume(file: File): Promise<void> {
    this.problem = "";
    const state = await this.detail();
    if (!state) return;
    if (state.state === "completed") this.done();
    else if (file.size === state.size_bytes && isSameName(file.name, state.filename)) this.begin(file);
    else {
      this.problem = t("This is another file than the one that was begun ({name}). Choose that one to go on.", { name: state.filename });
      this.draw();
    }
  }

  private async detail(): Promise<UploadDetail | undefined> {
    try {
      return await call<UploadDetail>("GET", this.url);
    } catch (error) {
      this.problem = sentenceOf(error);
      this.draw();
      return undefined;
    }
  }

  private get url(): string {
    return this.getAttribute("upload-url") ?? "";
  }

  // -- What is shown -------------------------------------------------------------------------------------------------

  private draw(): void {
    render(this.file ? this.drawn(this.file) : this.chooser(), this.place);
  }

  private chooser() {
    const choose = (event: Event): void => {
      const file = (event.target as HTMLInputElement).files?.[0];
      if (file) void this.resume(file);
    };
    return html`<div class="field"><input type="file" aria-label=${t("Recording")} @change=${choose}></div>
      <p class="help" role="alert">${this.problem}</p>
      <p class="help">${this.sentBytes ? t("Already there: {percent} %.", { percent: this.percentOf(this.announcedBytes) }) : ""}</p>
      <p class="actions">${this.cancelButton()}</p>`;
  }

  private drawn(file: File) {
    const percent = this.percentOf(file.size);
    return html`<div class="processing">
      <p class="processing-message">${file.name} · ${percent} %</p>
      <progress max="100" value=${percent} aria-label=${t("Upload")}></progress>
      <p class="help" role="status">${this.problem || this.said(file)}</p>
      <p class="actions">${this.isPaused
        ? html`<button type="button" class="button quiet small" @click=${() => { this.go(); }}>${t("Go on")}</button>`
        : html`<button type="button" class="button quiet small" @click=${() => { this.pause(); }}>${t("Pause")}</button>`}
        ${this.cancelButton()}</p>
    </div>`;
  }

  private percentOf(sizeBytes: number): number {
    return Math.min(100, Math.floor((this.sentBytes / Math.max(1, sizeBytes)) * 100));
  }

  private cancelButton() {
    return html`<button type="button" class="button quiet small" @click=${() => { this.askToCancel(); }}>${t("Cancel the upload")}</button>`;
  }

  private said(file: File): string {
    if (this.isPaused) return t("Paused.");
    if (this.isWaiting && this.obstacle === "network") return t("The network is away; the upload goes on by itself when it is back.");
    if (this.isWaiting) return t("The server is away; the upload goes on by itself when it is back.");
    if (this.sentBytes >= file.size) return t("All is sent; the server is putting it together.");
    const speed = this.pace.bytesPerS();
    if (!speed) return t("Starting.");
    const rate = (speed / 1_000_000).toFixed(1);
    const left = Math.ceil((file.size - this.sentBytes) / speed);
    return left < 90 ? t("{rate} MB/s, {left} s left", { rate, left }) : t("{rate} MB/s, {left} min left", { rate, left: Math.ceil(left / 60) });
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof ProblemError ? error.problem.detail : t("The network is away. What was sent is kept.");
}

customElements.define("edu-upload", EduUpload);

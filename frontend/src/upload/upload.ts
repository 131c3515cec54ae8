/** `<edu-upload>`: a resumable upload with progress, by tus or straight to S3; a lost network or a closed page does no harm. */
import { html, render } from "lit";
import { call, ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { ask } from "../ui/ask";
import { fingerprintOf } from "./fingerprint";
import { beginMultipart } from "./multipart";
import { Pace } from "./pace";
import { gone, GONE, isGone, sentenceOf } from "./problems";
import { ChangedFileError } from "./reading";
import { isSameFile } from "./sameness";
import { sizeText } from "./sizes";
import { STORAGE_CHANGED } from "./storage";
import type { Obstacle, Transfer, TransferListener } from "./transfer";
import { beginTus } from "./tus";
import { Turns } from "./turns";

type UploadDetail = components["schemas"]["UploadDetail"];

/** Told (bubbling) after the upload was given up; whoever prevents its default shows what comes next. */
export const CANCELLED = "edu-upload-cancelled";

const FILES_AT_ONCE = 2;
const DRAW_MS = 250;
const TOLD_PERCENT = 25; // screen readers hear of progress in such steps

const turns = new Turns(FILES_AT_ONCE);

/** What the element does: asks for the file, waits for its turn, sends, has stopped, or has nothing more to do. */
type Phase = "choosing" | "queued" | "sending" | "paused" | "gone";

export class EduUpload extends HTMLElement implements TransferListener {
  /** Bytes that the server has or that are on their way. */
  sentBytes = 0;
  /** True while nothing is sent: no network, or paused, or others first. */
  isWaiting = false;
  /** The file to send; without one the element asks for it. */
  file: File | undefined;
  private phase: Phase = "choosing";
  private begun: UploadDetail | undefined;
  private transfer: Transfer | undefined;
  private turn = new AbortController();
  private giveBack = (): void => undefined;
  private obstacle: Obstacle = "network";
  private problem = "";
  private drawTimer = 0;
  private readonly pace = new Pace();
  private readonly place = document.createElement("div");
  private listeners = new AbortController();

  connectedCallback(): void {
    this.replaceChildren(this.place);
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    addEventListener("offline", () => { if (this.phase === "sending") this.waiting("network"); }, { signal });
    addEventListener("beforeunload", (event) => { if (this.phase === "sending" && !this.isWaiting) event.preventDefault(); }, { signal });
    if (this.file) this.begin(this.file);
    else void this.look();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    clearTimeout(this.drawTimer);
    this.stop();
  }

  // -- What the transfer tells ---------------------------------------------------------------------------------------

  progress(sentBytes: number): void {
    if (this.phase !== "sending") return;
    this.isWaiting = false;
    this.sentBytes = sentBytes;
    this.pace.note(performance.now(), sentBytes);
    this.drawTimer ||= window.setTimeout(() => { this.draw(); }, DRAW_MS);
  }

  waiting(obstacle: Obstacle): void {
    if (this.phase !== "sending") return;
    this.isWaiting = true;
    this.obstacle = obstacle;
    this.pace.restart();
    this.draw();
  }

  done(): void {
    this.stop();
    document.dispatchEvent(new CustomEvent(STORAGE_CHANGED));
    const processing = document.createElement("edu-processing");
    processing.setAttribute("video-id", this.videoId);
    this.replaceWith(processing);
  }

  failed(error: unknown): void {
    this.stop();
    if (isGone(error)) {
      this.showGone(gone());
      return;
    }
    this.problem = sentenceOf(error);
    this.phase = "paused";
    if (error instanceof ChangedFileError) this.chooseAgain();
    this.draw();
  }

  // -- What people do ------------------------------------------------------------------------------------------------

  private begin(file: File): void {
    this.file = file;
    for (const other of document.querySelectorAll("edu-upload")) {
      if (other instanceof EduUpload && !other.file && other.url === this.url) other.remove(); // nobody is to send it twice
    }
    const begin = this.getAttribute("protocol") === "s3-multipart" ? beginMultipart : beginTus;
    this.transfer = begin(this.url, file, this);
    void this.go(this.transfer);
  }

  /** Send as soon as fewer than the allowed number of files are under way. */
  private async go(transfer: Transfer): Promise<void> {
    this.turn = new AbortController();
    const { signal } = this.turn;
    this.phase = "queued";
    this.isWaiting = true;
    this.problem = "";
    this.draw();
    try {
      this.giveBack = await turns.take(signal);
    } catch {
      return; // paused or removed meanwhile
    }
    this.phase = "sending";
    this.isWaiting = false;
    this.pace.restart();
    transfer.start();
    this.draw();
  }

  private pause(): void {
    this.stop();
    this.phase = "paused";
    this.draw();
  }

  /** Send nothing any more, and let another file have the turn. */
  private stop(): void {
    this.turn.abort();
    this.transfer?.pause();
    this.giveBack();
    this.isWaiting = true;
  }

  private chooseAgain(): void {
    this.file = this.transfer = undefined;
    this.phase = "choosing";
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
    this.stop();
    try {
      await call("DELETE", this.url, { headers: { "Tus-Resumable": "1.0.0" } });
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.status === GONE)) {
        this.failed(error);
        return;
      }
    }
    document.dispatchEvent(new CustomEvent(STORAGE_CHANGED));
    if (this.dispatchEvent(new CustomEvent(CANCELLED, { bubbles: true, cancelable: true }))) this.showGone(t("The upload was cancelled."));
  }

  /** The lesson is still there: offer to give it another recording. */
  private showGone(sentence: string): void {
    this.chooseAgain();
    this.phase = "gone";
    this.problem = sentence;
    this.draw();
  }

  /** Show how much of an upload that was begun earlier is there; one that only has to be put together needs no file. */
  private async look(): Promise<void> {
    const state = await this.detail();
    if (state?.protocol === "s3-multipart" && state.received_bytes === state.size_bytes) this.begin(new File([], state.filename));
    else this.draw();
  }

  /** Go on with a file that was chosen again, if it is the one that was begun. */
  private async resume(file: File): Promise<void> {
    this.problem = t("Looking at the file.");
    this.draw();
    const state = await this.detail();
    if (!state) return;
    try {
      const isLikely = file.size === state.size_bytes && state.fingerprint;
      if (isSameFile({ name: file.name, size: file.size, fingerprint: isLikely ? await fingerprintOf(file) : "" }, state)) {
        this.begin(file);
        return;
      }
      this.problem = t("This is another file than the one that was begun ({name}). Choose that one to go on.", { name: state.filename });
    } catch (error) {
      this.problem = sentenceOf(error);
    }
    this.draw();
  }

  /** Ask how far the upload is; undefined where it needs no file any more, or cannot be told: then a sentence says so. */
  private async detail(): Promise<UploadDetail | undefined> {
    try {
      const state = await call<UploadDetail>("GET", this.url);
      this.begun = state;
      this.sentBytes = state.received_bytes;
      this.problem = "";
      if (state.state === "started") return state;
      if (state.state === "completed") this.done();
      else this.showGone(gone());
    } catch (error) {
      this.problem = sentenceOf(error);
      this.draw();
    }
    return undefined;
  }

  private get url(): string {
    return this.getAttribute("upload-url") ?? "";
  }

  private get videoId(): string {
    return this.getAttribute("video-id") ?? "";
  }

  // -- What is shown -------------------------------------------------------------------------------------------------

  private draw(): void {
    clearTimeout(this.drawTimer);
    this.drawTimer = 0;
    if (!this.isConnected) return;
    if (this.phase === "gone") render(html`<p role="status">${this.problem}</p><edu-replace video-id=${this.videoId} ?has-recording=${this.hasAttribute("has-recording")}></edu-replace>`, this.place);
    else render(this.file ? this.drawn(this.file) : this.chooser(), this.place);
  }

  private chooser() {
    const choose = (event: Event): void => {
      const file = (event.target as HTMLInputElement).files?.[0];
      if (file) void this.resume(file);
    };
    const { filename: name = "", size_bytes } = this.begun ?? {};
    const percent = this.percentOf(size_bytes ?? 0);
    const invitation = percent
      ? t("Already there: {percent}%. Choose {name} to go on.", { percent, name })
      : t("{name} has not been sent yet. Choose the file to send it.", { name });
    return html`<div class="processing">
      ${this.begun ? html`<p class="processing-message">${invitation}</p><progress max="100" value=${percent} aria-label=${t("Upload")}></progress>` : ""}
      <div class="field"><input type="file" aria-label=${t("Recording")} @change=${choose}></div>
      <p class="help" role="alert">${this.problem}</p>
      <p class="actions">${this.cancelButton()}</p></div>`;
  }

  private drawn(file: File) {
    const percent = this.percentOf(file.size);
    const told = percent - (percent % TOLD_PERCENT);
    const news = this.news();
    return html`<div class="processing">
      <p class="processing-message">${file.name} · ${percent}%</p>
      <progress max="100" value=${percent} aria-label=${t("Upload")}></progress>
      <p class="help" aria-hidden="true">${news || this.said(file)}</p>
      <p class="hidden" role="status">${news || (told ? t("Sent of {name}: {percent}%.", { percent: told, name: file.name }) : "")}</p>
      <p class="actions">${this.phase === "paused"
        ? html`<button type="button" class="button quiet small" @click=${() => { this.goOn(); }}>${t("Go on")}</button>`
        : html`<button type="button" class="button quiet small" @click=${() => { this.pause(); }}>${t("Pause")}</button>`}
        ${this.cancelButton()}</p>
    </div>`;
  }

  private goOn(): void {
    if (this.transfer) void this.go(this.transfer);
  }

  private percentOf(sizeBytes: number): number {
    return Math.min(100, Math.floor((this.sentBytes / Math.max(1, sizeBytes)) * 100));
  }

  private cancelButton() {
    return html`<button type="button" class="button quiet small" @click=${() => { this.askToCancel(); }}>${t("Cancel the upload")}</button>`;
  }

  /** Return what keeps bytes from moving; "" while they move. */
  private news(): string {
    if (this.problem) return this.problem;
    if (this.phase === "paused") return t("Paused.");
    if (this.phase === "queued") return t("Waiting until another file is sent.");
    if (!this.isWaiting) return "";
    if (this.obstacle === "network") return t("The network is away; the upload goes on by itself when it is back.");
    if (this.obstacle === "full") return t("The server's disk is full; the upload goes on by itself when there is room again.");
    if (this.obstacle === "busy") return t("This upload is being sent from another window or device; here it goes on when that one stops.");
    return t("The server is away; the upload goes on by itself when it is back.");
  }

  private said(file: File): string {
    if (this.sentBytes >= file.size) return t("All is sent; the server is putting it together.");
    const speed = this.pace.bytesPerS();
    if (!speed) return t("Starting.");
    const rate = sizeText(speed);
    const left_s = Math.ceil((file.size - this.sentBytes) / speed);
    if (left_s < 90) return t("{rate}/s, {left} s left", { rate, left: left_s });
    const left_min = Math.ceil(left_s / 60);
    return left_min < 90 ? t("{rate}/s, {left} min left", { rate, left: left_min }) : t("{rate}/s, {left} h left", { rate, left: Math.round(left_min / 60) });
  }
}

customElements.define("edu-upload", EduUpload);

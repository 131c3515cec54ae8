/** `<edu-upload>`: a resumable upload (tus) with progress; a lost network or a closed page does no harm. */
import { html, render } from "lit";
import { DetailedError, Upload } from "tus-js-client";
import { csrfToken } from "../api/client";
import { t } from "../i18n";

const CHUNK_BYTES = 4 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1000, 2000, 4000, 8000, ...new Array<number>(60).fill(15_000)];

export class EduUpload extends HTMLElement {
  /** Bytes that the server has. */
  sentBytes = 0;
  /** True while nothing is sent: no network, or paused. */
  isWaiting = false;
  /** The file to send; without one the element asks for it. */
  file: File | undefined;
  private upload: Upload | undefined;
  private startedAt = 0;
  private startedBytes = 0;
  private isPaused = false;
  private problem = "";
  private readonly place = document.createElement("div");
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    if (!this.place.isConnected) this.append(this.place);
    const { signal } = this.listeners;
    addEventListener("online", () => { if (this.isWaiting && !this.isPaused) this.go(); }, { signal });
    addEventListener("offline", () => { this.wait(); }, { signal });
    addEventListener("beforeunload", (event) => { if (this.upload && !this.isPaused) event.preventDefault(); }, { signal });
    if (this.file) this.begin(this.file);
    else this.draw();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    void this.upload?.abort();
  }

  private begin(file: File): void {
    this.file = file;
    this.upload = new Upload(file, {
      uploadUrl: this.getAttribute("upload-url"),
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false, // the server knows where we are
      headers: { "X-CSRFToken": csrfToken() },
      onShouldRetry: (error) => this.shouldRetry(error),
      onProgress: (sent) => {
        this.isWaiting = false;
        this.sentBytes = sent;
        this.draw();
      },
      onSuccess: () => { this.finish(); },
      onError: (error) => { this.fail(error); },
    });
    this.go();
  }

  private go(): void {
    this.isWaiting = this.isPaused = false;
    this.problem = "";
    this.startedAt = performance.now();
    this.startedBytes = this.sentBytes;
    this.upload?.start();
    this.draw();
  }

  private shouldRetry(error: Error): boolean {
    this.wait();
    const status = error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
    return status === 0 || status === 409 || status === 423 || status >= 500;
  }

  private wait(): void {
    this.isWaiting = true;
    this.draw();
  }

  private pause(): void {
    this.isPaused = this.isWaiting = true;
    void this.upload?.abort();
    this.draw();
  }

  private finish(): void {
    this.upload = undefined;
    const processing = document.createElement("edu-processing");
    processing.setAttribute("video-id", this.getAttribute("video-id") ?? "");
    this.replaceWith(processing);
  }

  private fail(error: Error): void {
    const response = error instanceof DetailedError ? error.originalResponse : null;
    let sentence = t("The upload stopped. What was sent is kept; go on when you like.");
    try {
      sentence = (JSON.parse(response?.getBody() ?? "") as { detail?: string }).detail ?? sentence;
    } catch {
      // No problem+json: our own sentence is right.
    }
    this.problem = sentence;
    this.isPaused = true;
    this.wait();
  }

  private draw(): void {
    render(this.file ? this.progress(this.file) : this.chooser(), this.place);
  }

  private chooser() {
    const choose = (event: Event): void => {
      const file = (event.target as HTMLInputElement).files?.[0];
      if (file) void this.resume(file);
    };
    return html`<div class="field"><input type="file" aria-label=${t("Recording")} @change=${choose}></div>
      <p class="help" role="alert">${this.problem}</p>`;
  }

  /** Go on with a file that was chosen again, if it has the size of the one that was begun. */
  private async resume(file: File): Promise<void> {
    try {
      const answer = await fetch(this.getAttribute("upload-url") ?? "", { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
      const length = Number(answer.headers.get("Upload-Length") ?? Number.NaN);
      this.problem = answer.ok && length !== file.size ? t("This is another file than the one that was begun. Choose that one to go on.") : "";
    } catch {
      this.problem = t("The network is away. What you typed is still here; try again.");
    }
    if (this.problem) this.draw();
    else this.begin(file);
  }

  private progress(file: File) {
    const percent = Math.floor((this.sentBytes / Math.max(1, file.size)) * 100);
    const seconds = (performance.now() - this.startedAt) / 1000;
    const speed = (this.sentBytes - this.startedBytes) / Math.max(seconds, 0.1);
    const left = speed > 0 ? Math.ceil((file.size - this.sentBytes) / speed) : undefined;
    return html`<div class="processing">
      <p class="processing-message">${file.name} · ${percent} %</p>
      <progress max="100" value=${percent} aria-label=${t("Upload")}></progress>
      <p class="help" role="status">${this.problem || this.say(speed, left)}</p>
      <p class="actions">${this.isPaused
        ? html`<button type="button" class="button quiet small" @click=${() => { this.go(); }}>${t("Go on")}</button>`
        : html`<button type="button" class="button quiet small" @click=${() => { this.pause(); }}>${t("Pause")}</button>`}</p>
    </div>`;
  }

  private say(speed: number, left: number | undefined): string {
    if (this.isPaused) return t("Paused.");
    if (this.isWaiting) return t("The network is away; the upload goes on by itself when it is back.");
    if (!speed || left === undefined) return t("Starting.");
    const rate = (speed / 1_000_000).toFixed(1);
    return left < 90 ? t("{rate} MB/s, {left} s left", { rate, left }) : t("{rate} MB/s, {left} min left", { rate, left: Math.ceil(left / 60) });
  }
}

customElements.define("edu-upload", EduUpload);

/** Sending a file by tus 1.0, one piece after the other through our own server. */
import { DetailedError, Upload } from "tus-js-client";
import { csrfToken } from "../api/client";
import { t } from "../i18n";
import type { BeginTransfer, Transfer, TransferListener } from "./transfer";

const CHUNK_BYTES = 4 * 1024 * 1024;
const RETRY_DELAYS_MS = [0, 1000, 2000, 4000, 8000, ...new Array<number>(60).fill(15_000)];

export const beginTus: BeginTransfer = (url, file, listener) => new TusTransfer(url, file, listener);

class TusTransfer implements Transfer {
  private readonly upload: Upload;
  private isWaiting = false;
  private run: AbortController | undefined;

  constructor(url: string, file: File, private readonly listener: TransferListener) {
    this.upload = new Upload(file, {
      uploadUrl: url,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false, // the server knows where we are
      headers: { "X-CSRFToken": csrfToken() },
      onShouldRetry: (error) => this.shouldRetry(error),
      onProgress: (sent) => {
        this.isWaiting = false;
        listener.progress(sent);
      },
      onSuccess: () => {
        this.run?.abort();
        listener.done();
      },
      onError: (error) => {
        this.run?.abort();
        listener.failed(sentenceOf(error));
      },
    });
  }

  start(): void {
    this.run?.abort();
    this.run = new AbortController();
    addEventListener("online", () => { if (this.isWaiting) this.upload.start(); }, { signal: this.run.signal });
    this.upload.start();
  }

  pause(): void {
    this.run?.abort();
    void this.upload.abort();
  }

  private shouldRetry(error: Error): boolean {
    const status = error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
    this.isWaiting = true;
    this.listener.waiting(status ? "server" : "network");
    return status === 0 || status === 409 || status === 423 || status >= 500;
  }
}

function sentenceOf(error: Error): string {
  const sentence = t("The upload stopped. What was sent is kept; go on when you like.");
  try {
    const body = error instanceof DetailedError ? error.originalResponse?.getBody() : undefined;
    return (JSON.parse(body ?? "") as { detail?: string }).detail ?? sentence;
  } catch {
    return sentence; // no problem+json
  }
}

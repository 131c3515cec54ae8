/** Sending a file by tus 1.0, one part after the other through our own server; every part with its SHA-256. */
import { DetailedError, type FileReader, type HttpRequest, Upload } from "tus-js-client";
import { call, csrfToken, type Problem, ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { rangeOf, pauseMs } from "./parts";
import { patiently, pause, Watchdog } from "./patience";
import { gone, GoneError, obstacleOfError } from "./problems";
import { FileWatch } from "./reading";
import { base64Of, sha256 } from "./sha256";
import type { BeginTransfer, Obstacle, Transfer, TransferListener } from "./transfer";

type UploadDetail = components["schemas"]["UploadDetail"];

const PART_BYTES = 4 * 1024 * 1024; // where the server does not say
const MAX_DAMAGES = 3; // of one part, before people are told
const OFFSET_CONFLICT = 409;
const CHECKSUM_MISMATCH = 460;

export const beginTus: BeginTransfer = (url, file, listener) => new TusTransfer(url, file, listener);

class TusTransfer implements Transfer {
  private run: AbortController | undefined;
  private failures = 0;
  private damages = 0;
  private readonly watch: FileWatch;

  constructor(private readonly url: string, private readonly file: File, private readonly listener: TransferListener) {
    this.watch = new FileWatch(file);
  }

  start(): void {
    this.run?.abort();
    this.run = new AbortController();
    this.failures = this.damages = 0;
    void this.sendAll(this.run.signal);
  }

  pause(): void {
    this.run?.abort();
    this.run = undefined;
  }

  private async sendAll(signal: AbortSignal): Promise<void> {
    try {
      const state = await patiently(signal, () => call<UploadDetail>("GET", this.url, { signal }), (obstacle) => { this.listener.waiting(obstacle); });
      if (state.state === "aborted" || state.state === "expired") throw new GoneError(gone());
      while (!(await this.sendRest(state.part_size_bytes ?? PART_BYTES, signal))) await pause(pauseMs(this.failures), signal);
      this.listener.done();
    } catch (error) {
      if (!signal.aborted) this.listener.failed(error);
    }
  }

  /** Send from where the server is to the end; false where it was interrupted and it helps to try again. */
  private async sendRest(partBytes: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.send(partBytes, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const obstacle = this.obstacleOf(error);
      if (!obstacle) throw error;
      this.failures++;
      this.listener.waiting(obstacle);
      return false;
    }
  }

  /** A position other than we believed is asked for anew, and a part that came damaged is read and sent again. */
  private obstacleOf(error: unknown): Obstacle | undefined {
    const status = error instanceof ProblemError ? error.problem.status : 0;
    if (status === OFFSET_CONFLICT) return "busy";
    if (status === CHECKSUM_MISMATCH) return ++this.damages < MAX_DAMAGES ? "server" : undefined;
    return obstacleOfError(error);
  }

  private send(partBytes: number, signal: AbortSignal): Promise<void> {
    const parts = new CheckedParts(this.watch, { sizeBytes: this.file.size, partSizeBytes: partBytes });
    const ended = new AbortController();
    return new Promise<void>((resolve, reject) => {
      const stop = (reason: Error): void => {
        void upload.abort();
        reject(reason);
      };
      const stall = new Watchdog(() => { stop(new TypeError("Nothing has moved")); }, ended.signal);
      const upload = new Upload(this.file, {
        uploadUrl: this.url,
        chunkSize: partBytes,
        retryDelays: null, // patience is ours: for hours, and less when the network comes back
        storeFingerprintForResuming: false, // the server knows where we are
        headers: { "X-CSRFToken": csrfToken() },
        fileReader: parts,
        onBeforeRequest: (request) => {
          signal.throwIfAborted(); // while a part was being read
          parts.sign(request);
          stall.touch();
        },
        onProgress: (sent) => {
          stall.touch();
          if (!signal.aborted) this.listener.progress(sent);
        },
        onChunkComplete: () => { this.failures = this.damages = 0; },
        onSuccess: () => { resolve(); },
        onError: (error) => { reject(causeOf(error)); },
      });
      signal.addEventListener("abort", () => { stop(signal.reason as Error); }, { signal: ended.signal });
      upload.start();
    }).finally(() => { ended.abort(); });
  }
}

/** Reads a file part by part for tus-js-client, and has the digest of each at hand when its request goes. */
class CheckedParts implements FileReader {
  private checksum = "";

  constructor(private readonly watch: FileWatch, private readonly plan: { sizeBytes: number; partSizeBytes: number }) {}

  openFile() {
    return Promise.resolve({ size: this.plan.sizeBytes, slice: (begin: number) => this.read(begin), close: () => undefined });
  }

  sign(request: HttpRequest): void {
    if (request.getMethod() === "PATCH") request.setHeader("Upload-Checksum", `sha256 ${this.checksum}`);
  }

  /** Read up to the end of a part: what a program without checksums has begun may lie anywhere in one. */
  private async read(begin: number) {
    const [, end] = rangeOf(this.plan, Math.floor(begin / this.plan.partSizeBytes) + 1);
    const bytes = await this.watch.read(begin, end);
    this.checksum = base64Of(await sha256(bytes));
    return { value: new Blob([bytes]), done: end === this.plan.sizeBytes };
  }
}

/** Return what is behind an error of tus-js-client: a problem of our server, no network, or one of our own. */
function causeOf(error: Error): Error {
  if (!(error instanceof DetailedError)) return error;
  const answer = error.originalResponse;
  if (answer) return new ProblemError(problemOf(answer.getStatus(), answer.getBody()), Number(answer.getHeader("Retry-After") ?? 0));
  return error.causingError instanceof Error ? error.causingError : new TypeError(error.message); // no network: an event
}

function problemOf(status: number, body: string): Problem {
  const unknown = { title: "", status, detail: "" };
  try {
    return { ...unknown, ...(JSON.parse(body) as Partial<Problem>), status };
  } catch {
    return unknown; // no problem+json
  }
}

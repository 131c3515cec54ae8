/**
 * Sending a file in parts straight to the store (S3 multipart): several at once, by URLs that our server signs.
 *
 * What has arrived is asked of the server each time it begins, so a part is never sent twice after a closed page. Each part
 * is hashed before its URL is asked for, and the store compares; in memory is at most one part per line.
 */
import { call, ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { missingParts, pauseMs, rangeOf, type PartPlan } from "./parts";
import { follower, patiently, pause } from "./patience";
import { damaged, gone, GoneError, stopped } from "./problems";
import { put, type PutAnswer } from "./put";
import { FileWatch } from "./reading";
import { base64Of, sha256 } from "./sha256";
import { SignedUrls } from "./signed";
import type { BeginTransfer, Obstacle, Transfer, TransferListener } from "./transfer";
import { Turns } from "./turns";

type UploadDetail = components["schemas"]["UploadDetail"];

const LINES = 4;
const MAX_ROUNDS = 10;
const MAX_REFUSALS = 3;
const NETWORK_FAILURES = 3; // after so many, with a server of ours that answers in between, it is the store
const ASK_AGAIN_MS = 3000;
const DAMAGED = 400;
const GONE = 404;
const UNFIT = 422;

/** Connections to the store, of all files together: browsers open six to one host. */
const lines = new Turns(LINES);

/** The store no longer knows the transfer: it may be complete, or has to begin anew. */
class LostError extends Error {}

export const beginMultipart: BeginTransfer = (url, file, listener) => new MultipartTransfer(url, file, listener);

class MultipartTransfer implements Transfer {
  private run: AbortController | undefined;
  private plan: PartPlan = { sizeBytes: 0, partSizeBytes: 1 };
  private queue: number[] = [];
  /** ETag of every part that is there. */
  private etags = new Map<number, string | null>();
  /** Bytes on their way, by part. */
  private readonly flying = new Map<number, number>();
  private readonly watch: FileWatch;
  /** False once the server wants none: another program began without. */
  private mayHash = true;
  private isHashed = true;

  constructor(
    private readonly url: string,
    private readonly file: File,
    private readonly listener: TransferListener,
  ) {
    this.watch = new FileWatch(file);
  }

  start(): void {
    this.run?.abort();
    this.run = new AbortController();
    void this.sendAll(this.run);
  }

  pause(): void {
    this.run?.abort();
    this.run = undefined;
  }

  private async sendAll(run: AbortController): Promise<void> {
    try {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        if (await this.sendOnce(run.signal)) {
          this.listener.done();
          return;
        }
      }
      throw new Error(stopped());
    } catch (error) {
      if (!run.signal.aborted) this.listener.failed(error);
    }
  }

  /** Send what is missing and complete; false where the store has other parts than we believed. */
  private async sendOnce(signal: AbortSignal): Promise<boolean> {
    const state = await this.ask<UploadDetail>(signal, "GET", this.url);
    if (state.state === "completed") return true;
    if (state.state !== "started") throw new GoneError(gone());
    try {
      if (!state.is_completing) await this.sendMissing(state, signal);
      return await this.complete(signal);
    } catch (error) {
      const isUnfit = error instanceof ProblemError && error.problem.status === UNFIT;
      if (!isUnfit && !(error instanceof LostError)) throw error;
      if (isUnfit) this.mayHash = false;
      await pause(pauseMs(1), signal);
      return false;
    }
  }

  private async sendMissing(state: UploadDetail, signal: AbortSignal): Promise<void> {
    this.plan = { sizeBytes: state.size_bytes ?? 0, partSizeBytes: state.part_size_bytes ?? 1 };
    this.isHashed = state.parts.length ? state.parts.some((part) => part.sha256) : this.mayHash;
    this.queue = missingParts(this.plan, state.parts);
    const isMissing = new Set(this.queue);
    this.etags = new Map(state.parts.filter((part) => !isMissing.has(part.number)).map((part) => [part.number, part.etag]));
    this.report();
    if (!this.queue.length) return;
    if (this.file.size !== this.plan.sizeBytes) throw new Error(t("This is another file than the one that was begun ({name}). Choose that one to go on.", { name: state.filename }));
    const run = follower(signal);
    const signed = new SignedUrls((asked) => this.ask(run.signal, "POST", `${this.url}/parts`, asked));
    try {
      await Promise.all(Array.from({ length: LINES }, () => this.sendInLine(signed, run.signal)));
    } finally {
      run.abort(); // where one line has failed for good, the others stop as well
      this.flying.clear();
    }
  }

  private async sendInLine(signed: SignedUrls, signal: AbortSignal): Promise<void> {
    for (let number = this.queue.shift(); number !== undefined; number = this.queue.shift()) {
      await this.sendPart(number, signed, signal);
    }
  }

  private async sendPart(number: number, signed: SignedUrls, signal: AbortSignal): Promise<void> {
    for (let failures = 1, refusals = 0; ; failures++) {
      const { status, etag } = await this.tryPart(number, signed, signal);
      if (status >= 200 && status < 300) {
        this.etags.set(number, etag);
        this.report();
        return;
      }
      if (status === GONE) throw new LostError();
      signed.forget(number); // it may have expired; and asking for another tells whether we are online
      refusals = status >= 400 && status < 500 ? refusals + 1 : 0;
      if (refusals >= MAX_REFUSALS) throw new Error(status === DAMAGED ? damaged() : t("The store of the recordings refuses this file. Tell those who run this platform."));
      if (!this.flying.size) this.listener.waiting(failures > NETWORK_FAILURES ? "server" : "network");
      await pause(pauseMs(failures), signal);
    }
  }

  /** Read, hash and send a part once, when a line is free. */
  private async tryPart(number: number, signed: SignedUrls, signal: AbortSignal): Promise<PutAnswer> {
    const giveBack = await lines.take(signal);
    try {
      const bytes = await this.watch.read(...rangeOf(this.plan, number));
      const target = await signed.targetOf(number, this.isHashed ? base64Of(await sha256(bytes)) : "", this.queue);
      this.flying.set(number, 0);
      const onProgress = (sent: number): void => {
        this.flying.set(number, sent);
        this.report();
      };
      return await put(target, new Blob([bytes]), onProgress, signal);
    } finally {
      this.flying.delete(number);
      giveBack();
    }
  }

  private async complete(signal: AbortSignal): Promise<boolean> {
    if ([...this.etags.values()].includes(null)) {
      const state = await this.ask<UploadDetail>(signal, "GET", this.url); // the store hides them; our server knows
      this.etags = new Map(state.parts.map((part) => [part.number, part.etag]));
    }
    const parts = [...this.etags].map(([number, etag]) => ({ number, etag }));
    for (;;) {
      const state = await this.ask<UploadDetail>(signal, "POST", `${this.url}/complete`, { parts });
      if (!state.is_completing) return state.state === "completed";
      await pause(ASK_AGAIN_MS, signal);
    }
  }

  private ask<T>(signal: AbortSignal, method: "GET" | "POST", url: string, body?: unknown): Promise<T> {
    const onFailure = (obstacle: Obstacle): void => {
      if (!this.flying.size) this.listener.waiting(obstacle);
    };
    return patiently(signal, () => call<T>(method, url, { signal, ...(body === undefined ? {} : { body }) }), onFailure);
  }

  private report(): void {
    let bytes = 0;
    for (const number of this.etags.keys()) {
      const [begin, end] = rangeOf(this.plan, number);
      bytes += end - begin;
    }
    for (const flying of this.flying.values()) bytes += flying;
    this.listener.progress(bytes);
  }
}

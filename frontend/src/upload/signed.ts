/** URLs for parts, signed by our server on demand, and new ones before they expire. */
import type { components } from "../api/schema";
import type { PutTarget } from "./put";

type SignedPartsOut = components["schemas"]["SignedPartsOut"];

/** What the server is asked for: numbers, and the SHA-256 (base64) of each where the store is to compare it. */
export interface PartsAsked {
  numbers: number[];
  sha256?: Record<string, string>;
}

const AHEAD = 12;
const MARGIN_MS = 60_000;

export class SignedUrls {
  private readonly targets = new Map<number, PutTarget & { untilMs: number; digest: string }>();
  /** Digests of the parts that lines wait for; "" where the transfer goes without. */
  private readonly wanted = new Map<number, string>();
  private asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly sign: (asked: PartsAsked) => Promise<SignedPartsOut>,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Return where a part with this digest goes. One request goes at a time, for what all lines wait for; without digests
   * also for some of `next`.
   */
  async targetOf(number: number, digest: string, next: readonly number[]): Promise<PutTarget> {
    this.wanted.set(number, digest);
    const turn = this.asking.then(async () => {
      if (!this.known(number, digest)) await this.fetch(digest ? [] : next);
    });
    this.asking = turn.catch(() => undefined); // its caller hears of it; the next one asks for itself
    await turn.finally(() => this.wanted.delete(number));
    const target = this.known(number, digest);
    if (!target) throw new Error(`The server signed no URL for part ${number}`);
    return target;
  }

  /** Have the next `targetOf` ask again. */
  forget(number: number): void {
    this.targets.delete(number);
  }

  private known(number: number, digest: string): PutTarget | undefined {
    const found = this.targets.get(number);
    return found && found.digest === digest && found.untilMs > this.now() ? found : undefined;
  }

  private async fetch(next: readonly number[]): Promise<void> {
    const digests = new Map(this.wanted);
    for (const number of next) if (digests.size < AHEAD && !digests.has(number)) digests.set(number, "");
    const unknown = [...digests].filter(([number, digest]) => !this.known(number, digest));
    const hashed = unknown.filter(([, digest]) => digest);
    const askedMs = this.now();
    const numbers = unknown.map(([number]) => number);
    const answer = await this.sign(hashed.length ? { numbers, sha256: Object.fromEntries(hashed) } : { numbers });
    const untilMs = askedMs + answer.valid_s * 1000 - MARGIN_MS;
    for (const { number, url, headers } of answer.parts) this.targets.set(number, { url, headers, untilMs, digest: digests.get(number) ?? "" });
  }
}

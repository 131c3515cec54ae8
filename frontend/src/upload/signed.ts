/** URLs for parts, signed by our server on demand: some ahead, and new ones before they expire. */
import type { components } from "../api/schema";

type SignedPartsOut = components["schemas"]["SignedPartsOut"];

const AHEAD = 12;
const MARGIN_MS = 60_000;

export class SignedUrls {
  private readonly urls = new Map<number, { url: string; untilMs: number }>();
  private readonly wanted = new Set<number>();
  private asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly sign: (numbers: number[]) => Promise<SignedPartsOut>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Return a URL for a part. One request goes at a time, for what all lines wait for and some of `next`. */
  async urlOf(number: number, next: readonly number[]): Promise<string> {
    this.wanted.add(number);
    const turn = this.asking.then(async () => {
      if (this.known(number)) return;
      const unknown = [...new Set([number, ...this.wanted, ...next])].filter((part) => !this.known(part));
      await this.fetch(unknown.slice(0, AHEAD));
    });
    this.asking = turn.catch(() => undefined); // its caller hears of it; the next one asks for itself
    await turn.finally(() => this.wanted.delete(number));
    const url = this.known(number);
    if (!url) throw new Error(`The server signed no URL for part ${number}`);
    return url;
  }

  /** Have the next `urlOf` ask again. */
  forget(number: number): void {
    this.urls.delete(number);
  }

  private known(number: number): string | undefined {
    const found = this.urls.get(number);
    return found && found.untilMs > this.now() ? found.url : undefined;
  }

  private async fetch(numbers: number[]): Promise<void> {
    const askedMs = this.now();
    const answer = await this.sign(numbers);
    const untilMs = askedMs + answer.valid_s * 1000 - MARGIN_MS;
    for (const part of answer.parts) this.urls.set(part.number, { url: part.url, untilMs });
  }
}

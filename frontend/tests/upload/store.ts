/** A stand-in for our API and an S3 store behind `fetch` and `XMLHttpRequest`, with faults on demand. */
import { vi } from "vitest";
import { base64Sha256, stubSubtle } from "./hashing";

const PART = 10;
const CHECKSUM = "x-amz-checksum-sha256";

export class StandIn {
  parts = new Map<number, string>();
  state = "started";
  /** Every request to the API, as "METHOD tail". */
  readonly asked: string[] = [];
  readonly signed: number[][] = [];
  readonly puts: number[] = [];
  mostAtOnce = 0;
  exposesEtag = true;
  /** Statuses that the next PUTs of a part are answered with (0: torn). */
  readonly faults = new Map<number, number[]>();
  /** Statuses of the next API requests (0: no network). */
  readonly apiFaults: number[] = [];
  completingRounds = 0;
  /** Parts that the network damages, and how often. */
  readonly damages = new Map<number, number>();
  /** Whether parts come with their hashes; the first signature decides. */
  isHashed: boolean | undefined;
  private readonly hashes = new Map<number, string>();
  private atOnce = 0;
  private signatures = 0;

  constructor(readonly content: string) {
    stubSubtle();
    vi.stubGlobal("fetch", (path: string, request: RequestInit) => this.api(path, request));
    vi.stubGlobal("XMLHttpRequest", requestClass(this));
  }

  get file(): File {
    return new File([this.content], "lecture.mp4");
  }

  get stored(): string {
    return [...this.parts].sort(([one], [other]) => one - other).map(([, bytes]) => bytes).join("");
  }

  async put(url: string, headers: Map<string, string>, body: Blob): Promise<{ status: number; etag: string | null }> {
    const number = Number(/part=(\d+)/.exec(url)?.[1]);
    this.atOnce++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    const sent = await body.text();
    await new Promise((resolve) => setTimeout(resolve, 1));
    this.atOnce--;
    this.puts.push(number);
    const fault = this.faults.get(number)?.shift();
    if (fault !== undefined) return { status: fault, etag: null };
    const damages = this.damages.get(number) ?? 0;
    this.damages.set(number, damages - 1);
    const bytes = damages > 0 ? `?${sent.slice(1)}` : sent;
    if (headers.get(CHECKSUM) !== this.hashes.get(number)) return { status: 403, etag: null }; // not what was signed
    if (this.isHashed && headers.get(CHECKSUM) !== base64Sha256(bytes)) return { status: 400, etag: null };
    this.parts.set(number, bytes);
    return { status: 200, etag: this.exposesEtag ? etagOf(bytes) : null };
  }

  private api(path: string, request: RequestInit): Promise<Response> {
    this.asked.push(`${request.method ?? "GET"} ${path.replace("/upload", "")}`);
    const fault = this.apiFaults.shift();
    if (fault === 0) return Promise.reject(new TypeError("no network"));
    if (fault !== undefined) return Promise.resolve(problem(fault));
    const body = JSON.parse(typeof request.body === "string" ? request.body : "{}") as { numbers?: number[]; sha256?: Record<string, string>; parts?: { number: number; etag: string }[] };
    if (path.endsWith("/parts")) {
      const numbers = body.numbers ?? [];
      this.isHashed ??= body.sha256 !== undefined;
      if (this.isHashed !== (body.sha256 !== undefined)) return Promise.resolve(problem(422));
      for (const number of numbers) if (body.sha256?.[number]) this.hashes.set(number, body.sha256[number]);
      this.signed.push(numbers);
      this.signatures++;
      return json({ valid_s: 900, parts: numbers.map((number) => ({ number, url: `http://s3/?part=${number}&signature=${this.signatures}`, headers: this.headersOf(number) })) });
    }
    return path.endsWith("/complete") ? this.complete(body.parts ?? []) : json(this.detail());
  }

  private headersOf(number: number): Record<string, string> {
    const hash = this.hashes.get(number);
    return hash ? { [CHECKSUM]: hash } : {};
  }

  private complete(named: { number: number; etag: string }[]): Promise<Response> {
    if (this.stored !== this.content || named.some(({ number, etag }) => etagOf(this.parts.get(number) ?? "") !== etag)) return Promise.resolve(problem(422));
    if (this.completingRounds-- > 0) return json({ ...this.detail(), is_completing: true }, 202);
    this.state = "completed";
    return json(this.detail());
  }

  private detail() {
    const parts = [...this.parts].map(([number, bytes]) => ({ number, size_bytes: bytes.length, etag: etagOf(bytes), sha256: this.isHashed === false ? "" : base64Sha256(bytes) }));
    return { state: this.state, filename: "lecture.mp4", size_bytes: this.content.length, part_size_bytes: PART, parts, is_completing: false };
  }
}

function etagOf(bytes: string): string {
  return `"${bytes}"`;
}

function json(body: unknown, status = 200): Promise<Response> {
  return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } }));
}

function problem(status: number): Response {
  const body = JSON.stringify({ title: "No", status, detail: `refused with ${status}` });
  return new Response(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

function requestClass(store: StandIn) {
  return class extends EventTarget {
    readonly upload = new EventTarget();
    status = 0;
    private url = "";
    private etag: string | null = null;
    private isAborted = false;
    private readonly headers = new Map<string, string>();

    setRequestHeader(name: string, value: string): void {
      this.headers.set(name, value);
    }

    open(_method: string, url: string): void {
      this.url = url;
    }

    abort(): void {
      this.isAborted = true;
      this.dispatchEvent(new Event("loadend"));
    }

    getResponseHeader(): string | null {
      return this.etag;
    }

    send(body: Blob): void {
      void store.put(this.url, this.headers, body).then(({ status, etag }) => {
        if (this.isAborted) return;
        this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded: body.size }));
        this.status = status;
        this.etag = etag;
        this.dispatchEvent(new Event("loadend"));
      });
    }
  };
}

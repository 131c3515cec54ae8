/** A stand-in for our API and a tus server behind `fetch` and `XMLHttpRequest`, with faults on demand. */
import { vi } from "vitest";
import { base64Sha256, stubSubtle } from "./hashing";

const PART = 10;

interface Answer {
  status: number;
  headers: Record<string, string>;
}

export class TusStandIn {
  stored = "";
  state = "started";
  /** Every PATCH as "offset+length". */
  readonly patches: string[] = [];
  /** What the next PATCHes are answered with (0: torn). */
  readonly faults: number[] = [];
  /** How many of the next parts the network damages. */
  damages = 0;

  constructor(readonly content: string) {
    stubSubtle();
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ state: this.state, size_bytes: this.content.length, part_size_bytes: PART })));
    vi.stubGlobal("XMLHttpRequest", requestClass(this));
  }

  get file(): File {
    return new File([this.content], "lecture.mp4");
  }

  async answer(method: string, headers: Map<string, string>, body: Blob | null): Promise<Answer> {
    if (method === "HEAD") return this.now(200);
    const sent = (await body?.text()) ?? "";
    this.patches.push(`${headers.get("Upload-Offset") ?? ""}+${sent.length}`);
    const fault = this.faults.shift();
    if (fault !== undefined) return { status: fault, headers: {} };
    if (Number(headers.get("Upload-Offset")) !== this.stored.length) return this.now(409);
    const arrived = this.damages-- > 0 ? `?${sent.slice(1)}` : sent;
    if (headers.get("Upload-Checksum") !== `sha256 ${base64Sha256(arrived)}`) return this.now(460);
    this.stored += arrived;
    return this.now(204);
  }

  private now(status: number): Answer {
    return { status, headers: { "Upload-Offset": String(this.stored.length), "Upload-Length": String(this.content.length) } };
  }
}

function requestClass(server: TusStandIn) {
  return class {
    readonly upload = {};
    status = 0;
    responseText = "";
    onload = (): void => undefined;
    onerror: (event: Event) => void = () => undefined;
    private method = "";
    private isAborted = false;
    private readonly headers = new Map<string, string>();
    private answered: Record<string, string> = {};

    open(method: string): void {
      this.method = method;
    }

    setRequestHeader(name: string, value: string): void {
      this.headers.set(name, value);
    }

    getResponseHeader(name: string): string | null {
      return this.answered[name] ?? null;
    }

    abort(): void {
      this.isAborted = true;
    }

    send(body: Blob | null): void {
      void server.answer(this.method, this.headers, body).then(({ status, headers }) => {
        if (this.isAborted) return;
        this.status = status;
        this.answered = headers;
        if (status) this.onload();
        else this.onerror(new Event("error"));
      });
    }
  };
}

/**
 * News of a lesson by one event stream per browser. Of all its tabs that are seen, the one that holds a lock has the
 * stream and tells the others by a channel; without tabs that are seen there is none. Where a browser has no locks
 * (outside secure contexts, in frames without storage), each tab has its own.
 *
 * Every message says from which cursor to which it goes. A tab that stands before its beginning has missed something.
 */
import type { DanmakuItem } from "./items";

const RETRY_MS = 3_000;
const LONGEST_RETRY_MS = 60_000;
/** After so many failures in a row other ways are worth a try. */
const MOST_STRIKES = 3;

interface News {
  kind: "news";
  from: string;
  to: string;
  items: DanmakuItem[];
  isReset: boolean;
}

interface State {
  kind: "state";
  isLive: boolean;
  isFailing: boolean;
}

type Message = News | State | { kind: "hello" };

export interface LiveListeners {
  /** Items in the order in which they came, and the cursor after them. */
  onItems: (items: DanmakuItem[], cursor: string) => void;
  /** Something was missed or taken off: what is known must be asked for again. */
  onReset: () => void;
  /** `isFailing`: the stream has failed again and again. */
  onState: (state: { isLive: boolean; isFailing: boolean }) => void;
}

export class LiveStream {
  private readonly listeners = new AbortController();
  private channel: BroadcastChannel | undefined;
  private cursor = "";
  private stream: EventSource | undefined;
  private state: State = { kind: "state", isLive: false, isFailing: false };
  private strikes = 0;
  private timer = 0;
  /** Ends this tab's waiting for its turn, and its turn. */
  private turn: AbortController | undefined;

  /** `name` is the same in all tabs that may share a stream; `url` gives its address from a cursor on. */
  constructor(
    private readonly name: string,
    private readonly url: (cursor: string) => string,
    private readonly to: LiveListeners,
  ) {
    const { signal } = this.listeners;
    if ("BroadcastChannel" in globalThis && "locks" in navigator) {
      this.channel = new BroadcastChannel(name);
      this.channel.addEventListener("message", (event: MessageEvent<Message>) => { this.hear(event.data); }, { signal });
    }
    document.addEventListener("visibilitychange", () => { this.follow(); }, { signal });
  }

  /** Everything up to a cursor is known. The first one begins to listen; the lowest of several counts until news come. */
  know(cursor: string): void {
    const isFirst = !this.cursor;
    if (isFirst || BigInt(cursor) < BigInt(this.cursor)) this.cursor = cursor;
    if (!isFirst) return;
    this.channel?.postMessage({ kind: "hello" } satisfies Message);
    this.follow();
  }

  destroy(): void {
    this.leave();
    this.listeners.abort();
    this.channel?.close();
  }

  /** Be in line for the stream while the page is seen. */
  private follow(): void {
    if (document.hidden) this.leave();
    else if (this.cursor && !this.turn && !this.listeners.signal.aborted) this.queue();
  }

  private queue(): void {
    const turn = new AbortController();
    const { signal } = turn;
    this.turn = turn;
    if (!this.channel) {
      this.open();
      return;
    }
    const until = new Promise<void>((resolve) => { signal.addEventListener("abort", () => { resolve(); }); });
    navigator.locks.request(this.name, { signal }, async () => {
      if (signal.aborted) return;
      this.open();
      await until;
    }).catch(() => {
      if (!signal.aborted) this.stayAlone(); // else it was not our turn yet
    });
  }

  /** A frame without storage has locks, and may not use them. */
  private stayAlone(): void {
    this.channel?.close();
    this.channel = undefined;
    this.open();
  }

  private leave(): void {
    const wasLeading = this.stream !== undefined || this.timer !== 0;
    clearTimeout(this.timer);
    this.timer = 0;
    this.strikes = 0;
    this.stream?.close();
    this.stream = undefined;
    if (wasLeading) this.be({ isLive: false, isFailing: false });
    this.turn?.abort();
    this.turn = undefined;
  }

  private open(): void {
    this.timer = 0;
    const stream = new EventSource(this.url(this.cursor));
    this.stream = stream;
    stream.addEventListener("open", () => {
      this.strikes = 0;
      this.be({ isLive: true, isFailing: false });
    });
    stream.addEventListener("danmaku", (event) => {
      this.tell(event.lastEventId, JSON.parse(String(event.data)) as DanmakuItem[], false);
    });
    stream.addEventListener("reset", (event) => { this.tell(event.lastEventId, [], true); });
    stream.addEventListener("error", () => { this.failed(stream); });
  }

  /** A stream that broke is opened again by the browser; one that was refused, by us. */
  private failed(stream: EventSource): void {
    this.strikes++;
    this.be({ isLive: false, isFailing: this.strikes >= MOST_STRIKES });
    if (stream.readyState !== EventSource.CLOSED || stream !== this.stream) return;
    this.stream = undefined;
    const waitMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** (this.strikes - 1));
    this.timer = window.setTimeout(() => { this.open(); }, waitMs);
  }

  private be(state: Omit<State, "kind">): void {
    this.state = { kind: "state", ...state };
    this.to.onState(state);
    this.announce();
  }

  /** Tell the others how it stands, and up to which cursor they must know everything. */
  private announce(): void {
    this.channel?.postMessage(this.state);
    const { cursor } = this;
    if (this.state.isLive) this.channel?.postMessage({ kind: "news", from: cursor, to: cursor, items: [], isReset: false } satisfies Message);
  }

  private tell(id: string, items: DanmakuItem[], isReset: boolean): void {
    const news: News = { kind: "news", from: this.cursor, to: id || this.cursor, items, isReset };
    this.take(news);
    this.channel?.postMessage(news);
  }

  private hear(message: Message): void {
    if (message.kind === "news") this.take(message);
    else if (message.kind === "state") this.to.onState(message);
    else if (this.stream || this.timer) this.announce();
  }

  private take({ from, to, items, isReset }: News): void {
    const isMissing = this.cursor !== "" && BigInt(from) > BigInt(this.cursor);
    if (this.cursor && BigInt(to) > BigInt(this.cursor)) this.cursor = to;
    if (items.length) this.to.onItems(items, to);
    if (isReset || isMissing) this.to.onReset();
  }
}

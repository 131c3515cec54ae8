import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DanmakuFeed } from "../../src/danmaku/feed";
import type { DanmakuItem } from "../../src/danmaku/items";
import { Room } from "../../src/danmaku/room";
import { item } from "./made";

/** A server with one lesson: what was sent, in its order, and the streams that are open. */
class Server {
  items: DanmakuItem[] = [];
  seq = 0;
  streams: FakeStream[] = [];
  segmentsAsked = 0;
  isDown = false;
  /** Author key of whoever asks for the room. */
  me = "";

  answer(path: string): Response {
    const minute = path.split("/segments/")[1];
    return minute ? this.segment(Number(minute)) : Response.json({ author_key: this.me, liked: [], blocked: [] });
  }

  post(id: number, changes: Partial<DanmakuItem> = {}): void {
    this.seq++;
    const sent = item(id, changes);
    this.items.push(sent);
    for (const stream of this.streams) stream.send("danmaku", this.seq, [sent]);
  }

  withdraw(id: number): void {
    this.seq++;
    this.items = this.items.filter((each) => each.id !== String(id));
    for (const stream of this.streams) stream.send("reset", this.seq, {});
  }

  segment(minute: number): Response {
    this.segmentsAsked++;
    if (this.isDown) throw new TypeError("no network");
    const items = this.items.filter(({ position_ms: at }) => Math.floor(at / 60_000) === minute);
    return Response.json({ cursor: String(this.seq), items });
  }
}

class FakeStream extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 1;
  constructor(readonly url: string) {
    super();
    server.streams.push(this);
  }
  open(): void {
    this.dispatchEvent(new Event("open"));
  }
  send(name: string, cursor: number, data: unknown): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(structuredClone(data)), lastEventId: String(cursor) }));
  }
  refuse(): void {
    this.readyState = FakeStream.CLOSED;
    server.streams = server.streams.filter((other) => other !== this);
    this.dispatchEvent(new Event("error"));
  }
  close(): void {
    this.readyState = FakeStream.CLOSED;
    server.streams = server.streams.filter((other) => other !== this);
  }
}

class FakeChannel extends EventTarget {
  static all: FakeChannel[] = [];
  constructor(readonly name: string) {
    super();
    FakeChannel.all.push(this);
  }
  postMessage(data: unknown): void {
    for (const other of FakeChannel.all) {
      if (other !== this && other.name === this.name) other.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
    }
  }
  close(): void {
    FakeChannel.all = FakeChannel.all.filter((other) => other !== this);
  }
}

/** Locks as browsers have them: one holder of a name, the others in line. */
class FakeLocks {
  private line: Promise<unknown> = Promise.resolve();
  request(_name: string, { signal }: { signal: AbortSignal }, hold: () => Promise<void>): Promise<void> {
    const mine = this.line.then(() => (signal.aborted ? undefined : hold()));
    this.line = mine.catch(() => undefined);
    return mine;
  }
}

/** A tab: a feed, and what it shows. */
class Tab {
  readonly shown = new Map<string, DanmakuItem>();
  readonly given: string[] = [];
  isLive = false;
  readonly feed: DanmakuFeed;

  constructor(me = "") {
    server.me = me;
    this.feed = new DanmakuFeed(new Room("v", ""), {
      onItems: (items) => {
        for (const each of items) {
          this.given.push(each.id);
          this.shown.set(each.id, each);
        }
      },
      onChanged: () => undefined,
      onGone: (ids) => { for (const [key, { id }] of this.shown) if (ids.includes(id) || ids.includes(key)) this.shown.delete(key); },
      onLive: (isLive) => { this.isLive = isLive; },
    });
    tabs.push(this);
  }

  async begin(): Promise<this> {
    await this.feed.need(0);
    await settled();
    return this;
  }

  ids(): string[] {
    return [...this.shown.values()].map(({ id }) => id).sort();
  }
}

const settled = async (): Promise<void> => { await vi.advanceTimersByTimeAsync(0); };
const see = (isSeen: boolean): void => {
  Object.defineProperty(document, "hidden", { value: !isSeen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
};
const stream = (): FakeStream => {
  const [only, ...others] = server.streams;
  if (!only || others.length) throw new Error(`${server.streams.length} streams are open`);
  return only;
};
let server: Server;
let tabs: Tab[];

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  tabs = [];
  FakeChannel.all = [];
  vi.stubGlobal("EventSource", FakeStream);
  vi.stubGlobal("BroadcastChannel", FakeChannel);
  Object.defineProperty(navigator, "locks", { value: new FakeLocks(), configurable: true });
  // eslint-disable-next-line @typescript-eslint/require-await -- a failure is a rejected promise, as that of fetch
  vi.stubGlobal("fetch", async (path: string) => server.answer(path));
  see(true);
});
afterEach(() => {
  for (const tab of tabs) tab.feed.destroy();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "locks"); // its own again, of the prototype
  vi.useRealTimers();
});

describe("one stream for all tabs", () => {
  it("is opened by the first, and tells the others everything once", async () => {
    server.post(1);
    const first = await new Tab().begin();
    const second = await new Tab().begin();
    expect(stream().url).toBe("/api/v1/videos/v/danmaku/live?cursor=1");
    stream().open();
    server.post(2);
    expect([first.given, second.given]).toEqual([["1", "2"], ["1", "2"]]);
    expect([first.isLive, second.isLive]).toEqual([true, true]);
  });

  it("goes on in another tab, from where that one stands, when the first is closed", async () => {
    const first = await new Tab().begin();
    const second = await new Tab().begin();
    stream().open();
    server.post(1);
    first.feed.destroy();
    expect(second.isLive).toBe(false);
    server.post(2); // while nobody listens
    await settled();
    expect(stream().url).toBe("/api/v1/videos/v/danmaku/live?cursor=1");
    stream().open();
    stream().send("danmaku", 2, [item(2)]);
    expect(second.given).toEqual(["1", "2"]);
    expect(second.isLive).toBe(true);
  });

  it("is closed while all are hidden, and goes on where it stopped", async () => {
    const tab = await new Tab().begin();
    await new Tab().begin();
    server.post(1);
    see(false);
    await settled();
    expect(server.streams).toHaveLength(0);
    see(true);
    await settled();
    expect(stream().url).toBe("/api/v1/videos/v/danmaku/live?cursor=1");
    expect(tab.ids()).toEqual(["1"]);
  });

  it("lets a tab ask again that stood before the beginning of the stream", async () => {
    const late = new Tab();
    const ready = late.feed.need(0); // asks while nothing is there
    await ready;
    server.post(1); // before anybody listens
    const leader = new FakeChannel("eduvideo-danmaku /api/v1/videos/v/danmaku"); // of a tab that began after it
    leader.postMessage({ kind: "news", from: "1", to: "1", items: [], isReset: false });
    await vi.advanceTimersByTimeAsync(1000);
    expect(late.ids()).toEqual(["1"]);
  });

  it.each([
    ["has no locks", {}],
    ["refuses them", { locks: { request: () => Promise.reject(new DOMException("denied", "SecurityError")) } }],
  ])("is each tab's own where the browser %s", async (_, navigator) => {
    vi.stubGlobal("navigator", navigator);
    const both = [await new Tab().begin(), await new Tab().begin()];
    expect(server.streams).toHaveLength(2);
    server.post(1);
    expect(both.map(({ given }) => given)).toEqual([["1"], ["1"]]);
  });
});

it("nothing is asked for any more by a feed that has ended, though the lesson plays on", async () => {
  const tab = new Tab();
  await tab.feed.need(0);
  tab.feed.destroy();
  const before = server.segmentsAsked;
  await tab.feed.need(180_000);
  expect(server.segmentsAsked).toBe(before);
});

describe("what is taken off", () => {
  it("goes from the minutes around the playing time at once, and from others when they are played again", async () => {
    server.post(1);
    server.post(2);
    server.post(3, { position_ms: 200_000 });
    const tab = await new Tab().begin();
    await tab.feed.need(200_000);
    const asked = server.segmentsAsked;
    server.withdraw(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.segmentsAsked - asked).toBe(2);
    expect(tab.ids()).toEqual(["1", "2", "3"]);
    await tab.feed.need(0);
    expect(tab.ids()).toEqual(["2", "3"]);
  });

  it("is not what an older answer did not know yet", async () => {
    const tab = await new Tab().begin();
    server.post(1);
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ cursor: "0", items: [] })));
    stream().send("reset", 1, {});
    await vi.advanceTimersByTimeAsync(1000);
    expect(tab.ids()).toEqual(["1"]);
  });
});

describe("without a stream", () => {
  it("looks again and again after three failures, less often while that fails too, until the stream is back", async () => {
    const tab = await new Tab().begin();
    for (const waitMs of [3000, 6000]) {
      stream().refuse();
      await vi.advanceTimersByTimeAsync(waitMs);
    }
    stream().refuse(); // the next try is in 12 s
    server.post(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(tab.ids()).toEqual(["1"]);
    server.isDown = true;
    await vi.advanceTimersByTimeAsync(5000);
    server.isDown = false;
    server.post(2);
    await vi.advanceTimersByTimeAsync(9000);
    expect(tab.ids()).toEqual(["1"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(tab.ids()).toEqual(["1", "2"]);
    stream().open();
    const asked = server.segmentsAsked;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.segmentsAsked).toBe(asked);
  });
});

describe("one's own", () => {
  const sending = (): DanmakuItem => item(0, { id: "sending-1", text: "here", own: true, author_key: "me" });
  const sent = { ...sending(), id: "7", weight: 6 };

  it("is there at once, and the same when the server has it, though the stream was quicker", async () => {
    const tab = await new Tab("me").begin();
    tab.feed.send(sending());
    expect(tab.ids()).toEqual(["sending-1"]);
    server.post(7, { text: "here", author_key: "me" });
    server.post(8);
    expect(tab.given).toEqual(["sending-1", "8"]);
    tab.feed.settle({ sendingId: "sending-1", item: sent, cursor: "1" });
    expect(tab.given).toEqual(["sending-1", "8"]);
    expect(tab.ids()).toEqual(["7", "8"]);
    expect(tab.shown.get("sending-1")?.weight).toBe(6); // one object, so that it flies on
  });

  it("goes when it is refused, and comes by the stream if it had arrived all the same", async () => {
    const tab = await new Tab("me").begin();
    tab.feed.send(sending());
    server.post(7, { text: "here", author_key: "me" });
    tab.feed.unsend("sending-1");
    expect(tab.ids()).toEqual(["7"]);
    expect(tab.shown.get("7")?.own).toBe(true);
  });

  it("takes the place that the server gave it", async () => {
    const tab = await new Tab("me").begin();
    tab.feed.send(sending());
    tab.feed.settle({ sendingId: "sending-1", item: { ...sent, position_ms: 1000 }, cursor: "1" });
    expect(tab.given).toEqual(["sending-1", "7"]);
    expect(tab.ids()).toEqual(["7"]);
  });
});

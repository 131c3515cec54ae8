import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isAtEnd, keepProgress, type Keeper, keptPlace, placeToResume } from "../src/player/progress";
import { sendPlaces } from "../src/player/unsent-places";
import { showResume } from "../src/player/resume";
import { countView } from "../src/player/views";

class FakeVideo extends EventTarget {
  currentTime = 0;
  readyState = 4;
  /** Play on for some seconds, one news of the time each. */
  playOn(seconds: number): void {
    this.dispatchEvent(new Event("playing"));
    for (let i = 0; i < seconds; i++) {
      this.currentTime += 1;
      vi.advanceTimersByTime(1000);
      this.dispatchEvent(new Event("timeupdate"));
    }
  }
}

let video: FakeVideo;
let end: AbortController;
let sent: [string, RequestInit][];

function keep(keeper: Keeper, videoId = "abc", knownMs = 0): void {
  keepProgress(video as unknown as HTMLVideoElement, { keeper, videoId, durationMs: 100_000, knownMs }, end.signal);
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  document.body.innerHTML = "";
  video = new FakeVideo();
  end = new AbortController();
  sent = [];
  vi.stubGlobal("fetch", (path: string, request: RequestInit) => {
    sent.push([path, request]);
    return Promise.resolve(new Response(null, { status: 204 }));
  });
});

afterEach(() => {
  end.abort();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("the place of an account", () => {
  it("is sent every ten seconds of playing, when it pauses and when the page is left, by a request that outlives it", async () => {
    keep("account");
    video.dispatchEvent(new Event("pause"));
    expect(sent).toEqual([]); // nothing was played
    video.playOn(25);
    expect(sent.map(([, request]) => request.body)).toEqual(['{"position_ms":10000}', '{"position_ms":20000}']);
    video.dispatchEvent(new Event("pause"));
    dispatchEvent(new Event("pagehide")); // the same place is no news
    expect(sent).toHaveLength(3);
    const [path, request] = sent[2] ?? ["", {}];
    expect([path, request.method, request.keepalive, request.body]).toEqual(["/api/v1/videos/abc/progress", "PUT", true, '{"position_ms":25000}']);
    await vi.advanceTimersByTimeAsync(0);
    expect(localStorage).toHaveLength(0);
  });

  it("is news as soon as it is another than what is known, also where the browser played before there was a player", () => {
    video.currentTime = 65;
    keep("account", "abc", 60_000);
    video.dispatchEvent(new Event("playing"));
    video.dispatchEvent(new Event("pause"));
    expect(sent.map(([, request]) => request.body)).toEqual(['{"position_ms":65000}']);
  });

  it("is not the beginning while the lesson is loaded anew, nor later for a clock that was set back", () => {
    keep("account");
    video.playOn(12);
    Object.assign(video, { currentTime: 0, readyState: 0 });
    vi.advanceTimersByTime(30_000);
    video.dispatchEvent(new Event("timeupdate"));
    dispatchEvent(new Event("pagehide"));
    Object.assign(video, { currentTime: 12, readyState: 4 });
    vi.setSystemTime(Date.now() - 3_600_000);
    video.playOn(10);
    expect(sent.map(([, request]) => request.body)).toEqual(['{"position_ms":10000}', '{"position_ms":13000}']);
    Object.assign(video, { currentTime: 0, readyState: 4 });
    video.dispatchEvent(new Event("pause"));
    expect(sent.at(-1)?.[1].body).toBe('{"position_ms":0}');
  });

  it("is told later when the server was not heard, with how long ago that was, and only for the same account", async () => {
    document.body.innerHTML = '<edu-player account="me"></edu-player>';
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    keep("account");
    video.playOn(20);
    await vi.advanceTimersByTimeAsync(0);
    expect(placeToResume({ keeper: "account", videoId: "abc", durationMs: 100_000 }, 3_000)).toBe(20_000);
    vi.advanceTimersByTime(60_000);
    answerWith(204);
    await sendPlaces("another");
    expect(sent).toEqual([]);
    await sendPlaces("me");
    expect(sent.map(([path, request]) => [path, request.body])).toEqual([
      ["/api/v1/videos/abc/progress", '{"position_ms":20000,"ago_ms":60000}'],
    ]);
    await sendPlaces("me");
    expect(sent).toHaveLength(1);
    expect(localStorage).toHaveLength(0);
  });

  it.each([[401, 1], [503, 1], [404, 0], [204, 0]])("is kept or not after an answer of %i", async (status, kept) => {
    answerWith(status);
    keep("account");
    video.playOn(10);
    await vi.advanceTimersByTimeAsync(0);
    expect(localStorage).toHaveLength(kept);
  });
});

function answerWith(status: number): void {
  vi.stubGlobal("fetch", (path: string, request: RequestInit) => {
    sent.push([path, request]);
    return Promise.resolve(new Response(null, { status }));
  });
}

describe("the place in a browser", () => {
  it("is kept there, leaves at the end, and makes room for others", () => {
    keep("browser");
    video.playOn(30);
    expect(keptPlace("abc")).toBe(30_000);
    expect(keptPlace("other")).toBe(0);
    expect(sent).toEqual([]);
    video.currentTime = 97;
    video.dispatchEvent(new Event("ended"));
    expect(keptPlace("abc")).toBe(0);
    end.abort();
    for (let i = 0; i < 120; i++) {
      end = new AbortController();
      video = new FakeVideo();
      keep("browser", `v${i}`);
      video.playOn(10);
      end.abort();
    }
    expect([keptPlace("v119"), keptPlace("v20"), keptPlace("v19")]).toEqual([10_000, 10_000, 0]);
  });

  it("is forgotten where what is stored makes no sense", () => {
    localStorage.setItem("eduvideo-progress", "{");
    expect(keptPlace("abc")).toBe(0);
  });
});

it("goes on where the keeper says, unless the address says where or the lesson became shorter", () => {
  localStorage.setItem("eduvideo-progress", JSON.stringify({ abc: { ms: 30_000, at: 1 } }));
  const at = (keeper: Keeper, known: number | undefined, durationMs = 100_000): number => placeToResume({ keeper, videoId: "abc", durationMs }, known);
  expect([at("browser", 0), at("account", 65_000)]).toEqual([30_000, 65_000]);
  expect([at("browser", undefined), at("account", undefined)]).toEqual([0, 0]);
  expect([at("browser", 0, 20_000), at("account", 65_000, 65_000)]).toEqual([0, 0]);
});

it("has seen a lesson whoever has come to its last twentieth", () => {
  expect([[56_999, 60_000], [57_000, 60_000], [3_569_000, 3_600_000], [3_570_000, 3_600_000]].map(([at, of]) => isAtEnd(at ?? 0, of ?? 0)))
    .toEqual([false, true, false, true]);
});

it("offers the beginning while the lesson goes on, for ten seconds of it", () => {
  const host = document.createElement("div");
  document.body.append(host);
  video.currentTime = 65;
  showResume(host, video as unknown as HTMLVideoElement, 65_000, end.signal);
  expect(host.querySelector("[role=status]")?.textContent).toBe("Goes on at 1:05");
  video.playOn(11);
  expect(host.children).toHaveLength(0);
  showResume(host, video as unknown as HTMLVideoElement, 65_000, end.signal);
  host.querySelector("button")?.click();
  expect([video.currentTime, host.children.length]).toEqual([0, 0]);
});

describe("a view", () => {
  it("is said once, after ten seconds that were played and not jumped over", () => {
    countView(video as unknown as HTMLVideoElement, { videoId: "abc", durationMs: 100_000 }, end.signal);
    video.playOn(5);
    video.currentTime = 60;
    video.dispatchEvent(new Event("timeupdate"));
    video.playOn(4);
    expect(sent).toEqual([]);
    video.playOn(20);
    expect(sent.map(([path, request]) => [path, request.method])).toEqual([["/api/v1/videos/abc/views", "POST"]]);
  });

  it("of a short lesson is half of it", () => {
    countView(video as unknown as HTMLVideoElement, { videoId: "abc", durationMs: 8_000 }, end.signal);
    video.playOn(3);
    expect(sent).toEqual([]);
    video.playOn(1);
    expect(sent).toHaveLength(1);
  });
});

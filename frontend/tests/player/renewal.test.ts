import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { moveTracks, renewedUrl } from "../../src/player/renewal";
import { attachSource, type Source } from "../../src/player/source";

const OLD = "/media/s/old.mac/assets/a/j/1/master.m3u8";
const NEW = "/media/s/new.mac/assets/a/j/1/master.m3u8";

/** A browser without MediaSource plays HLS by itself. */
class NativeVideo extends EventTarget {
  src = "";
  currentTime = 0;
  paused = true;
  readyState = 4;
  error: { code: number } | null = null;
  plays = 0;
  play(): Promise<void> {
    this.paused = false;
    this.plays += 1;
    this.dispatchEvent(new Event("play"));
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
  /** As Chromium does it: what failed is paused. */
  fail(code: number): void {
    this.error = { code };
    const wasPlaying = !this.paused;
    this.paused = true;
    this.dispatchEvent(new Event("error"));
    if (wasPlaying) this.dispatchEvent(new Event("pause"));
  }
}

describe("a source whose address is refused", () => {
  let video: NativeVideo;
  let source: Source;
  let answers: (string | null | Error)[];
  let said: string[];

  beforeEach(() => {
    video = new NativeVideo();
    answers = [NEW];
    said = [];
    source = attachSource(video as unknown as HTMLVideoElement, {
      url: OLD,
      startS: 0,
      renew: () => {
        const answer = answers.shift();
        said.push("asked");
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? null);
      },
      onRenewed: (url) => { said.push(url); },
      onGone: () => { said.push("gone"); },
      savesData: false,
      onFault: (fault) => { said.push(fault); },
      onAway: (isAway) => { said.push(isAway ? "away" : "back"); },
      onQualities: () => undefined,
    });
  });
  afterEach(() => { source.destroy(); });

  it("goes on with another one at the same second, playing if it played", async () => {
    await video.play();
    video.currentTime = 2700.5;
    video.fail(2);
    await vi.waitFor(() => { expect(said).toEqual(["asked", NEW]); });
    expect(video.src).toBe(`${NEW}#t=2700.5`);
    expect(video.plays).toBe(2);
  });

  it("does not begin to play what was paused", async () => {
    await video.play();
    video.pause();
    video.plays = 0;
    video.currentTime = 10;
    video.fail(4);
    await vi.waitFor(() => { expect(said).toEqual(["asked", NEW]); });
    expect(video.plays).toBe(0);
  });

  it("says that the right is gone, and asks no more than once for all errors of a moment", async () => {
    answers = [null];
    video.fail(4);
    video.fail(4);
    await vi.waitFor(() => { expect(said).toEqual(["asked", "gone"]); });
    expect(video.src).toBe(OLD);
  });

  it("gives up when another address does not help, until the viewer tries again or media have come", async () => {
    answers = [NEW, NEW, NEW];
    video.fail(4);
    await vi.waitFor(() => { expect(said).toEqual(["asked", NEW]); });
    video.fail(4);
    expect(said.pop()).toBe("unsupported");
    source.retry();
    await vi.waitFor(() => { expect(said).toEqual(["asked", NEW, "asked", NEW]); });
    video.dispatchEvent(new Event("timeupdate"));
    video.fail(2);
    await vi.waitFor(() => { expect(said.filter((what) => what === "asked")).toHaveLength(3); });
  });

  it("waits while it cannot ask, and goes on by itself when the browser is online again", async () => {
    answers = [new TypeError("offline"), NEW];
    await video.play();
    video.currentTime = 12;
    video.fail(2);
    await vi.waitFor(() => { expect(said).toEqual(["asked", "away"]); });
    dispatchEvent(new Event("online"));
    await vi.waitFor(() => { expect(said).toEqual(["asked", "away", "asked", NEW]); });
    expect([video.src, video.paused]).toEqual([`${NEW}#t=12`, false]);
    video.dispatchEvent(new Event("timeupdate"));
    expect(said.at(-1)).toBe("back");
  });

  it("goes on where the viewer was, also where the new address fails before anything came by it", async () => {
    answers = [NEW, NEW];
    await video.play();
    video.currentTime = 600;
    video.fail(2);
    await vi.waitFor(() => { expect(said).toEqual(["asked", NEW]); });
    Object.assign(video, { currentTime: 0, readyState: 0 }); // as a new address does
    source.retry();
    await vi.waitFor(() => { expect(said).toEqual(["asked", NEW, "asked", NEW]); });
    expect(video.src).toBe(`${NEW}#t=600`);
  });

  it("does nothing for a player that was taken out meanwhile", async () => {
    video.fail(2);
    source.destroy();
    await vi.waitFor(() => { expect(said).toEqual(["asked"]); });
    await Promise.resolve();
    expect(video.src).toBe(OLD);
  });
});

describe("asking again", () => {
  afterEach(() => { vi.unstubAllGlobals(); });

  function answering(status: number, body: unknown): void {
    const headers = { "Content-Type": "application/json" };
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(body), { status, headers })));
  }

  it("returns the address as it is now", async () => {
    answering(200, { playback: { hls_url: NEW } });
    expect(await renewedUrl("x")).toBe(NEW);
  });

  it.each([401, 403, 404])("returns none after %i", async (status) => {
    answering(status, { status, title: "", detail: "" });
    expect(await renewedUrl("x")).toBeNull();
  });

  it("returns none for what cannot be played any more", async () => {
    answering(200, { playback: null });
    expect(await renewedUrl("x")).toBeNull();
  });

  it("fails when the platform is away", async () => {
    answering(503, { status: 503, title: "", detail: "" });
    await expect(renewedUrl("x")).rejects.toThrow();
  });
});

describe("tracks", () => {
  const sources = (video: HTMLVideoElement): string[] =>
    [...video.querySelectorAll("track")].map((track) => new URL(track.src, location.href).href.replace(location.origin, ""));

  function videoWith(...urls: string[]): HTMLVideoElement {
    const video = document.createElement("video");
    for (const src of urls) video.append(Object.assign(document.createElement("track"), { src }));
    return video;
  }

  it("follow the right to watch, from a session to another, and to and from public", () => {
    const video = videoWith("/media/s/old.mac/assets/a/c/zh.vtt", "/watch/x/chapters.vtt", "https://cdn.example/media/s/o/a.vtt");
    for (const [url, path] of [[NEW, "/media/s/new.mac/assets/a/c/zh.vtt"], ["/media/assets/a/m.m3u8", "/media/assets/a/c/zh.vtt"], [OLD, "/media/s/old.mac/assets/a/c/zh.vtt"]] as const) {
      moveTracks(video, url);
      expect(sources(video)).toEqual([path, "/watch/x/chapters.vtt", "https://cdn.example/media/s/o/a.vtt"]);
    }
  });
});

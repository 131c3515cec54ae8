import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/embed/frame";

const SCHOOL = "https://school.example";

interface Sent {
  message: { type: string; name?: string; id?: string; detail?: Record<string, unknown>; value?: unknown; error?: { code: string } };
  to: string;
}

/** A frame whose page is `around`; returns what it was told. */
function frame(attributes = "", { player = true } = {}): { around: Window; sent: Sent[]; video: HTMLVideoElement | null } {
  const sent: Sent[] = [];
  const around = { postMessage: (message: Sent["message"], to: string) => sent.push({ message, to }) } as unknown as Window;
  vi.spyOn(window, "parent", "get").mockReturnValue(around);
  document.body.innerHTML = `${player ? '<edu-player video-id="v1" duration-ms="60000" no-danmaku upgraded><video></video></edu-player>' : ""}
    <edu-frame name="Halves" ${attributes}></edu-frame>`;
  return { around, sent, video: document.querySelector("video") };
}

async function say(around: Window | null, data: unknown, origin = SCHOOL): Promise<void> {
  dispatchEvent(new MessageEvent("message", { data, origin, source: around }));
  await vi.advanceTimersByTimeAsync(1);
}

const hello = { eduvideo: 1, type: "hello" };

beforeEach(() => { vi.useFakeTimers(); });

afterEach(() => {
  document.body.innerHTML = "";
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a frame and its page", () => {
  it("says nothing before it was greeted, then who it is, to that origin alone", async () => {
    const { around, sent, video } = frame();
    await vi.advanceTimersByTimeAsync(10);
    video?.dispatchEvent(new Event("play"));
    await say(around, { eduvideo: 1, type: "getState", id: 1 });
    expect(sent).toEqual([]);
    await say(around, hello);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.to).toBe(SCHOOL);
    expect(sent[0]?.message).toMatchObject({ eduvideo: 1, type: "event", name: "ready", detail: { version: 1, id: "v1", title: "Halves", durationMs: 60_000, danmaku: null } });
  });

  it("has the whole player come for who works it, or where it begins by itself", async () => {
    const isWanted = (): boolean | undefined => document.querySelector("edu-player")?.hasAttribute("wanted");
    const { around } = frame();
    expect(isWanted()).toBe(false);
    await say(around, hello);
    expect(isWanted()).toBe(true);
    frame("autoplay");
    expect(isWanted()).toBe(true);
  });

  it("hears its page only: no other window, and no other origin after the first", async () => {
    const { around, sent, video } = frame();
    if (!video) throw new Error("no video");
    const told = vi.fn();
    const stranger = { postMessage: told } as unknown as Window;
    for (const source of [stranger, window, null]) await say(source, hello);
    expect(sent).toEqual([]);
    await say(around, hello);
    const seek = { eduvideo: 1, type: "seek", value: 5_000, id: "x" };
    await say(stranger, seek);
    await say(around, seek, "https://elsewhere.example");
    await say(around, hello, "https://elsewhere.example");
    expect(video.currentTime).toBe(0);
    expect(sent).toHaveLength(1);
    expect(told).not.toHaveBeenCalled();
    await say(around, seek);
    expect(video.currentTime).toBe(5);
    expect(sent[1]?.message).toEqual({ eduvideo: 1, type: "reply", id: "x" });
  });

  it("does not speak to a site that is not listed, nor to one without a name", async () => {
    const { around, sent } = frame('sources="other.example *.school.example"');
    for (const origin of [SCHOOL, "null", ""]) await say(around, hello, origin);
    expect(sent).toEqual([]);
    await say(around, hello, "https://www.school.example");
    expect(sent[0]?.to).toBe("https://www.school.example");
  });

  it("is moved by no message that means nothing, whatever it holds", async () => {
    const { around, sent, video } = frame();
    await say(around, hello);
    const data = fc.oneof(
      fc.anything(),
      fc.record({ eduvideo: fc.constantFrom(0, 1, 2, "1", null), type: fc.constantFrom("seek", "setRate", "setVolume", "mute", "eval", "ready"), value: fc.anything() }),
    ).filter((one) => !isGoodRequest(one));
    await fc.assert(fc.asyncProperty(data, fc.string(), async (one, origin) => {
      await say(around, one, origin);
      await say(around, one);
      expect([video?.currentTime, video?.playbackRate, video?.volume, video?.muted]).toEqual([0, 1, 1, false]);
    }));
    expect(sent).toHaveLength(1); // only `ready`: without an id there is no reply
  });

  it("answers what it cannot do", async () => {
    const { around, sent } = frame();
    await say(around, hello);
    const asked = [["seek", "now", "bad-value"], ["setCaptions", "zh", "not-offered"], ["setDanmaku", true, "not-offered"], ["next", undefined, "not-offered"]] as const;
    for (const [type, value, code] of asked) {
      await say(around, { eduvideo: 1, type, value, id: type });
      expect(sent.at(-1)?.message).toMatchObject({ type: "reply", id: type, error: { code } });
    }
  });

  it("tells that the browser wants a click first", async () => {
    vi.spyOn(HTMLMediaElement.prototype, "play").mockRejectedValue(new DOMException("no gesture", "NotAllowedError"));
    const { around, sent } = frame();
    await say(around, hello);
    await say(around, { eduvideo: 1, type: "play", id: 1 });
    expect(sent.map(({ message }) => message.name ?? message.error?.code)).toEqual(["ready", "error", "not-allowed"]);
    expect(sent[1]?.message.detail?.["code"]).toBe("not-allowed");
  });

  it("tells the time at most four times a second", async () => {
    const { around, sent, video } = frame();
    await say(around, hello);
    for (let step = 0; step < 100; step++) {
      video?.dispatchEvent(new Event("timeupdate"));
      await vi.advanceTimersByTimeAsync(50);
    }
    const count = sent.filter(({ message }) => message.name === "timeupdate").length;
    expect(count).toBeGreaterThanOrEqual(19);
    expect(count).toBeLessThanOrEqual(21);
  });

  it("tells the last place while the lesson is loaded anew", async () => {
    const { around, sent, video } = frame();
    if (!video) throw new Error("no video");
    await say(around, hello);
    video.currentTime = 12;
    video.dispatchEvent(new Event("seeked"));
    video.currentTime = 0; // nothing has come since: its readyState is 0
    video.dispatchEvent(new Event("timeupdate"));
    expect(sent.map(({ message }) => message.detail?.["positionMs"])).toEqual([0, 12_000, 12_000]);
  });

  it("stops once at the end that was asked for, or begins anew there", async () => {
    for (const loop of ["", "loop"]) {
      const { around, sent, video } = frame(`end-ms="9000" ${loop}`);
      if (!video) throw new Error("no video");
      const pause = vi.spyOn(video, "pause");
      vi.spyOn(video, "play").mockResolvedValue();
      await say(around, hello);
      video.currentTime = 9.1;
      video.dispatchEvent(new Event("timeupdate"));
      expect(pause).toHaveBeenCalledTimes(loop ? 0 : 1);
      expect(sent.some(({ message }) => message.name === "ended")).toBe(!loop);
      expect(video.currentTime).toBe(loop ? 0 : 9.1);
      if (loop) continue;
      video.currentTime = 9.3;
      video.dispatchEvent(new Event("timeupdate"));
      expect(pause).toHaveBeenCalledOnce();
    }
  });

  it("says which lesson of a playlist it is, and goes to the next one", async () => {
    const { around, sent } = frame('playlist-id="p1" playlist-name="Term 1" number="2" total="3" next="?video=v3&amp;play=1"');
    const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
    await say(around, hello);
    expect(sent[1]?.message).toMatchObject({ name: "item", detail: { id: "v1", number: 2, total: 3, playlist: { id: "p1", title: "Term 1" } } });
    await say(around, { eduvideo: 1, type: "next", id: 1 });
    expect(assign).toHaveBeenCalledWith("?video=v3&play=1");
  });

  it("says why there is no player", async () => {
    const { around, sent } = frame('problem="Not found"', { player: false });
    await say(around, hello);
    expect(sent[0]?.message).toMatchObject({ name: "error", detail: { code: "unavailable", message: "Not found" } });
    await say(around, { eduvideo: 1, type: "play", id: 1 });
    expect(sent[1]?.message).toMatchObject({ id: 1, error: { code: "unavailable" } });
  });

  it("is silent after it was taken out", async () => {
    const { around, sent, video } = frame();
    await say(around, hello);
    document.querySelector("edu-frame")?.remove();
    video?.dispatchEvent(new Event("play"));
    await say(around, { eduvideo: 1, type: "getState", id: 1 });
    expect(sent).toHaveLength(1);
  });
});

function isGoodRequest(one: unknown): boolean {
  const { eduvideo, type, value, id } = (one ?? {}) as Record<string, unknown>;
  const isKnown = eduvideo === 1 && ["seek", "setRate", "setVolume", "mute"].includes(String(type));
  return isKnown && (id !== undefined || typeof value === "number" || typeof value === "boolean");
}

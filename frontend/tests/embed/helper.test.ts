import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EduVideo as Documented } from "../../../docs/eduvideo";
import { EduVideo } from "../../src/embed/helper";

const documented: typeof Documented = EduVideo; // what docs/eduvideo.d.ts says is what there is

const OURS = "https://edu.example";
let sent: { message: { type: string; id?: string; value?: unknown }; to: string }[];
let iframe: HTMLIFrameElement;

function hear(data: unknown, { origin = OURS, source = iframe.contentWindow } = {}): void {
  dispatchEvent(new MessageEvent("message", { data, origin, source }));
}

const event = (name: string, detail: object = {}): object => ({ eduvideo: 1, type: "event", name, detail });
const ready = (session = "s1"): object => event("ready", { session, id: "v1" });

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  document.body.innerHTML = "";
  iframe = document.createElement("iframe");
  Object.defineProperty(iframe, "src", { value: `${OURS}/embed/video/v1` });
  const inside = { postMessage: (message: never, to: string) => sent.push({ message, to }) };
  Object.defineProperty(iframe, "contentWindow", { value: inside });
});

afterEach(() => {
  EduVideo.player(iframe).destroy();
  vi.useRealTimers();
});

describe("the script for other sites", () => {
  it("is what its documentation says, one player for a frame", () => {
    expect(documented.version).toBe(1);
    expect(documented.player(iframe)).toBe(EduVideo.player(iframe));
    expect(() => EduVideo.player("#nothing")).toThrow(TypeError);
  });

  it("greets the frame now and whenever it has loaded, and waits with what it asks", async () => {
    const player = EduVideo.player(iframe);
    iframe.dispatchEvent(new Event("load"));
    expect(sent.map(({ message }) => message.type)).toEqual(["hello", "hello"]);
    const played = player.play();
    await vi.advanceTimersByTimeAsync(1);
    expect(sent).toHaveLength(2);
    hear(ready());
    await vi.advanceTimersByTimeAsync(1);
    expect(sent[2]).toMatchObject({ message: { eduvideo: 1, type: "play" }, to: OURS });
    hear({ eduvideo: 1, type: "reply", id: sent[2]?.message.id });
    await expect(played).resolves.toBeUndefined();
  });

  it("gives replies to those who asked, and errors with their code", async () => {
    const player = EduVideo.player(iframe);
    hear(ready());
    const state = player.getState();
    const seek = player.seek(9_000);
    await vi.advanceTimersByTimeAsync(1);
    const [first, second] = sent.slice(-2).map(({ message }) => message.id);
    hear({ eduvideo: 1, type: "reply", id: second, error: { code: "bad-value", message: "no" } });
    hear({ eduvideo: 1, type: "reply", id: first, value: { positionMs: 7 } });
    await expect(state).resolves.toEqual({ positionMs: 7 });
    await expect(seek).rejects.toMatchObject({ code: "bad-value", message: "no" });
  });

  it("tells events, and nothing that comes from elsewhere", () => {
    const heard = vi.fn();
    EduVideo.player(iframe).addEventListener("pause", (one) => { heard((one as CustomEvent).detail); });
    hear(event("pause", { positionMs: 1 }), { origin: "https://elsewhere.example" });
    hear(event("pause", { positionMs: 2 }), { source: window });
    for (const data of [null, "pause", { eduvideo: 2, type: "event", name: "pause" }]) hear(data);
    expect(heard).not.toHaveBeenCalled();
    hear(event("pause", { positionMs: 3 }));
    expect(heard).toHaveBeenCalledExactlyOnceWith({ positionMs: 3 });
  });

  it("tells once that a lesson is ready, and ends what was asked of the one before", async () => {
    const player = EduVideo.player(iframe);
    const heard = vi.fn();
    player.addEventListener("ready", heard);
    hear(ready("s1"));
    hear(ready("s1"));
    const lost = player.pause();
    const ended = expect(lost).rejects.toMatchObject({ code: "gone" });
    await vi.advanceTimersByTimeAsync(1);
    hear(ready("s2"));
    await ended;
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it("says why nothing comes of it", async () => {
    const player = EduVideo.player(iframe);
    const refused = expect(player.play()).rejects.toMatchObject({ code: "unavailable" });
    hear(event("error", { code: "unavailable", message: "Not found" }));
    await refused;
    player.destroy();
    const silent = EduVideo.player(iframe);
    const given = expect(silent.ready).rejects.toMatchObject({ code: "no-answer" });
    iframe.dispatchEvent(new Event("load"));
    await vi.advanceTimersByTimeAsync(20_000);
    await given;
  });

  it("leaves nobody waiting whose lesson went away without another", async () => {
    const player = EduVideo.player(iframe);
    hear(ready());
    const lost = expect(player.seek(1_000)).rejects.toMatchObject({ code: "no-answer" });
    await vi.advanceTimersByTimeAsync(1);
    iframe.dispatchEvent(new Event("load"));
    await vi.advanceTimersByTimeAsync(20_000);
    await lost;
  });
});

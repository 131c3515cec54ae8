import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { applyKeptBlocks, block, blockedPeople, unblock } from "../../src/danmaku/blocks";
import { checked, choicesIn, merged, PLAIN, settingsOf } from "../../src/danmaku/preference";
import { Room } from "../../src/danmaku/room";
import { item } from "./made";

let asked: string[];
let view: object;

/** A page of a lesson, as it is loaded. */
async function visit(): Promise<Room> {
  const room = new Room("v", "");
  choicesIn(room);
  await vi.advanceTimersByTimeAsync(0);
  asked = [];
  return room;
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  delete document.body.dataset["person"];
  view = { author_key: "me", liked: [], blocked: [], preference: null, is_quiet: false };
  vi.stubGlobal("fetch", (path: string, request: RequestInit) => {
    asked.push([request.method, path, ...(typeof request.body === "string" ? [request.body] : [])].join(" "));
    return Promise.resolve(Response.json(view));
  });
  asked = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("what a viewer chose", () => {
  it("is the account's at a device's first visit, and the device's own from then on", () => {
    const device = { chosen: { size: 2 }, isMerged: false };
    expect(merged(device, { opacity: 0.5 })).toEqual({ chosen: { opacity: 0.5 }, isMerged: true });
    expect(merged(device, null)).toEqual({ chosen: { size: 2 }, isMerged: true });
    expect(merged({ ...device, isMerged: true }, { opacity: 0.5 })).toEqual({ chosen: { size: 2 }, isMerged: true });
  });

  it.each([null, "x", [1], { size: "2", hidden_modes: "top", on: null, unknown: 1 }])("is nothing if storage holds %j", (kept) => {
    expect(checked(kept)).toEqual({});
  });

  it("lasts on the device, and is told to the account once it rests", async () => {
    const room = await visit();
    for (const opacity of [0.8, 0.6, 0.4]) choicesIn(room).change({ opacity });
    choicesIn(room).change({ block_words: ["x"] });
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual(['PUT /api/v1/me/danmaku-preference {"opacity":0.4,"block_words":["x"]}']);
    view = { ...view, preference: { opacity: 1 } }; // of another device
    expect(choicesIn(await visit()).now).toEqual({ ...PLAIN, opacity: 0.4, block_words: ["x"] });
  });

  it("is told to the account even when the page goes, and back to plain means the same everywhere", async () => {
    const room = await visit();
    choicesIn(room).change({ size: 2 });
    choicesIn(room).reset();
    dispatchEvent(new Event("pagehide"));
    expect(asked).toEqual(["PUT /api/v1/me/danmaku-preference {}"]);
    expect(choicesIn(room).now).toEqual(PLAIN);
  });

  it("lasts as long as the page where storage is blocked", async () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => { throw new Error("blocked"); });
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => { throw new Error("blocked"); });
    const room = await visit();
    choicesIn(room).change({ on: false });
    expect(choicesIn(room).now.on).toBe(false);
  });

  it("is of one person: the next one at the device has their own, and changes nobody else's", async () => {
    view = { ...view, author_key: "" };
    choicesIn(await visit()).change({ speed: 2 });
    document.body.dataset["person"] = "ada";
    view = { ...view, author_key: "a" };
    const ada = choicesIn(await visit());
    expect(ada.now.speed).toBe(2); // chosen here before there was an account
    ada.change({ block_words: ["secret"] });
    document.body.dataset["person"] = "eve";
    view = { ...view, author_key: "e", preference: { opacity: 0.5 } };
    const eve = choicesIn(await visit());
    expect(eve.now).toEqual({ ...PLAIN, opacity: 0.5 });
    eve.change({ size: 2 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.at(-1)).toBe('PUT /api/v1/me/danmaku-preference {"opacity":0.5,"size":2}');
    document.body.dataset["person"] = "ada";
    expect(choicesIn(await visit()).now).toEqual({ ...PLAIN, speed: 2, block_words: ["secret"] });
  });

  it("starts quiet where the youngest learn, unless somebody chose otherwise", async () => {
    view = { ...view, is_quiet: true };
    const room = await visit();
    expect(choicesIn(room).now.only_learning).toBe(true);
    choicesIn(room).change({ only_learning: false });
    expect(choicesIn(await visit()).now.only_learning).toBe(false);
  });

  it("becomes the overlay's settings", () => {
    const chosen = { ...PLAIN, size: 1.5, speed: 2, max_on_screen: 0, max_per_10s: 30, hidden_modes: ["top" as const], offset_ms: -500 };
    expect(settingsOf(chosen, new Set(["a"]), 2)).toMatchObject({
      fontPx: 66, displayMs: 4000, maxOnScreen: null, maxPer10s: 30, blockedModes: ["top"], blockedAuthors: ["a"], offsetMs: -500,
    });
  });
});

describe("blocked people", () => {
  it("are the device's own without an account, and only where they said it", async () => {
    view = { ...view, author_key: "" };
    await block(await visit(), item(7, { author_key: "loud" }));
    expect(asked).toEqual([]);
    const again = await visit();
    applyKeptBlocks(again);
    const [person] = blockedPeople(again, []);
    expect([person?.text, [...again.blocked]]).toEqual(["text 7", ["loud"]]);
    const elsewhere = new Room("w", "");
    applyKeptBlocks(elsewhere);
    expect([[...elsewhere.blocked], blockedPeople(elsewhere, [])]).toEqual([[], []]);
    if (person) await unblock(again, person);
    expect(asked).toEqual(["GET /api/v1/videos/w/danmaku"]);
    expect([[...again.blocked], localStorage.getItem("eduvideo-danmaku-blocked")]).toEqual([[], "[]"]);
  });

  it("are shown to nobody else who uses the device", async () => {
    document.body.dataset["person"] = "ada";
    view = { ...view, blocked: ["loud"] };
    await block(await visit(), item(7, { author_key: "loud" }));
    const elsewhere = new Room("w", "");
    await elsewhere.ready;
    expect(blockedPeople(elsewhere, []).map(({ text }) => text)).toEqual(["text 7"]);
    document.body.dataset["person"] = "eve";
    expect(blockedPeople(elsewhere, [])).toEqual([]);
  });

  it("are the account's, named by what is known of them", async () => {
    view = { ...view, blocked: ["loud", "silent"] };
    const room = await visit();
    const people = blockedPeople(room, [item(7, { author_key: "loud" }), item(8, { author_key: "loud" }), item(9)]);
    expect(people.map(({ danmakuId }) => danmakuId)).toEqual(["7"]);
    view = { ...view, blocked: ["silent"] };
    if (people[0]) await unblock(room, people[0]);
    expect(asked).toEqual(["DELETE /api/v1/videos/v/danmaku/7/block", "GET /api/v1/videos/v/danmaku"]);
    expect([...room.blocked]).toEqual(["silent"]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chosen, titleOf } from "../../src/upload/chosen";
import type { Source } from "../../src/upload/sources";
import { stubSubtle } from "./hashing";

const FILE = new File(["lecture"], "lecture.mp4");
const TEXTS = { title: "Lecture", description: "" };

function source(id: string): Source {
  return {
    video: { id, title: "Lecture", state: "draft" },
    upload: { id, protocol: "tus", url: `/api/v1/uploads/${id}`, state: "started", filename: "lecture.mp4", created_at: "2026-11-28T00:00:00Z" },
  };
}

describe("a title", () => {
  it.each([
    ["lecture.final.mp4", "lecture.final"],
    ["牛顿 🚀.mp4", "牛顿 🚀"],
    ["Ame\u0301lie.mov", "Amélie"],
    [`${"🚀".repeat(130)}.mp4`, "🚀".repeat(120)],
    ["no ending", "no ending"],
  ])("of %s is %s", (name, title) => {
    expect(titleOf(name)).toBe(title);
  });
});

describe("a chosen file", () => {
  let sources: Source[] = [];

  beforeEach(() => {
    stubSubtle();
    sources = [];
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ items: sources })));
  });
  afterEach(() => { vi.unstubAllGlobals(); });

  it("that is new is sent", async () => {
    const one = new Chosen(FILE, TEXTS, () => undefined);
    await one.looked;
    expect([one.isReadable, one.way.kind]).toEqual([true, "send"]);
  });

  it("goes on where it was begun", async () => {
    sources = [source("1")];
    const one = new Chosen(FILE, TEXTS, () => undefined);
    await one.looked;
    expect(one.way).toEqual({ kind: "resume", source: source("1") });
  });

  it("gets no second draft where the answer to the first request was lost", async () => {
    sources = [source("1")];
    const one = new Chosen(FILE, TEXTS, () => undefined);
    await one.looked;
    sources = [source("2"), source("1")];
    expect(await one.madeUnheard()).toBeUndefined(); // nothing was asked for yet
    one.isUnsure = true;
    expect(await one.madeUnheard()).toEqual(source("2"));
    sources = [source("1")];
    expect(await one.madeUnheard()).toBeUndefined(); // the request did not arrive
  });

  it("can be sent where the server cannot tell now whether it knows it", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
    const one = new Chosen(FILE, TEXTS, () => undefined);
    await one.looked;
    expect([one.isReadable, one.way.kind, one.problem]).toEqual([true, "send", ""]);
  });
});

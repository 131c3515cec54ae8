import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DanmakuItem } from "../../src/danmaku";
import { worthOf } from "../../src/danmaku/worth";
import { crowds, item, overlapsOf, Scene } from "./made";

afterEach(() => { vi.unstubAllGlobals(); });

const RUNS = { numRuns: 10, endOnFailure: true };
const longText = "字".repeat(40);

describe("no two danmaku overlap", () => {
  it.each([
    ["of all modes", {}],
    ["with captions, in half the picture", { captions: true, area: 0.5 }],
    ["small and fast", { fontPx: 16, displayMs: 4000 }],
    ["with a limit", { maxOnScreen: 20 }],
    ["on a few lanes", { area: 0.15 }],
  ])("%s", (_, settings) => {
    fc.assert(fc.property(crowds(), (items) => {
      expect(overlapsOf(new Scene(items, settings), 70, 0.4)).toEqual([]);
    }), RUNS);
  });

  it("whatever comes live, is taken away or set while they fly", () => {
    fc.assert(fc.property(crowds(), crowds(), fc.integer({ min: 0, max: 60 }), (items, others, timeS) => {
      const scene = new Scene(items, {}, timeS);
      scene.overlay.visible();
      scene.overlay.add(others.map((each) => ({ ...each, id: `live ${each.id}` })));
      scene.overlay.remove(items.slice(0, 20).map(({ id }) => id));
      expect(overlapsOf(scene, 70, 0.7)).toEqual([]);
      scene.media.currentTime = timeS;
      scene.overlay.update({ area: 0.6, blockedKinds: ["question"] });
      expect(overlapsOf(scene, 70, 0.7)).toEqual([]);
    }), RUNS);
  });
});

describe("when overlap is allowed", () => {
  it("all are shown", () => {
    fc.assert(fc.property(crowds(), fc.integer({ min: 0, max: 70 }), (items, timeS) => {
      const scene = new Scene(items, { avoidOverlap: false }, timeS);
      const onTime = items.filter(({ position_ms }) => position_ms <= timeS * 1000 && timeS * 1000 < position_ms + 8000);
      expect(scene.ids()).toEqual(onTime.map(({ id }) => id).sort());
    }), RUNS);
  });
});

describe("places", () => {
  it("are the same from wherever one begins, and after any way there", () => {
    fc.assert(fc.property(crowds(), fc.array(fc.integer({ min: 0, max: 68 }), { maxLength: 6 }), (items, stops) => {
      const settings = { maxOnScreen: 40, maxPer10s: 60 };
      const watched = new Scene(items, settings);
      for (let timeS = 0; timeS < 68; timeS++) watched.placesAt(timeS);
      const jumping = new Scene(items, settings);
      for (const stop of [...stops, 50, 5, 30]) {
        expect(jumping.placesAt(stop)).toEqual(watched.placesAt(stop));
        expect(new Scene(items, settings, stop).placesAt(stop)).toEqual(watched.placesAt(stop));
      }
    }), RUNS);
  });

  it("are kept by what flies when something comes or is set, as long as it may stay", () => {
    const items = Array.from({ length: 40 }, (_, id) => item(id, { position_ms: id * 300, author_key: id % 2 ? "odd" : "even" }));
    const scene = new Scene(items, {}, 9);
    const before = scene.placesAt(9);
    scene.overlay.add([item(100, { position_ms: 8900, own: true })]);
    expect(scene.placesAt(9)).toMatchObject(before);
    scene.overlay.update({ captions: true });
    scene.overlay.update({ blockedAuthors: ["odd"] });
    const after = scene.placesAt(9);
    const evens = Object.entries(before).filter(([id]) => Number(id) % 2 === 0);
    expect(Object.fromEntries(Object.entries(after).filter(([id]) => id !== "100"))).toEqual(Object.fromEntries(evens));
  });

  it("leave the lowest 15 % and what is outside the area free", () => {
    fc.assert(fc.property(crowds(), fc.integer({ min: 0, max: 60 }), (items, timeS) => {
      const bottomOf = (settings: object): number => Math.max(0, ...new Scene(items, settings, timeS).overlay.boxes().map(({ y, height }) => y + height));
      expect(bottomOf({ captions: true })).toBeLessThanOrEqual(720 * 0.85);
      expect(bottomOf({ area: 0.5 })).toBeLessThanOrEqual(360);
    }), RUNS);
  });

  it("begin above for what flies left, and below for bottom and reverse", () => {
    const scene = new Scene((["scroll", "reverse", "top", "bottom"] as const).map((mode, id) => item(id, { mode, position_ms: id })), {}, 1);
    expect(scene.overlay.boxes().map(({ y }) => y)).toEqual([0, 660, 33, 627]);
  });

  it("of large ones are smaller where there is no room, and of fixed ones that are too wide", () => {
    const full = Array.from({ length: 21 }, (_, id) => item(id, { position_ms: 0, text: longText, mode: "top", ...(id === 3 ? {} : { weight: 9 }) }));
    const large = item(50, { position_ms: 10, size_px: 50, mode: "top" });
    const rows = (items: DanmakuItem[]): number | undefined => new Scene(items, {}, 1).overlay.boxes().find(({ id }) => id === "50")?.height;
    expect(rows([large])).toBe(63);
    expect(rows([...full.slice(0, 20), large])).toBe(32);
    expect(new Scene([item(1, { text: "字".repeat(100), mode: "top" })], {}, 1).overlay.boxes()[0]?.width).toBeLessThanOrEqual(1280);
  });
});

describe("when it is dense", () => {
  it("worth decides who is on screen, whoever comes first", () => {
    fc.assert(fc.property(crowds(), fc.integer({ min: 1, max: 30 }), (items, most) => {
      const together = items.map((each) => ({ ...each, position_ms: 1000, size_px: 25, text: "a" }));
      const scene = new Scene(together, { avoidOverlap: false, maxOnScreen: most }, 2);
      const shown = new Set(scene.ids());
      expect(shown.size).toBe(Math.min(most, items.length));
      const least = Math.min(...together.filter(({ id }) => shown.has(id)).map(worthOf));
      expect(Math.max(-1, ...together.filter(({ id }) => !shown.has(id)).map(worthOf))).toBeLessThanOrEqual(least);
    }), RUNS);
  });

  it("no moment has more than are wanted", () => {
    fc.assert(fc.property(crowds(), fc.boolean(), (items, avoidOverlap) => {
      const limits = [{ maxOnScreen: 7 }, { density: 7 }, { density: 0.05 }];
      for (const limit of limits) {
        const scene = new Scene(items, { ...limit, avoidOverlap });
        for (let timeS = 0; timeS < 70; timeS += 0.5) expect(Object.keys(scene.placesAt(timeS)).length).toBeLessThanOrEqual(7);
      }
    }), RUNS);
  });

  it("a limit is shared out over time, not taken by the first of a crowd", () => {
    const crowd = Array.from({ length: 2000 }, (_, id) => item(id, { position_ms: id * 20 }));
    for (const settings of [{ maxOnScreen: 24 }, { maxPer10s: 24 }]) {
      const scene = new Scene(crowd, { ...settings, avoidOverlap: false });
      const counts = [12, 13, 14, 15, 16, 17].map((timeS) => Object.keys(scene.placesAt(timeS)).length);
      const begun = new Set([12, 13, 14, 15, 16, 17].map((timeS) => Object.keys(scene.placesAt(timeS)).sort((a, b) => Number(a) - Number(b)).at(-1)));
      expect(Math.min(...counts)).toBeGreaterThan(10);
      expect(begun.size).toBeGreaterThan(4);
    }
  });

  it("a teacher, one's own and a question take the room of those below them", () => {
    const crowd = Array.from({ length: 60 }, (_, id) => item(id, { position_ms: 100, weight: 0, text: longText }));
    const scene = new Scene(crowd, {}, 0.2);
    expect(scene.overlay.visible()).toBe(21);
    scene.overlay.add([item(69, { position_ms: 150, weight: 10 })]); // worth more, but of no higher rank
    expect(scene.ids()).not.toContain("69");
    const late = [{ kind: "question" as const }, { own: true }, { kind: "teacher" as const }].map((each, i) => item(70 + i, { position_ms: 150 + i, ...each }));
    for (const each of late) scene.overlay.add([each]);
    expect(scene.overlay.visible()).toBe(21);
    expect(scene.ids()).toEqual(expect.arrayContaining(["70", "71", "72"]));
    scene.overlay.add(Array.from({ length: 30 }, (_, id) => item(100 + id, { position_ms: 160, kind: "teacher", text: longText })));
    expect(scene.ids()).not.toContain("70");
    scene.overlay.add([item(200, { position_ms: 170, own: true, text: longText })]);
    expect(scene.ids()).not.toContain("200");
  });

  it("a teacher at the edge of a window of time is shown in spite of the crowd before and after", () => {
    const crowd = Array.from({ length: 1000 }, (_, id) => item(id, { position_ms: id * 48, weight: 9, text: longText }));
    for (const position_ms of [15_990, 16_010, 31_990, 32_010]) {
      const items = [...crowd, item(5000, { position_ms, kind: "teacher", weight: 0 })].sort((a, b) => a.position_ms - b.position_ms);
      expect(new Scene(items, {}, position_ms / 1000 + 1).ids()).toContain("5000");
    }
  });
});

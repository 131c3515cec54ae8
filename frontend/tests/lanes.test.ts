import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DanmakuItem, type DanmakuSettings, DEFAULTS, worth } from "../src/danmaku/items";
import { LaneAllocator, laneHeight, leftAt, type Placed, type Stage, thin, topOf } from "../src/danmaku/lanes";

const STAGE: Stage = { width: 1280, height: 720 };

function item(id: number, changes: Partial<DanmakuItem> = {}): DanmakuItem {
  return {
    id: String(id), position_ms: 0, mode: "scroll", color: "#ffffff", size_px: 25, text: "x", weight: 5,
    kind: "comment", author_key: "a", ...changes,
  };
}

const settingsOf = (changes: Partial<DanmakuSettings> = {}): DanmakuSettings => ({ ...DEFAULTS, ...changes });

const crowd = fc
  .array(
    fc.record({
      position_ms: fc.integer({ min: 0, max: 20_000 }),
      mode: fc.constantFrom("scroll" as const, "reverse" as const, "top" as const, "bottom" as const),
      width: fc.integer({ min: 20, max: 900 }),
      size_px: fc.constantFrom(18, 25, 36),
      kind: fc.constantFrom("comment" as const, "comment" as const, "comment" as const, "question" as const, "teacher" as const),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((rows) => [...rows].sort((a, b) => a.position_ms - b.position_ms));

function place(rows: (Partial<DanmakuItem> & { width: number; size_px: number })[], settings: DanmakuSettings): Placed[] {
  const allocator = new LaneAllocator(STAGE, settings);
  return rows
    .map((row, id) => allocator.place(item(id, row), { width: row.width, height: row.size_px * 1.25 }))
    .filter((placed) => placed !== undefined)
    .filter((placed) => !placed.isGone);
}

/** Judge overlap by looking at the rectangles every 50 ms, knowing nothing of lanes. */
function overlaps(placed: Placed[], settings: DanmakuSettings): string[] {
  const found: string[] = [];
  for (let time = 0; time <= 20_000 + settings.displayMs; time += 50) {
    const shown = placed
      .filter(({ item: { position_ms } }) => position_ms <= time && time < position_ms + settings.displayMs)
      .map((each) => ({
        id: each.item.id,
        left: leftAt(each.item, each.size, STAGE, settings, time),
        right: leftAt(each.item, each.size, STAGE, settings, time) + each.size.width,
        top: topOf(each, STAGE, settings),
        bottom: topOf(each, STAGE, settings) + laneHeight(settings),
        moves: each.item.mode === "scroll" || each.item.mode === "reverse",
      }));
    for (const [i, a] of shown.entries()) {
      for (const b of shown.slice(i + 1)) {
        if (a.moves !== b.moves) continue; // fixed ones stand over the flight
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        const seen = Math.min(a.right, b.right) > 0 && Math.max(a.left, b.left) < STAGE.width;
        if (!apart && seen) found.push(`${a.id} and ${b.id} at ${time} ms`);
      }
    }
  }
  return found;
}

describe("lanes", () => {
  it("never overlap, whatever comes", () => {
    fc.assert(fc.property(crowd, (rows) => {
      expect(overlaps(place(rows, settingsOf()), settingsOf())).toEqual([]);
    }), { numRuns: 60 });
  });

  it("stay within the area", () => {
    const settings = settingsOf({ area: 0.5 });
    fc.assert(fc.property(crowd, (rows) => {
      for (const placed of place(rows, settings).filter((each) => each.item.mode !== "bottom")) {
        expect(topOf(placed, STAGE, settings) + laneHeight(settings)).toBeLessThanOrEqual(STAGE.height / 2);
      }
    }));
  });

  it("leave nobody out when overlap is allowed", () => {
    fc.assert(fc.property(crowd, (rows) => {
      expect(place(rows, settingsOf({ avoidOverlap: false }))).toHaveLength(rows.length);
    }));
  });
});

describe("worth", () => {
  it("makes room for a teacher and for one's own when every lane is taken", () => {
    const allocator = new LaneAllocator(STAGE, settingsOf());
    const size = { width: 600, height: 30 };
    const crowd = Array.from({ length: 60 }, (_, id) => allocator.place(item(id, { position_ms: 100 }), size));
    expect(allocator.place(item(70, { position_ms: 110 }), size)).toBeUndefined();
    const teacher = allocator.place(item(71, { position_ms: 120, kind: "teacher" }), size);
    const own = allocator.place(item(72, { position_ms: 130, own: true }), size);
    expect(teacher && !teacher.isGone).toBe(true);
    expect(own && !own.isGone).toBe(true);
    expect(crowd.filter((placed) => placed?.isGone)).toHaveLength(2);
  });
});

describe("flight", () => {
  it("is a function of the time alone: in at the start, gone at the end, halfway in the middle", () => {
    const size = { width: 200, height: 30 };
    const settings = settingsOf();
    expect(leftAt(item(1), size, STAGE, settings, 0)).toBe(STAGE.width);
    expect(leftAt(item(1), size, STAGE, settings, settings.displayMs)).toBe(-200);
    expect(leftAt(item(1), size, STAGE, settings, settings.displayMs / 2)).toBe((STAGE.width - 200) / 2);
    expect(leftAt(item(1, { mode: "reverse" }), size, STAGE, settings, 0)).toBe(-200);
  });
});

describe("density", () => {
  it("keeps the worthiest of those on screen together", () => {
    const rows = Array.from({ length: 30 }, (_, id) => item(id, { position_ms: id * 10, weight: id % 10 }));
    const teacher = item(99, { position_ms: 400, kind: "teacher", weight: 0 });
    const own = item(100, { position_ms: 410, own: true, weight: 0 });
    const kept = thin([...rows, teacher, own], settingsOf({ density: 5 }));
    expect(kept).toHaveLength(5);
    expect(kept).toContain(teacher);
    expect(kept).toContain(own);
    expect(Math.min(...kept.map(worth))).toBe(9);
  });

  it("counts only what is on screen together", () => {
    const rows = Array.from({ length: 10 }, (_, id) => item(id, { position_ms: id * 10_000 }));
    expect(thin(rows, settingsOf({ density: 1 }))).toHaveLength(10);
  });
});

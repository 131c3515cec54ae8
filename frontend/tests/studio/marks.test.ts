import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History } from "../../src/studio/history";
import { mark, parseMarks, parsePasted, problemsOf, snapped, textOf } from "../../src/studio/marks";
import { parseStoryboard, spread } from "../../src/studio/storyboard";
import { exactTime, parseTime } from "../../src/studio/times";

describe("times", () => {
  it("are read as they are written", () => {
    fc.assert(fc.property(fc.nat(400_000_000), (ms) => { expect(parseTime(exactTime(ms))).toBe(ms); }));
  });

  it.each([["90", 90_000], ["1:30", 90_000], ["1:02:03.5", 3_723_500], ["62:03", 3_723_000], ["0:00,25", 250]])("%s", (text, ms) => {
    expect(parseTime(text)).toBe(ms);
  });

  it.each(["", "x", "1:60", "1:60:00", "-1", "1:2:3:4", "1.2345"])("%s is none", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});

describe("chapters", () => {
  it("are read from lines as people write them", () => {
    const { marks, wrong } = parsePasted("0:00 Intro\r\n\n- 1:05 — The vertex\n[1:02:03] End\n 2:30.5 Half\nnothing\n3:00");
    expect(marks.map(({ startMs, title }) => [startMs, title])).toEqual([[0, "Intro"], [65_000, "The vertex"], [150_500, "Half"], [180_000, ""], [3_723_000, "End"]]);
    expect(wrong).toEqual([6]);
  });

  it("come back from their lines as they were", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(10_000_000), fc.constantFrom("Intro", "1:30 is half", "- x", "结论：完")), { maxLength: 20 }), (list) => {
      const text = textOf(list.map(([startMs, title]) => mark(startMs, title)));
      expect(textOf(parseMarks(text).marks)).toBe(text);
    }));
  });

  it("say which of them cannot be saved", () => {
    const marks = [mark(0, "Intro"), mark(5000, " "), mark(6000, "a"), mark(6000, "b"), mark(90_000, "late"), mark(7000, "x".repeat(121))];
    const problems = problemsOf(marks, 60_000);
    expect(marks.map(({ id }) => problems.has(id))).toEqual([false, true, false, true, true, true]);
  });

  it("snap to seconds, to the playhead near by, and stay in the lesson", () => {
    const at = { durationMs: 60_000, playheadMs: 30_400, reachMs: 1000 };
    expect([snapped(12_345, at), snapped(31_000, at), snapped(-5, at), snapped(99_999, at)]).toEqual([12_000, 30_000, 0, 59_000]);
  });
});

it("takes back step by step, and typing at once", () => {
  const history = new History<string>();
  history.note("");
  history.note("a", "typing");
  history.note("ab", "typing");
  history.note("abc");
  expect([history.undo(), history.undo(), history.undo(), history.undo()]).toEqual(["abc", "a", "", undefined]);
});

it("spreads the pictures of a storyboard over a lesson", () => {
  const vtt = "WEBVTT\n\n00:00.000 --> 00:10.000\ns1.jpg#xywh=0,0,160,90\n\n00:00:10.000 --> 00:00:20.000\ns1.jpg#xywh=160,0,160,90\n";
  const tiles = parseStoryboard(vtt, "https://example.org/a/b.vtt");
  expect(tiles.map(({ startMs, url, x }) => [startMs, url, x])).toEqual([[0, "https://example.org/a/s1.jpg", 0], [10_000, "https://example.org/a/s1.jpg", 160]]);
  expect(spread(tiles, 20_000, 4).map(({ x }) => x)).toEqual([0, 0, 160, 160]);
  expect(spread([], 20_000, 4)).toEqual([]);
});

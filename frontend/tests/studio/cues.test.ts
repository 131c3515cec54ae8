import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applied, changesOf, type Cue, cuesOf, editsBetween, editsOf, merged, newCue, ordered, problemOf, type Raw, replaced, shifted, split, warningsOf, webvtt } from "../../src/studio/cues";

const BASE: Raw[] = [[0, 1000, "one"], [1000, 2000, "two"], [2000, 3000, "three"]];
const raw = (cues: readonly Cue[]): Raw[] => cues.map(({ startMs, endMs, text }) => [startMs, endMs, text]);
const words = fc.constantFrom("a", "b", "c", "d");
const tracks = fc.array(fc.tuple(fc.nat(50), words).map(([at, text]): Raw => [at * 1000, at * 1000 + 900, text]), { maxLength: 12 });

/** The API's own rule, said once more: see changed_cues. */
function patched(base: readonly Raw[], changes: ReturnType<typeof changesOf>): Raw[] {
  const kept = new Map(base.entries());
  const added: Raw[] = [];
  for (const { number, start_ms: start, end_ms: end, text } of changes) {
    const was = number === undefined ? undefined : kept.get(number);
    if (number !== undefined) kept.delete(number);
    if (text !== "") added.push([start ?? was?.[0] ?? 0, end ?? was?.[1] ?? 0, text ?? was?.[2] ?? ""]);
  }
  return [...kept.values(), ...added].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

describe("changes", () => {
  it("come to what the editor shows", () => {
    fc.assert(fc.property(tracks, fc.array(fc.tuple(fc.nat(20), fc.constantFrom("text", "time", "drop", "add"))), (track, steps) => {
      let cues = cuesOf(track);
      for (const [place, step] of steps) {
        const cue = cues[place % Math.max(1, cues.length)];
        if (step === "add") cues = [...cues, { ...newCue(cues, place * 500), text: "new" }];
        else if (cue && step === "drop") cues = cues.filter((one) => one !== cue);
        else if (cue) cues = cues.map((one) => (one === cue ? { ...one, ...(step === "text" ? { text: "other" } : { endMs: one.endMs + 50 }) } : one));
      }
      const sort = (list: Raw[]): string[] => list.map((one) => JSON.stringify(one)).sort();
      expect(sort(patched(track, changesOf(track, cues)))).toEqual(sort(raw(cues)));
      expect(sort(raw(applied(track, editsOf(track, cues))))).toEqual(sort(raw(cues)));
    }));
  });

  it("are none where nothing was changed", () => {
    expect(changesOf(BASE, cuesOf(BASE))).toEqual([]);
  });

  it("of two people are both there when they touched different captions", () => {
    const mine = cuesOf(BASE).map((cue) => (cue.text === "one" ? { ...cue, text: "ONE" } : cue));
    const theirs: Raw[] = [[0, 1000, "one"], [1000, 2000, "TWO"], [2000, 3000, "three"], [3000, 4000, "four"]];
    const both = applied(theirs, editsOf(BASE, mine));
    expect(raw(both)).toEqual([[0, 1000, "ONE"], [1000, 2000, "TWO"], [2000, 3000, "three"], [3000, 4000, "four"]]);
    expect(both.some(({ isDisputed }) => isDisputed)).toBe(false);
  });

  it("of two people to one caption are kept both, and marked", () => {
    const mine = cuesOf(BASE).map((cue) => (cue.text === "one" ? { ...cue, text: "mine" } : cue));
    const both = applied([[0, 1000, "theirs"], [1000, 2000, "two"], [2000, 3000, "three"]], editsOf(BASE, mine));
    expect(raw(both).map(([, , text]) => text).sort()).toEqual(["mine", "theirs", "three", "two"]);
    expect(both.find(({ text }) => text === "mine")?.isDisputed).toBe(true);
  });

  it("that were made while others were on their way are made again", () => {
    const sent = cuesOf(BASE).map((cue) => (cue.text === "one" ? { ...cue, text: "sent" } : cue));
    const now = sent.map((cue) => (cue.text === "sent" ? { ...cue, text: "typed since" } : cue));
    expect(raw(applied(raw(sent), editsBetween(sent, now)))[0]).toEqual([0, 1000, "typed since"]);
  });
});

describe("editing", () => {
  it("cuts a caption at the cursor and shares its time by the letters", () => {
    const [cue] = cuesOf([[1000, 5000, "aaa bbb"]]);
    const parts = cue && split(cue, 3);
    expect(parts && raw(parts)).toEqual([[1000, 3000, "aaa"], [3000, 5000, "bbb"]]);
    expect(cue && split(cue, 0)).toBeUndefined();
  });

  it("puts a space between words of languages that have them", () => {
    const [a, b, c, d] = cuesOf([[0, 1, "so it"], [1, 2, "goes"], [0, 1, "抛物"], [1, 2, "线"]]);
    expect(a && b && merged(a, b).text).toBe("so it goes");
    expect(c && d && merged(c, d).text).toBe("抛物线");
  });

  it("moves all captions and none before the start", () => {
    expect(raw(shifted(cuesOf(BASE), -1500))).toEqual([[0, 1000, "one"], [0, 1000, "two"], [500, 1500, "three"]]);
  });

  it("replaces what is found as it is written", () => {
    const { cues, count } = replaced(cuesOf([[0, 1, "a.b a.b"], [1, 2, "aXb"]]), "a.b", "$&");
    expect([raw(cues).map(([, , text]) => text), count]).toEqual([["$& $&", "aXb"], 2]);
  });

  it("writes WebVTT in the order of time, with nothing that could be markup", () => {
    const text = webvtt(ordered(cuesOf([[3_661_001, 3_662_000, "a < b\n\n& c"], [0, 1000, "first"]])));
    expect(text).toBe("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nfirst\n\n01:01:01.001 --> 01:01:02.000\na &lt; b\n&amp; c\n");
  });
});

describe("warnings", () => {
  const cue = (startMs: number, endMs: number, text: string): Cue => ({ id: 1, startMs, endMs, text });
  it("name what keeps a caption from being saved", () => {
    expect(problemOf(cue(0, 1000, " "))).toContain("text");
    expect(problemOf(cue(1000, 1000, "x"))).toContain("later");
    expect(problemOf(cue(0, 1000, "x"))).toBeUndefined();
  });

  it.each([
    ["comfortable English", cue(0, 2000, "So we complete the square here."), 0],
    ["fast English", cue(0, 1000, "So we complete the square here."), 1],
    ["comfortable Chinese", cue(0, 2000, "顶点在对称轴上，这叫配方法。"), 0],
    ["fast Chinese", cue(0, 1000, "顶点在对称轴上，这叫配方法。"), 1],
    ["a long line", cue(0, 9000, "a".repeat(43)), 1],
    ["two lines", cue(0, 9000, `${"a".repeat(42)}\n${"b".repeat(42)}`), 0],
    ["a long Chinese line", cue(0, 9000, "数".repeat(19)), 1],
  ])("judge %s", (_name, one, count) => {
    expect(warningsOf(one, undefined)).toHaveLength(count);
  });

  it("tell of an overlap", () => {
    expect(warningsOf(cue(900, 2000, "x"), cue(0, 1000, "y"))[0]).toContain("above");
  });
});

import { describe, expect, it } from "vitest";
import { DEFAULTS, type DanmakuItem, type DanmakuSettings } from "../../src/danmaku";
import { sieveOf, wantedBy } from "../../src/danmaku/filters";
import { item } from "./made";

const passing = (items: DanmakuItem[], changes: Partial<DanmakuSettings>): string[] =>
  items.filter(wantedBy({ ...DEFAULTS, ...changes })).map(({ id }) => id);

describe("filters", () => {
  const items = [
    item(1, { text: "Spoiler ahead" }), item(2, { kind: "question", mode: "top" }), item(3, { kind: "teacher", color: "#ff0000" }),
    item(4, { author_key: "b", kind: "answer" }), item(5, { own: true, text: "my ＳＰＯＩＬＥＲ", mode: "top", author_key: "b" }),
  ];

  it.each<[string, Partial<DanmakuSettings>, string[]]>([
    ["let all pass at first", {}, ["1", "2", "3", "4", "5"]],
    ["know words in any case and width", { blockedWords: ["ｓｐｏｉｌｅｒ"] }, ["2", "3", "4", "5"]],
    ["ignore empty words", { blockedWords: ["", " "] }, ["1", "2", "3", "4", "5"]],
    ["know authors", { blockedAuthors: ["a"] }, ["4", "5"]],
    ["know kinds", { blockedKinds: ["teacher", "comment"] }, ["2", "4", "5"]],
    ["know modes", { blockedModes: ["top"] }, ["1", "3", "4", "5"]],
    ["know colors", { onlyWhite: true }, ["1", "2", "4", "5"]],
    ["leave what is for learning", { onlyLearning: true }, ["2", "3", "4", "5"]],
  ])("%s, and one's own always", (_, changes, expected) => {
    expect(passing(items, changes)).toEqual(expected);
  });

  it("block a word however it is written", () => {
    expect(passing([item(1, { text: "剧透：ＳＰＯＩＬＥＲ!" }), item(2)], { blockedWords: ["Spoiler"] })).toEqual(["2"]);
  });
});

describe("the limit of ten seconds", () => {
  it("keeps the worthiest of each ten seconds", () => {
    const items = [
      ...Array.from({ length: 6 }, (_, id) => item(id, { position_ms: id * 1000, weight: id === 4 ? 9 : 5 - id })),
      item(6, { position_ms: 9999, kind: "teacher", weight: 0 }),
      item(7, { position_ms: 10_000, weight: 0 }),
    ];
    const passes = sieveOf(items, { ...DEFAULTS, maxPer10s: 3 });
    expect(items.filter(passes).map(({ id }) => id)).toEqual(["0", "4", "6", "7"]);
  });
});

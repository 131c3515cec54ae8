import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { t } from "../src/i18n";
import messages from "../src/i18n/messages.json";
import { percent } from "../src/i18n/percent";
import { clock } from "../src/study/clock";

describe("texts", () => {
  it("are all listed for the server, and no other", () => {
    const used = new Set<string>();
    for (const file of readdirSync("src", { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      for (const [, text] of readFileSync(`src/${file}`, "utf8").matchAll(/\bt\(\s*"((?:[^"\\]|\\.)*)"/g)) if (text) used.add(text);
    }
    expect([...used].sort()).toEqual([...messages].sort());
  });

  it("fill in what is named", () => {
    expect(t("{rate} MB/s, {left} s left", { rate: "1.5", left: 3 })).toBe("1.5 MB/s, 3 s left");
  });
});

describe("percent", () => {
  it.each([["zh-CN", 0.854, "85%"], ["en", 1, "100%"], ["en", 0, "0%"], ["de", 0.5, "50\u00a0%"]])("is written in %s as its readers do", (lang, share, shown) => {
    document.documentElement.lang = lang;
    expect(percent(share)).toBe(shown);
    document.documentElement.lang = "";
  });
});

describe("clock", () => {
  it.each([[0, "0:00"], [65_999, "1:05"], [3_661_000, "1:01:01"], [-5, "0:00"]])("shows %i ms as %s", (time, shown) => {
    expect(clock(time)).toBe(shown);
  });
});

import { describe, expect, it } from "vitest";
import { isSameFile, isSameName } from "../../src/upload/sameness";

describe("names", () => {
  it.each([
    ["lecture.mp4", "lecture.mp4", true],
    ["lecture.mp4", "lecture 2.mp4", false],
    ["牛顿 🚀.mp4", "牛顿 🚀.mp4", true],
    ["Ame\u0301lie.mov", "Amélie.mov", true],
    ["a\u202eb  c.mp4", "ab c.mp4", true],
    ["👩\u200d🏫.mp4", "👩\u200d🏫.mp4", true],
    ["x".repeat(300), "x".repeat(255), true],
  ])("%s is %s: %s", (chosen, shown, isSame) => {
    expect(isSameName(chosen, shown)).toBe(isSame);
  });
});

describe("the file that was begun", () => {
  const begun = { filename: "Ame\u0301lie 🚀.mov", size_bytes: 7, fingerprint: "f1" };
  it.each([
    ["the same", { name: "Amélie 🚀.mov", size: 7, fingerprint: "f1" }, true],
    ["the same, renamed on another device", { name: "VID_0001.mov", size: 7, fingerprint: "f1" }, true],
    ["another of the same name and size", { name: "Amélie 🚀.mov", size: 7, fingerprint: "f2" }, false],
    ["a shorter one", { name: "Amélie 🚀.mov", size: 6, fingerprint: "f1" }, false],
  ])("is %s: %o", (_case, chosen, isSame) => {
    expect(isSameFile(chosen, begun)).toBe(isSame);
  });

  it("goes by name and size where nobody took a fingerprint", () => {
    const old = { ...begun, fingerprint: "" };
    expect(isSameFile({ name: "Amélie 🚀.mov", size: 7, fingerprint: "f1" }, old)).toBe(true);
    expect(isSameFile({ name: "VID_0001.mov", size: 7, fingerprint: "f1" }, old)).toBe(false);
  });
});

// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { lessonOf, visit, visited } from "../../src/shell/visited";

const lesson = (n: number) => ({ path: `/watch/${n}`, title: `Lesson ${n}`, lang: "en" });

beforeEach(() => { localStorage.clear(); });

describe("the lessons opened last", () => {
  it("are ten, each once, the last first", () => {
    for (const n of [...Array(12).keys(), 5]) visit("ada", lesson(n));
    expect(visited().lessons.map(({ path }) => path)).toEqual([5, 11, 10, 9, 8, 7, 6, 4, 3, 2].map((n) => `/watch/${n}`));
  });

  it("go with their person", () => {
    visit("ada", lesson(1));
    visit("ada");
    expect(visited().lessons).toHaveLength(1);
    visit("");
    expect(visited()).toEqual({ person: "", lessons: [] });
  });

  it("are named by the page's own title, and only of watch pages", () => {
    document.body.innerHTML = `<main lang="zh"><h1> 二次函数 </h1></main>`;
    expect(lessonOf(document, "/watch/a1")).toEqual({ path: "/watch/a1", title: "二次函数", lang: "zh" });
    expect(lessonOf(document, "/watch/a1/comments")).toBeUndefined();
  });
});

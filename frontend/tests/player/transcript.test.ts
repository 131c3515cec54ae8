import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hear, tell } from "../../src/player/link";
import "../../src/study/transcript";

const LINES: [number, string][] = [[0, "同学们好"], [4000, "抛物线 and the Vértex"], [8000, "the axis"], [12_000, "over"]];
const item = ([ms, text]: [number, string]): string => `<li><a href="?t=${ms / 1000}" data-start-ms="${ms}"><time></time> <span>${text}</span></a></li>`;

describe("a transcript", () => {
  let list: HTMLElement;
  let listeners: AbortController;

  beforeEach(() => {
    listeners = new AbortController();
    const page = document.createElement("div");
    page.innerHTML = `<edu-player><track kind="captions" srclang="en" label="English"><track kind="captions" srclang="zh" label="中文"></edu-player>
      <edu-transcript video-id="v1"><ol lang="zh">${LINES.map(item).join("")}</ol></edu-transcript>`;
    document.body.append(page); // the element begins with all that is in it, as after a page's parser
    list = document.querySelector("ol") ?? document.body;
    // Each line is 100 px high, and the list shows three of them.
    Object.defineProperty(list, "clientHeight", { value: 300 });
    [...list.querySelectorAll("a")].forEach((link, i) => { Object.defineProperty(link, "offsetTop", { value: i * 100 }); });
  });
  afterEach(() => {
    listeners.abort();
    document.body.replaceChildren();
    vi.unstubAllGlobals();
  });

  const said = (): string | undefined => list.querySelector("[aria-current] span")?.textContent;
  const shown = (): number => [...list.querySelectorAll("li")].filter(({ hidden }) => !hidden).length;
  const back = (): HTMLElement => document.querySelector(".transcript-back") ?? document.body;
  const scrollTo = (top: number): void => {
    list.scrollTop = top;
    list.dispatchEvent(new Event("scroll"));
  };
  const find = (text: string): void => {
    const field = document.querySelector("input") ?? new HTMLInputElement();
    field.value = text;
    field.dispatchEvent(new Event("input"));
  };

  it("marks what is said and keeps it in sight", () => {
    tell("edu-time", 8100);
    expect([said(), list.scrollTop]).toEqual(["the axis", 100]);
    list.dispatchEvent(new Event("scroll")); // its own
    tell("edu-time", 12_100);
    expect([said(), list.scrollTop, back().hidden]).toEqual(["over", 200, true]);
  });

  it("stays where its reader has scrolled to, until they want to come back", () => {
    tell("edu-time", 8100);
    scrollTo(20);
    tell("edu-time", 12_100);
    expect([said(), list.scrollTop, back().hidden]).toEqual(["over", 20, false]);
    back().click();
    expect([list.scrollTop, back().hidden]).toEqual([200, true]);
  });

  it("finds words in any order, case, width and accent, and says when there are none", () => {
    find("vertex 抛物线");
    expect([shown(), document.querySelector("[role=status]")?.textContent]).toEqual([1, "Lines found: 1"]);
    tell("edu-time", 12_100);
    expect(list.scrollTop).toBe(0);
    find("ＡＸＩＳ");
    expect(shown()).toBe(1);
    find("circle");
    expect([shown(), document.querySelector("[role=status]")?.textContent]).toEqual([0, "No line has these words."]);
    back().click();
    expect([shown(), list.scrollTop]).toEqual([4, 200]);
  });

  it("seeks to a line that is pressed", () => {
    const sought: number[] = [];
    hear("edu-seek", (ms) => { sought.push(ms); }, listeners.signal);
    list.querySelectorAll("a")[2]?.click();
    expect(sought).toEqual([8000]);
  });

  it("speaks another language of the lesson, as text", async () => {
    const items = [{ language: "en", cues: [[0, 3000, "Hello"], [4000, 7000, "<b>A parabola</b>"]] }];
    const headers = { "Content-Type": "application/json" };
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify({ items }), { headers })));
    tell("edu-time", 5000);
    const select = document.querySelector("select") ?? new HTMLSelectElement();
    expect([...select.options].map(({ text }) => text)).toEqual(["English", "中文"]);
    select.value = "en";
    select.dispatchEvent(new Event("change"));
    await vi.waitFor(() => { expect([list.lang, said()]).toEqual(["en", "<b>A parabola</b>"]); });
  });

  it("shows the language that was chosen last, in whatever order the answers come", async () => {
    const answers: ((answer: Response) => void)[] = [];
    vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => answers.push(resolve)));
    const items = [{ language: "en", cues: [[0, 3000, "Hello"]] }, { language: "zh", cues: [[0, 3000, "大家好"]] }];
    const select = document.querySelector("select") ?? new HTMLSelectElement();
    for (const language of ["en", "zh"]) {
      select.value = language;
      select.dispatchEvent(new Event("change"));
    }
    for (const resolve of answers.reverse()) {
      resolve(new Response(JSON.stringify({ items }), { headers: { "Content-Type": "application/json" } }));
      await new Promise((done) => setTimeout(done, 5));
    }
    expect([list.lang, list.textContent]).toEqual(["zh", "0:00 大家好"]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/ui/kept-form";
import "../../src/studio/chapters";

const MARKUP = `<edu-kept-form name="chapters"><edu-chapters video-id="v" duration-ms="60000" storyboard-url=""><form action="/studio/v/chapters">
  <div class="field"><label for="c">Chapters</label><textarea id="c" name="chapters">0:00 Intro\n0:30.500 The vertex</textarea></div><button>Save</button></form></edu-chapters></edu-kept-form>`;

let asked: { method: string; body: unknown }[] = [];
let answers: (() => Response)[] = [];
const json = (status: number, body: unknown) => (): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

const all = <T extends Element>(query: string): T[] => [...document.querySelectorAll<T>(query)];
const titles = (): string[] => all<HTMLInputElement>(".mark-rows .title").map(({ value }) => value);
const field = (): HTMLTextAreaElement => document.querySelector("textarea") as HTMLTextAreaElement;
const save = async (): Promise<string> => {
  document.querySelector("form")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true, bubbles: true }));
  await vi.waitFor(() => { if (/Saving/.test(document.querySelector(".form-status")?.textContent ?? "")) throw new Error("not yet"); });
  return document.querySelector(".form-status")?.textContent.trim() ?? "";
};

beforeEach(() => {
  localStorage.clear();
  asked = [];
  answers = [];
  vi.stubGlobal("fetch", (_path: string, { method, body }: { method: string; body?: string }) => {
    asked.push({ method, body: body && JSON.parse(body) });
    return Promise.resolve((answers.shift() ?? json(200, { items: [{}] }))());
  });
  const box = document.createElement("div");
  box.innerHTML = MARKUP;
  document.body.append(box);
});
afterEach(() => {
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

describe("chapters", () => {
  it("have a handle that says its time, and a row", () => {
    expect(all("[role=slider]").map((handle) => handle.getAttribute("aria-valuetext"))).toEqual(["0:00", "0:30.500"]);
    expect(titles()).toEqual(["Intro", "The vertex"]);
  });

  it("move by keys to whole seconds, and back by undo", () => {
    const handle = all("[role=slider]")[1];
    for (const key of ["ArrowRight", "ArrowRight", "PageUp"]) handle?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    expect(field().value).toBe("0:00 Intro\n0:59 The vertex");
    all<HTMLButtonElement>("button").find(({ textContent }) => textContent === "Undo")?.click();
    expect(field().value).toBe("0:00 Intro\n0:30.500 The vertex");
  });

  it("follow the lines of the form", () => {
    field().value = "0:10 Other";
    field().dispatchEvent(new Event("input", { bubbles: true }));
    expect(titles()).toEqual(["Other"]);
  });

  it("are saved in the order of time with their fractions", async () => {
    expect(await save()).toBe("Saved.");
    expect(asked).toEqual([{ method: "PUT", body: { items: [{ start_ms: 0, title: "Intro" }, { start_ms: 30_500, title: "The vertex" }] } }]);
  });

  it("are not sent while one has no title, and the row says so", async () => {
    field().value = "0:00 Intro\n0:10";
    field().dispatchEvent(new Event("input", { bubbles: true }));
    expect(await save()).toContain("cannot be saved");
    expect([asked.length, all(".row-error").map(({ textContent }) => textContent)]).toEqual([0, ["A chapter needs a title."]]);
  });

  it("say how to go on when the session has ended, after trying the new token once", async () => {
    answers = [json(403, { status: 403, title: "", detail: "The page is too old." }), json(401, { status: 401, title: "", detail: "Please sign in" })];
    expect(await save()).toContain("You are signed out.");
    expect(document.querySelector<HTMLAnchorElement>(".form-status a")?.getAttribute("href")).toContain("/accounts/login/?next=");
    expect(asked).toHaveLength(2);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/ui/kept-form";
import "../../src/studio/captions";

type Raw = [number, number, string];

const MARKUP = `<section><edu-captions video-id="v" language="en"><ul>
  <li data-language="en" data-name="English"><span>English</span></li><li data-language="zh" data-name="Chinese"><span>Chinese</span></li></ul></edu-captions>
  <select id="captions_language"><option value="en">English</option><option value="de">German</option></select></section>`;

let there: Record<string, Raw[]>;
let sent: { method: string; body: unknown }[];

/** The server: what it is sent changes nothing here but what is looked at. */
function answered(path: string, { method, body }: { method: string; body?: string }): Promise<Response> {
  const track = (language: string): object => ({ language, label: "", etag: `"${language}"`, cues: there[language] });
  if (method === "GET") return Promise.resolve(Response.json({ items: Object.keys(there).map(track) }));
  sent.push({ method, body: body && JSON.parse(body) });
  return Promise.resolve(Response.json(track(path.split("/").at(-1) ?? "")));
}

const button = (text: string): HTMLButtonElement | undefined => [...document.querySelectorAll("button")].find(({ textContent }) => textContent.trim() === text);
const texts = (): string[] => [...document.querySelectorAll<HTMLTextAreaElement>("textarea[data-cue]")].map(({ value }) => value);
const status = (): string => document.querySelector(".cue-editor .form-status")?.textContent ?? "";
const heading = (): string => document.querySelector(".cue-editor h3")?.textContent ?? "";

function write(place: number, text: string): void {
  const field = document.querySelectorAll<HTMLTextAreaElement>("textarea[data-cue]")[place];
  if (!field) throw new Error("no such caption");
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

async function open(language: string): Promise<void> {
  document.querySelector<HTMLElement>(`[data-language="${language}"] button`)?.click();
  await vi.waitFor(() => { expect(status()).not.toBe("Loading."); });
  // What is near the screen is drawn.
  for (const chunk of document.querySelectorAll(".chunk")) near([{ target: chunk, isIntersecting: true, boundingClientRect: { height: 0 } }]);
}

let near: (entries: object[]) => void;

beforeEach(() => {
  localStorage.clear();
  document.body.dataset["person"] = "ada";
  sent = [];
  there = { en: [[0, 1000, "one"], [1000, 2000, "two"]], zh: [[0, 1000, "一"]] };
  vi.stubGlobal("fetch", answered);
  vi.stubGlobal("IntersectionObserver", class {
    constructor(callback: typeof near) { near = callback; }
    observe(): void { /* the test says what is near */ }
    disconnect(): void { /* nothing to end */ }
  });
  // happy-dom has none.
  vi.stubGlobal("Option", function (text: string, value: string) { return Object.assign(document.createElement("option"), { text, value }); });
  const box = document.createElement("div");
  box.innerHTML = MARKUP;
  document.body.append(box);
});
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

describe("captions", () => {
  it("cannot be undone into those of another language, nor into a version before the last saving", async () => {
    await open("en");
    write(0, "one!");
    there["en"] = [[0, 1000, "one!"], [1000, 2000, "two"]];
    button("Save the captions")?.click();
    await vi.waitFor(() => { expect(status()).toBe("Saved."); });
    expect(button("Undo")?.disabled).toBe(true);
    write(1, "two!");
    button("Undo")?.click();
    expect(texts()).toEqual(["one!", "two"]);
    await open("zh");
    expect([texts(), button("Undo")?.disabled]).toEqual([["一"], true]);
  });

  it("that were changed are left for no other language, not even while that one comes", async () => {
    await open("en");
    document.querySelector<HTMLElement>('[data-language="zh"] button')?.click();
    write(0, "one!");
    await vi.waitFor(() => { expect(status()).toBe("Save the captions that you are editing first."); });
    expect([heading().startsWith("Captions in English"), texts()]).toEqual([true, ["one!", "two"]]);
    document.querySelector<HTMLElement>('[data-language="en"] button')?.click();
    expect(texts()).toEqual(["one!", "two"]);
  });

  it("that were only begun keep nobody from the others", async () => {
    await open("en");
    button("Write captions")?.click();
    await vi.waitFor(() => { expect(heading()).toContain("Captions in German"); });
    await open("en");
    expect(heading()).toContain("Captions in English");
  });

  it("are kept when the page goes in the very moment of typing", async () => {
    await open("en");
    write(0, "one!");
    dispatchEvent(new Event("pagehide"));
    document.dispatchEvent(new Event("visibilitychange"));
    expect(Object.keys(localStorage).map((key) => localStorage.getItem(key)).join(" ")).toContain("one!");
  });
});

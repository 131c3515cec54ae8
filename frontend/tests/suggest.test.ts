// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../src/discover/suggest";

const TITLES = ["photosynthesis", "Photosynthesis in leaves"];
let input: HTMLInputElement;
let submitted: string[];

function answerOf(...texts: string[]): Response {
  const body = { items: texts.map((text) => ({ text })) };
  return { ok: true, status: 200, json: () => Promise.resolve(body) } as Response;
}

function press(key: string, init: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...init });
  input.dispatchEvent(event);
  return event;
}

function options(): string[] {
  return [...document.querySelectorAll("[role=option]")].map((option) => option.textContent);
}

async function type(text: string): Promise<void> {
  input.value = text;
  input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(200);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(answerOf(...TITLES))));
  const element = document.createElement("edu-suggest");
  element.innerHTML = "<form><input name=q></form>";
  document.body.append(element);
  input = document.querySelector("input") as HTMLInputElement;
  submitted = [];
  document.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    submitted.push(input.value);
  });
});

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("suggestions", () => {
  it("are chosen with the keyboard, which readers can follow", async () => {
    await type("photo");
    expect(options()).toEqual(TITLES);
    expect(input.getAttribute("aria-expanded")).toBe("true");
    press("ArrowDown");
    press("ArrowDown");
    const active = document.getElementById(input.getAttribute("aria-activedescendant") ?? "");
    expect([active?.textContent, active?.getAttribute("aria-selected")]).toEqual([TITLES[1], "true"]);
    press("Enter");
    expect(submitted).toEqual([TITLES[1]]);
    expect(input.getAttribute("aria-expanded")).toBe("false");
  });

  it("leave the keys to an input method that is choosing characters", async () => {
    await type("guang");
    expect(options()).toEqual(TITLES);
    expect(press("ArrowDown", { isComposing: true }).defaultPrevented).toBe(false);
    expect(input.hasAttribute("aria-activedescendant")).toBe(false);
  });

  it("fold away and leave what was typed", async () => {
    await type("photo");
    expect(press("Escape").defaultPrevented).toBe(true);
    expect([options(), input.value]).toEqual([[], "photo"]);
  });

  it("that come late do not open again", async () => {
    let answer: ((response: Response) => void) | undefined;
    vi.stubGlobal("fetch", vi.fn((_url: string, init: RequestInit) => new Promise<Response>((resolve, reject) => {
      answer = resolve;
      init.signal?.addEventListener("abort", () => { reject(new DOMException("gone", "AbortError")); });
    })));
    await type("photo");
    input.dispatchEvent(new Event("blur"));
    answer?.(answerOf("late"));
    await vi.advanceTimersByTimeAsync(200);
    expect(options()).toEqual([]);
  });
});

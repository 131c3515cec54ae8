import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/studio/picker";

const MARKUP = `<form><label for="s">Subject</label><edu-picker><select id="s" name="subject">
  <option value="">Choose</option>
  <optgroup label="School"><option value="mathematics" data-find="数学 mathematics maths sx">Mathematics</option><option value="physics" data-find="物理 physics wl">Physics</option></optgroup>
  <optgroup label="Work"><option value="law" data-find="法律 law fl">Law</option></optgroup></select></edu-picker></form>`;

function page(isFine = true): { select: HTMLSelectElement; input: HTMLInputElement; names: () => string[]; groups: () => string[] } {
  vi.stubGlobal("matchMedia", () => ({ matches: isFine }));
  const box = document.createElement("div");
  box.innerHTML = MARKUP;
  document.body.append(box);
  const select = document.querySelector("select") as HTMLSelectElement;
  const texts = (query: string) => () => [...document.querySelectorAll(query)].map((one) => one.textContent);
  return { select, input: document.querySelector("input") as HTMLInputElement, names: texts("[role=option]"), groups: texts(".picker-group") };
}

function typed(input: HTMLInputElement, text: string): void {
  input.focus();
  input.value = text;
  input.dispatchEvent(new Event("input"));
}

const press = (input: HTMLInputElement, key: string): boolean => input.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));

beforeEach(() => { localStorage.clear(); });
afterEach(() => {
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

describe("a picker", () => {
  it.each([["sx", "Mathematics"], ["物", "Physics"], ["LAW", "Law"], ["math", "Mathematics"]])("finds by %s", (text, name) => {
    const { input, names } = page();
    typed(input, text);
    expect(names()).toEqual([name]);
  });

  it("gives the select what is chosen by keyboard, and says so to the form", () => {
    const { select, input } = page();
    const changed = vi.fn();
    select.form?.addEventListener("change", changed);
    typed(input, "");
    press(input, "ArrowDown");
    press(input, "Enter");
    expect([select.value, input.value, changed.mock.calls.length]).toEqual(["physics", "Physics", 1]);
  });

  it("leaves the keys to an input method while that composes", () => {
    const { select, input } = page();
    typed(input, "wuli");
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, cancelable: true }));
    typed(input, "物理");
    press(input, "Enter");
    expect([select.value, input.value]).toEqual(["physics", "Physics"]);
    typed(input, "law");
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, cancelable: true }));
    expect(select.value).toBe("physics");
  });

  it("keeps what was chosen when nothing is found or Escape is pressed", () => {
    const { select, input, names } = page();
    select.value = "law";
    typed(input, "nothing like it");
    expect(names()).toEqual([]);
    press(input, "Enter");
    press(input, "Escape");
    expect([select.value, input.value]).toEqual(["law", "Law"]);
  });

  it("begins with what was chosen lately", () => {
    const first = page();
    first.select.value = "law";
    first.select.form?.dispatchEvent(new Event("submit"));
    const { input, names, groups } = page();
    typed(input, "");
    expect(names()).toEqual(["Law", "Mathematics", "Physics", "Law"]);
    expect(groups()[0]).toBe("Used lately");
  });

  it("leaves the system's own list to a phone, with what was chosen lately first", () => {
    localStorage.setItem("edu-lately-subject", JSON.stringify(["physics", "gone"]));
    const { select, input } = page(false);
    expect(input).toBeNull();
    expect([...select.querySelectorAll("optgroup")].map(({ label }) => label)).toEqual(["Used lately", "School", "Work"]);
    expect(select.value).toBe("");
  });

  it("is in its usual order where storage is blocked or holds nonsense", () => {
    localStorage.setItem("edu-lately-subject", "{");
    const { input, names } = page();
    typed(input, "");
    expect(names()).toEqual(["Mathematics", "Physics", "Law"]);
  });
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import "../../src/ui/once";

let form: HTMLFormElement;

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = `<form method="post"><button name="do" value="a">A</button><button name="do" value="b">B</button></form>`;
  form = document.querySelector("form") ?? document.createElement("form");
});

afterEach(() => {
  vi.useRealTimers();
  dispatchEvent(new Event("pageshow"));
});

function press(value: string, by = form.querySelector<HTMLElement>(`[value=${value}]`)): boolean {
  return form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter: by }));
}

test("a second press of the same button sends nothing, another button does", () => {
  expect([press("a"), press("a"), press("b")]).toEqual([true, false, true]);
  expect(form.querySelector("[value=a]")?.getAttribute("aria-busy")).toBe("true");
});

test("it works again when the page comes back, or when nothing has come for long", () => {
  press("a");
  dispatchEvent(new Event("pageshow"));
  expect(form.querySelector("[aria-busy]")).toBeNull();
  expect(press("a")).toBe(true);
  vi.advanceTimersByTime(10_001);
  expect(press("a")).toBe(true);
});

test("what an element sends by itself, and a search, is no matter of this", () => {
  const send = (event: Event): void => { event.preventDefault(); };
  form.addEventListener("submit", send);
  press("a");
  form.removeEventListener("submit", send);
  expect(press("a")).toBe(true);
  form.method = "get";
  expect([press("b"), press("b")]).toEqual([true, true]);
});

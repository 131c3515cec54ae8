// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/ui/confirm";

let sent: (string | null)[];

beforeEach(() => {
  sent = [];
  HTMLDialogElement.prototype.showModal = vi.fn();
  document.body.innerHTML = `<edu-confirm question="Delete it?" yes="Delete"><form><button name="do" value="delete">x</button></form></edu-confirm>`;
  document.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    sent.push(document.querySelector("[name=confirmed]")?.getAttribute("value") ?? null);
  });
});

afterEach(() => { document.body.replaceChildren(); });

const press = (text: string): void => {
  [...document.querySelectorAll<HTMLButtonElement>("dialog button")].find((one) => one.textContent === text)?.click();
};

describe("a dangerous button", () => {
  it("asks first, and sends only after a yes, each time", () => {
    document.querySelector<HTMLElement>("form button")?.click();
    expect(document.querySelector("dialog")?.textContent).toContain("Delete it?");
    expect(sent).toEqual([]);
    press("Cancel");
    expect(sent).toEqual([]);
    document.querySelector<HTMLElement>("form button")?.click();
    press("Delete");
    expect(sent).toEqual(["1"]);
    expect(document.querySelector("[name=confirmed]")).toBeNull();
  });
});

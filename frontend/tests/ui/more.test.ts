// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../../src/ui/more";

const page = (entries: string, next: string): string =>
  `<ul id="list">${entries}</ul>${next ? `<edu-more for="list"><p><a href="${next}">Older</a></p></edu-more>` : ""}`;

function answer(text: string, ok = true): void {
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve({ ok, text: () => Promise.resolve(text) } as Response)));
}

async function click(): Promise<void> {
  document.querySelector<HTMLElement>("edu-more a")?.click();
  await vi.waitFor(() => { expect(document.querySelector("[aria-busy]")).toBeNull(); });
  await new Promise((resolve) => { requestAnimationFrame(resolve); });
}

beforeEach(() => {
  document.body.innerHTML = page(`<li id="a"><a href="/a">A</a></li>`, "?cursor=1");
});

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

describe("more of a list", () => {
  it("comes in place, once each, with the focus on the first and the way to what follows", async () => {
    answer(page(`<li id="a"><a href="/a">A</a></li><li id="b"><a href="/b">B</a></li>`, "?cursor=2"));
    await click();
    expect([...document.querySelectorAll("li")].map((one) => one.id)).toEqual(["a", "b"]);
    expect(document.activeElement?.getAttribute("href")).toBe("/b");
    expect(document.querySelector("edu-more a")?.getAttribute("href")).toBe("?cursor=2");
    expect(document.querySelector("[role=status]")?.textContent).toBe("1 more");
  });

  it("ends with the last page", async () => {
    answer(page(`<li id="b"><a href="/b">B</a></li>`, ""));
    await click();
    expect(document.querySelector("edu-more a")).toBeNull();
  });

  it("says when the network is away, and can be tried again", async () => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("away"))));
    await click();
    expect(document.querySelector("[role=status]")?.textContent).toContain("The network is away");
    answer(page(`<li id="b"></li>`, ""));
    await click();
    expect(document.querySelectorAll("li")).toHaveLength(2);
  });

  it("leaves a click for another tab to the browser", () => {
    answer("");
    const event = new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: true });
    document.querySelector("edu-more a")?.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
    expect(fetch).not.toHaveBeenCalled();
  });
});

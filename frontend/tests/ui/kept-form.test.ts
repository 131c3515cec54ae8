// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EduKeptForm, settle } from "../../src/ui/kept-form";

const FORM = `<form action="/send" method="post"><input type="hidden" name="csrfmiddlewaretoken" value="old"><input name="title"><textarea name="text"></textarea><input type="password" name="secret"><input type="checkbox" name="tags" value="a"><input type="checkbox" name="tags" value="b"><select name="grade"><option value="1">1</option><option value="2">2</option></select></form>`;

function show(person = "ada"): EduKeptForm {
  document.body.dataset["person"] = person;
  const kept = new EduKeptForm();
  kept.innerHTML = FORM;
  document.body.replaceChildren(kept);
  return kept;
}

function field(name: string): HTMLInputElement {
  return document.querySelector(`[name=${name}]`) as HTMLInputElement;
}

function type(name: string, value: string): void {
  field(name).value = value;
  field(name).dispatchEvent(new Event("input", { bubbles: true }));
  vi.runOnlyPendingTimers();
}

function offer(): HTMLElement | null {
  return document.querySelector(".kept-offer");
}

function press(text: string): void {
  [...document.querySelectorAll<HTMLButtonElement>(".kept-offer button")].find((button) => button.textContent === text)?.click();
}

function send(): SubmitEvent {
  const event = new Event("submit", { bubbles: true, cancelable: true }) as SubmitEvent;
  document.querySelector("form")?.dispatchEvent(event);
  return event;
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  sessionStorage.clear();
});

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a kept form", () => {
  it("offers again what was typed and not sent, and puts it back as it was", () => {
    show();
    type("title", "Leaves");
    type("text", "One\n<b>two</b>");
    field("secret").value = "pass";
    (document.querySelector("[value=b]") as HTMLInputElement).checked = true;
    (document.querySelector("select") as HTMLSelectElement).value = "2";
    type("title", "Leaves!");
    expect(JSON.stringify(localStorage)).not.toContain("pass");
    show();
    expect(offer()?.textContent).toContain("was not sent yet");
    expect(field("title").value).toBe("");
    press("Put it back");
    expect([field("title").value, field("text").value, field("secret").value]).toEqual(["Leaves!", "One\n<b>two</b>", ""]);
    expect([...document.querySelectorAll<HTMLInputElement>("[name=tags]")].map((one) => one.checked)).toEqual([false, true]);
    expect(document.querySelector("select")?.value).toBe("2");
    expect(offer()).toBeNull();
  });

  it("shows nobody what somebody else typed", () => {
    show("ada");
    type("title", "Mine");
    show("eve");
    expect(offer()).toBeNull();
    show("ada");
    expect(offer()).not.toBeNull();
  });

  it("keeps what was typed without an account in its tab, for who signs in there", () => {
    show("");
    type("title", "Nobody's");
    expect([localStorage.length, sessionStorage.length]).toEqual([0, 1]);
    show("ada");
    type("text", "own");
    show("ada");
    press("Discard"); // what is one's own comes first
    show("ada");
    press("Put it back");
    vi.runOnlyPendingTimers();
    expect([field("title").value, localStorage.length, sessionStorage.length]).toEqual(["Nobody's", 1, 0]);
    show("eve");
    expect(offer()).toBeNull();
  });

  it("forgets what the server accepted, and nothing else", () => {
    show();
    type("title", "Leaves");
    send();
    const ticket = field("kept").value;
    settle();
    show();
    expect(offer()).not.toBeNull(); // the answer never came, or was the sign-in
    document.cookie = `kept-${ticket}=1; path=/`;
    settle();
    expect(document.cookie).not.toContain("kept-");
    show();
    expect(offer()).toBeNull();
  });

  it("leaves the sending to an element that does it, until that says it has arrived", () => {
    const kept = show();
    document.querySelector("form")?.addEventListener("submit", (event) => { event.preventDefault(); });
    type("text", "Hello");
    send();
    expect(document.querySelector("[name=kept]")).toBeNull();
    kept.accepted();
    show();
    expect(offer()).toBeNull();
  });

  it("forgets on request, after a month, and when all is as it was", () => {
    show();
    type("title", "Leaves");
    show();
    press("Discard");
    show();
    expect(offer()).toBeNull();
    type("title", "Leaves");
    type("title", "");
    expect(localStorage.length).toBe(0);
    type("title", "Leaves");
    settle(Date.now() + 31 * 86_400_000);
    expect(localStorage.length).toBe(0);
  });

  it("sends the token of who is signed in now", () => {
    document.cookie = "csrftoken=new; path=/";
    show();
    send();
    expect(field("csrfmiddlewaretoken").value).toBe("new");
  });

  it("works without storage", () => {
    const refuse = (): never => { throw new Error("blocked"); };
    vi.stubGlobal("localStorage", new Proxy({}, { get: refuse, ownKeys: refuse }));
    settle();
    show();
    type("title", "Leaves");
    send();
    show();
    expect(offer()).toBeNull();
  });
});

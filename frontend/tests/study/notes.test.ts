import { afterEach, expect, it, vi } from "vitest";
import { noteStore } from "../../src/study/note-store";
import "../../src/study/notes";

const NOTE = (id: string, text: string): string => `<li data-note="${id}" data-text="${text}" data-version="1" data-position-ms="">${text}</li>`;

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

it("one writes before the server has answered, and what was there stays until then", async () => {
  let answer: ((response: Response) => void) | undefined;
  vi.stubGlobal("fetch", (_path: string, { method }: RequestInit) => method === "GET"
    ? new Promise<Response>((resolve) => { answer = resolve; })
    : Promise.reject(new TypeError("offline")));
  const page = document.createElement("div");
  page.innerHTML = `<edu-notes lesson="v" user="me"><form><textarea>typed early</textarea></form><ol class="notes-rows">${NOTE("n1", "first")}</ol></edu-notes>`;
  document.body.append(page);
  const texts = (): string[] => [...document.querySelectorAll(".notes-text")].map(({ textContent }) => textContent);
  const field = await vi.waitFor(() => {
    const found = document.querySelector<HTMLTextAreaElement>("edu-notes .notes-new textarea");
    if (!found) throw new Error("no place to write yet");
    return found;
  });
  expect([field.value, document.querySelector("form"), document.querySelector(".notes-rows")?.textContent]).toEqual(["typed early", null, "first"]);
  [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Done")?.click();
  expect(texts()).toEqual(["typed early"]);
  await vi.waitFor(() => { expect(answer).toBeDefined(); });
  answer?.(Response.json({ items: [{ id: "n1", text: "first", position_ms: null, version: 1 }] }));
  await vi.waitFor(() => { expect(texts().sort()).toEqual(["first", "typed early"]); });
  expect(document.querySelector(".notes-rows")).toBeNull();
});

it("whatever is typed at whatever moment of a sending is not called saved before the server has it", async () => {
  vi.stubGlobal("fetch", (_path: string, { method }: RequestInit) => method === "GET"
    ? Promise.resolve(Response.json({ items: [] }))
    : new Promise<Response>(() => undefined));
  for (let steps = 0; steps < 40; steps++) {
    document.body.innerHTML = `<edu-notes lesson="v" user="${String(steps)}"></edu-notes>`;
    const said = new Set<string>();
    const field = await vi.waitFor(() => {
      const found = document.querySelector<HTMLTextAreaElement>(".notes-new textarea");
      if (!found) throw new Error("no place to write yet");
      return found;
    });
    await new Promise((resolve) => { setTimeout(resolve); }); // what was there has come
    dispatchEvent(new Event("online"));
    for (let step = 0; step < steps; step++) await Promise.resolve();
    field.value = "a note";
    field.dispatchEvent(new Event("input"));
    for (let step = 0; step < 60; step++) {
      await Promise.resolve();
      said.add(document.querySelector(".notes-status")?.textContent ?? "");
    }
    expect([steps, ...said]).toEqual([steps, ""]);
  }
});

it("is not moved by keys without a name, which browsers make when they fill in a field", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ items: [] })));
  document.body.innerHTML = '<input id="name"><edu-notes lesson="v" user="filled"></edu-notes>';
  await vi.waitFor(() => { expect(document.querySelector(".notes-new textarea")).not.toBeNull(); });
  const wrong = vi.fn();
  addEventListener("error", wrong);
  document.querySelector("#name")?.dispatchEvent(new Event("keydown", { bubbles: true, composed: true }));
  removeEventListener("error", wrong);
  expect(wrong).not.toHaveBeenCalled();
});

it("calls saved what another page has sent", async () => {
  vi.stubGlobal("fetch", (_path: string, { method }: RequestInit) => method === "GET"
    ? Promise.resolve(Response.json({ items: [] }))
    : Promise.reject(new TypeError("offline")));
  document.body.innerHTML = '<edu-notes lesson="v" user="another"></edu-notes>';
  const store = await noteStore();
  await store.put({ id: "n2", owner: "another", lesson: "v", text: "written here", positionMs: null, version: 0, isDeleted: false, changedAt: 1 });
  await vi.waitFor(() => { expect(document.querySelector(".notes-mark")?.textContent).toBe("on this device"); });
  await store.remove("n2");
  await vi.waitFor(() => {
    dispatchEvent(new Event("online"));
    expect(document.querySelector(".notes-status")?.textContent).toBe("Saved");
  });
  expect(document.querySelector(".notes-mark")?.textContent).toBe("");
});

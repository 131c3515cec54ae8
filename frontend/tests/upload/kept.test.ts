import { afterEach, expect, it, vi } from "vitest";
import { KeptForm } from "../../src/upload/kept";

const typed = { fields: { subject: "physics", title: "牛顿" }, files: [{ name: "牛顿 🚀.mp4", size: 7, title: "牛顿", description: "力" }] };

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

it("gives back what was typed, to the same person only", () => {
  new KeptForm("a").write(typed);
  expect(new KeptForm("a").read()).toEqual(typed);
  expect(new KeptForm("b").read()).toBeUndefined();
  new KeptForm("a").clear();
  expect(new KeptForm("a").read()).toBeUndefined();
});

it("does no harm where storage is blocked or holds something else", () => {
  localStorage.setItem("edu-new-lesson-a", "{not json");
  expect(new KeptForm("a").read()).toBeUndefined();
  localStorage.setItem("edu-new-lesson-a", "7");
  expect(new KeptForm("a").read()).toBeUndefined();
  const refuse = () => { throw new DOMException("blocked", "SecurityError"); };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  const kept = new KeptForm("a");
  kept.write(typed);
  kept.clear();
  expect(kept.read()).toBeUndefined();
});

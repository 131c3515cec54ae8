import { afterEach, expect, it, vi } from "vitest";
import { viewerOf } from "../../src/embed/views";

const NOON = new Date("2026-11-29T12:00:00Z");
const SHAPE = /^[a-z0-9]{8,40}$/;

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

it("stands for one browser for a day, and for another one the next day", () => {
  const today = viewerOf(NOON);
  expect(today).toMatch(SHAPE);
  expect(viewerOf(new Date("2026-11-29T23:59:59Z"))).toBe(today);
  expect(viewerOf(new Date("2026-11-30T00:00:00Z"))).not.toBe(today);
});

it("is made up anew where storage is blocked", () => {
  vi.stubGlobal("localStorage", new Proxy({}, { get: () => { throw new DOMException("blocked", "SecurityError"); } }));
  expect(viewerOf(NOON)).toMatch(SHAPE);
  expect(viewerOf(NOON)).not.toBe(viewerOf(NOON));
});

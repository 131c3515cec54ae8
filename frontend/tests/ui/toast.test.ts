// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toast, toastWithUndo } from "../../src/ui/toast";

const place = (): HTMLElement => document.querySelector("edu-toast") as HTMLElement;

beforeEach(() => { vi.useFakeTimers(); });

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("a toast", () => {
  it("is text in one place that readers announce, and goes by itself", () => {
    toast("<img src=x>");
    toast("Saved.");
    expect(document.querySelectorAll("edu-toast")).toHaveLength(1);
    expect([place().getAttribute("role"), place().querySelector("span")?.textContent]).toEqual(["status", "Saved."]);
    vi.advanceTimersByTime(7_000);
    expect(place().childElementCount).toBe(0);
  });

  it("stays while the focus is in it, and takes back what was done", () => {
    const undo = vi.fn();
    toastWithUndo("Removed.", undo);
    place().dispatchEvent(new Event("focusin"));
    vi.advanceTimersByTime(60_000);
    place().querySelector<HTMLElement>(".toast-action")?.click();
    expect(undo).toHaveBeenCalledOnce();
    expect(place().childElementCount).toBe(0);
  });
});

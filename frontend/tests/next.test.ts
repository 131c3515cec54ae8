import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../src/playlist/next";

interface EduNext extends HTMLElement {
  isWaiting: boolean;
}

function page(next: string, query = ""): EduNext {
  history.replaceState(null, "", `/watch/a${query}`);
  document.body.innerHTML = `<edu-player><video></video></edu-player>
    <label data-next-switch hidden><input type="checkbox" checked></label>${next}`;
  return document.querySelector<EduNext>("edu-next") as EduNext;
}

function end(): void {
  document.querySelector("video")?.dispatchEvent(new Event("ended"));
}

const NEXT = '<edu-next href="/watch/b?list=l&amp;play=1" label="Thirds &lt;b&gt;"></edu-next>';

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
});

afterEach(() => {
  document.body.innerHTML = "";
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("going on to the next lesson", () => {
  it("says what comes and goes there after five seconds", () => {
    const element = page(NEXT);
    const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
    end();
    expect(element.isWaiting).toBe(true);
    expect(element.querySelector("[role=status]")?.textContent).toBe("Next in 5 seconds: Thirds <b>");
    vi.advanceTimersByTime(4_900);
    expect(assign).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(assign).toHaveBeenCalledWith("/watch/b?list=l&play=1");
  });

  it("stays when asked to, and when the lesson is played again", () => {
    const element = page(NEXT);
    const assign = vi.spyOn(location, "assign").mockImplementation(() => undefined);
    end();
    element.querySelector("button")?.click();
    expect(element.isWaiting).toBe(false);
    end();
    document.querySelector("video")?.dispatchEvent(new Event("play"));
    expect(element.isWaiting).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(assign).not.toHaveBeenCalled();
  });

  it("takes nobody away from what they write, at its end or begun while it waits", () => {
    const element = page(`${NEXT}<textarea></textarea>`);
    const writing = document.querySelector("textarea");
    writing?.focus();
    end();
    expect(element.isWaiting).toBe(false);
    writing?.blur();
    end();
    expect(element.isWaiting).toBe(true);
    writing?.focus();
    expect(element.isWaiting).toBe(false);
  });

  it("does nothing after the last one", () => {
    const element = page("<edu-next></edu-next>");
    end();
    expect(element.isWaiting).toBe(false);
  });

  it("is switched off for this browser, also where storage is blocked", () => {
    page(NEXT);
    const input = document.querySelector<HTMLInputElement>("[data-next-switch] input");
    expect(document.querySelector<HTMLElement>("[data-next-switch]")?.hidden).toBe(false);
    if (input) input.checked = false;
    input?.dispatchEvent(new Event("change"));
    end();
    expect(document.querySelector<EduNext>("edu-next")?.isWaiting).toBe(false);
    expect(page(NEXT).isWaiting).toBe(false);
    expect(document.querySelector<HTMLInputElement>("[data-next-switch] input")?.checked).toBe(false);
    vi.spyOn(window, "localStorage", "get").mockImplementation(() => {
      throw new DOMException("blocked", "SecurityError");
    });
    const element = page(NEXT);
    end();
    expect(element.isWaiting).toBe(true);
  });

  it("begins to play when the lesson was chosen in the list, and keeps that out of the address", async () => {
    const element = page(NEXT, "?list=l&play=1");
    expect(location.search).toBe("?list=l");
    const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
    expect(document.querySelector("edu-player")?.hasAttribute("wanted")).toBe(true);
    document.querySelector("edu-player")?.setAttribute("upgraded", "");
    await vi.advanceTimersByTimeAsync(10);
    expect(play).toHaveBeenCalledOnce();
    expect(element.isWaiting).toBe(false);
  });
});

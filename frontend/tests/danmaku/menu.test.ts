import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { blockedPeople } from "../../src/danmaku/blocks";
import "../../src/danmaku/list";
import { openDanmakuMenu } from "../../src/danmaku/menu";
import { Room } from "../../src/danmaku/room";
import { remember } from "../../src/danmaku/undo";
import { hear, tell } from "../../src/player/link";
import { item } from "./made";

const ROOM = { kinds: ["comment", "question", "answer", "teacher"], author_key: "me", is_moderator: true, liked: ["9"], blocked: [] };
const at = "/api/v1/videos/v/danmaku";
const answers: Record<string, unknown> = {
  [`GET ${at}`]: ROOM,
  [`POST ${at}/7/like`]: { likes: 3, liked: true },
  [`DELETE ${at}/7/like`]: { likes: 2, liked: false },
  [`POST ${at}/7/report`]: {},
  [`POST ${at}/7/block`]: {},
  [`DELETE ${at}/7`]: {},
};
let asked: string[];
let listeners: AbortController;
let room: Room;

beforeEach(async () => {
  listeners = new AbortController();
  HTMLElement.prototype.showPopover = () => undefined;
  HTMLElement.prototype.hidePopover = function (this: HTMLElement) { this.dispatchEvent(Object.assign(new Event("toggle"), { newState: "closed" })); };
  vi.stubGlobal("fetch", (path: string, request: RequestInit) => {
    const method = request.method ?? "GET";
    asked.push([method, path, ...(typeof request.body === "string" ? [request.body] : [])].join(" "));
    const answer = answers[`${method} ${path}`];
    return Promise.resolve(answer ? Response.json(answer) : Response.json({ detail: "Sign in to do this." }, { status: 401 }));
  });
  asked = [];
  room = new Room("v", "");
  await room.ready;
  asked = [];
});
afterEach(() => {
  listeners.abort();
  vi.unstubAllGlobals();
  localStorage.clear();
  document.body.replaceChildren();
});

const place = (more: object = {}): Parameters<typeof openDanmakuMenu>[1] => ({ x: 0, y: 0, room, ...more });
const menu = (): HTMLElement => {
  const found = document.querySelector<HTMLElement>("edu-danmaku-menu");
  if (!found) throw new Error("no menu is open");
  return found;
};
const press = (text: string): void => {
  [...menu().querySelectorAll("button")].find((button) => button.textContent.startsWith(text))?.click();
};
const offered = (): string[] => [...menu().querySelectorAll("button")].map((button) => button.textContent);
const status = (): string | undefined => menu().querySelector("[role=status]")?.textContent;

describe("the menu of a danmaku", () => {
  it("likes it, says how many do, and takes that back", async () => {
    const liked = item(7);
    openDanmakuMenu(liked, place());
    press("Like");
    await vi.waitFor(() => { expect(menu().querySelector("[aria-pressed=true]")?.textContent).toBe("Like 3"); });
    openDanmakuMenu(liked, place());
    press("Like 3");
    await vi.waitFor(() => { expect(menu().querySelector("[aria-pressed=false]")?.textContent).toBe("Like 2"); });
    expect(asked).toEqual([`POST ${at}/7/like`, `DELETE ${at}/7/like`]);
    openDanmakuMenu(item(9), place());
    expect(menu().querySelector("[aria-pressed=true]")).not.toBeNull(); // the server says so
  });

  it("reports it with a reason", async () => {
    openDanmakuMenu(item(7), place());
    press("Report");
    expect(status()).toBe("What is wrong with it?");
    press("Not about the lesson");
    await vi.waitFor(() => { expect(status()).toBe("Thank you. Somebody will look at it."); });
    expect(asked).toEqual([`POST ${at}/7/report {"reason":"off_topic"}`]);
  });

  it("says nothing of one danmaku below another, and keeps the focus", async () => {
    openDanmakuMenu(item(7), place());
    press("Report");
    press("Not about the lesson");
    await vi.waitFor(() => { expect(status()).toContain("Thank you."); });
    expect(menu().contains(document.activeElement)).toBe(true);
    press("Report");
    press("Not about the lesson");
    openDanmakuMenu(item(8), place());
    press("Report");
    await vi.waitFor(() => { expect(asked).toHaveLength(2); });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(status()).toBe("What is wrong with it?");
  });

  it("blocks its author, whom the settings then name by what they said", async () => {
    openDanmakuMenu(item(7, { author_key: "loud" }), place());
    press("Block this person");
    await vi.waitFor(() => { expect(room.blocked.has("loud")).toBe(true); });
    expect(asked).toEqual([`POST ${at}/7/block`]);
    expect(blockedPeople(room, []).map(({ text, danmakuId }) => [text, danmakuId])).toEqual([["text 7", "7"]]);
  });

  it("offers what suits: nothing against oneself, back for a while, an answer to a question for who teaches", async () => {
    openDanmakuMenu(item(7, { own: true }), place());
    expect(offered()).toEqual(["Copy", "Go to 0:00"]);
    remember("7");
    openDanmakuMenu(item(7, { own: true }), place());
    const taken: string[] = [];
    hear("edu-danmaku-unsent", (id) => { taken.push(id); }, listeners.signal);
    press("Take back");
    await vi.waitFor(() => { expect(taken).toEqual(["7"]); });
    expect(asked).toEqual([`DELETE ${at}/7`]);
    openDanmakuMenu(item(8, { kind: "question" }), place());
    expect(offered()).toEqual(["Copy", "Go to 0:00", "Answer", "Like", "Report", "Block this person", "Hide from everyone"]);
    room.view = { ...room.view, kinds: ["comment", "question"], is_moderator: false };
    openDanmakuMenu(item(8, { kind: "question", author_key: "" }), place());
    expect(offered()).toEqual(["Copy", "Go to 0:00", "Like", "Report"]);
  });

  it("says why the server refused", async () => {
    openDanmakuMenu(item(8), place());
    press("Like");
    await vi.waitFor(() => { expect(status()).toBe("Sign in to do this."); });
  });

  it("copies it and goes to its moment, and is the only one", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    const times: number[] = [];
    hear("edu-seek", (timeMs) => { times.push(timeMs); }, listeners.signal);
    const onClose = vi.fn();
    openDanmakuMenu(item(6), place({ onClose }));
    openDanmakuMenu(item(7, { position_ms: 65_000, text: "<b>x</b>" }), place({ onClose }));
    expect(onClose).toHaveBeenCalledOnce();
    expect(document.querySelectorAll("edu-danmaku-menu")).toHaveLength(1);
    expect(menu().querySelector(".menu-text")?.textContent).toBe("<b>x</b>");
    press("Copy");
    await vi.waitFor(() => { expect(status()).toBe("Copied."); });
    expect(writeText).toHaveBeenCalledWith("<b>x</b>");
    press("Go to 1:05");
    expect(times).toEqual([65_000]);
    expect(onClose).toHaveBeenCalledTimes(2);
  });
});

describe("the list", () => {
  const rows = (): string[] => [...document.querySelectorAll("li [value]")].map((row) => row.textContent);
  const arrow = (key: string): void => { document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); };

  beforeEach(() => {
    document.body.innerHTML = '<edu-danmaku-list video-id="v"><input><ol></ol></edu-danmaku-list>';
  });

  it("goes to a moment by a row and opens the menu by the button beside it", async () => {
    const times: number[] = [];
    hear("edu-seek", (timeMs) => { times.push(timeMs); }, listeners.signal);
    tell("edu-danmaku", [item(9, { position_ms: 4000, text: "<i>why?</i>" })]);
    await vi.waitFor(() => { expect(document.querySelectorAll("li button")).toHaveLength(2); });
    const [row, more] = document.querySelectorAll<HTMLButtonElement>("li button");
    row?.click();
    expect(times).toEqual([4000]);
    expect(more?.getAttribute("aria-label")).toBe("More about “<i>why?</i>”");
    more?.click();
    await vi.waitFor(() => { expect(menu().querySelector(".menu-text")?.textContent).toBe("<i>why?</i>"); });
  });

  it("says kinds, counts and likes, what is being sent, and which question an answer is for", async () => {
    tell("edu-danmaku-sending", item(4, { id: "sending-4" }));
    tell("edu-danmaku", [
      item(1, { kind: "question", text: "why?" }), item(2, { kind: "answer", text: "because", reply_to: "1", position_ms: 1 }),
      item(3, { text: "2333", count: 24, likes: 3, position_ms: 2 }), item(4, { id: "sending-4", position_ms: 3 }),
    ]);
    await vi.waitFor(() => {
      expect(rows()).toEqual(["0:00Question why?", "0:00Answer “why?” because", "0:002333 ×24 ♥ 3", "0:00text 4 Sending …"]);
    });
    expect(document.querySelectorAll("li:last-child button")).toHaveLength(1); // there is nothing to do with it yet
  });

  it("filters everything it knows, and is one stop of the keyboard that stays while it changes", async () => {
    tell("edu-danmaku", [item(1, { text: "Parabola" }), item(2, { text: "PARABOLA", position_ms: 500_000 }), item(3, { position_ms: 10 })]);
    await vi.waitFor(() => { expect(rows()).toEqual(["0:00Parabola", "0:00text 3"]); });
    expect(document.querySelectorAll("li [tabindex='0']")).toHaveLength(2);
    document.querySelector<HTMLElement>("li button")?.focus();
    for (const key of ["ArrowDown", "ArrowRight"]) arrow(key);
    expect(document.activeElement?.getAttribute("data-id")).toBe("3");
    tell("edu-danmaku", [item(0, { text: "before all" })]);
    await vi.waitFor(() => { expect(rows()).toHaveLength(3); });
    expect(document.activeElement?.getAttribute("data-id")).toBe("3");
    const input = document.querySelector("input");
    if (input) input.value = "ｐara";
    input?.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.waitFor(() => { expect(rows()).toEqual(["0:00Parabola", "8:20PARABOLA"]); });
    document.querySelector<HTMLElement>("li button")?.focus();
    tell("edu-danmaku-gone", ["1"]);
    await vi.waitFor(() => { expect(rows()).toEqual(["8:20PARABOLA"]); });
    expect(document.activeElement?.textContent).toBe("8:20PARABOLA");
  });
});

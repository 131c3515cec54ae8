import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lengthOf } from "../../src/danmaku/form";
import { hear, tell } from "../../src/player/link";
import { item } from "./made";

const FORM = `<edu-danmaku-form video-id="VIDEO"><form>
  <p class="form-reply" hidden><span></span><button type="button">Do not answer</button></p>
  <select name="kind"><option value="comment">Comment</option><option value="question">Question</option></select>
  <input name="text"><span class="form-count"></span><button type="submit" disabled>Send</button>
  <button type="button" class="form-undo" hidden></button><p class="form-status"></p></form></edu-danmaku-form>`;
const POSTED = { id: "7", position_ms: 4000, mode: "scroll", color: "#ffffff", size_px: 25, text: "why?", weight: 5, kind: "comment", author_key: "me", seq: 9, cursor: "9" };

let video = 0;
let view: object;
let posts: { body: Record<string, unknown>; key: string | null }[];
let answer: () => Response;
let heard: string[];
let listeners: AbortController;

const find = (name: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
};
const field = (): HTMLInputElement => find("[name=text]") as HTMLInputElement;
const text = (name: string): string => find(name).textContent;
/** The form in the page, with everything in it from the beginning. */
function place(): void {
  const box = document.createElement("div");
  box.innerHTML = FORM.replace("VIDEO", String(video));
  document.body.replaceChildren(...box.childNodes);
}
const status = (): string => text(".form-status");
async function send(words?: string): Promise<void> {
  if (words !== undefined) {
    field().value = words;
    field().dispatchEvent(new Event("input", { bubbles: true }));
  }
  find("form").dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.advanceTimersByTimeAsync(0);
}
async function open(changes: object = {}): Promise<void> {
  view = { author_key: "me", kinds: ["comment", "question"], liked: [], blocked: [], state: "on", pause_s: 30, ...changes };
  video++; // a room is asked for once a page
  place();
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  listeners = new AbortController();
  posts = [];
  heard = [];
  answer = () => Response.json(POSTED, { status: 201 });
  vi.stubGlobal("fetch", (_path: string, { method, body, headers }: RequestInit) => {
    if (method === "GET") return Promise.resolve(Response.json(view));
    if (method === "DELETE") return Promise.resolve(new Response(null, { status: 204 }));
    posts.push({ body: JSON.parse(body as string) as Record<string, unknown>, key: new Headers(headers).get("Idempotency-Key") });
    return new Promise((resolve) => { resolve(answer()); });
  });
  const { signal } = listeners;
  hear("edu-danmaku-sending", (sending) => { heard.push(`sending ${sending.text}`); }, signal);
  hear("edu-danmaku-sent", ({ item: { id } }) => { heard.push(`sent ${id}`); }, signal);
  hear("edu-danmaku-unsent", (id) => { heard.push(`unsent ${id.split("-")[0] ?? ""}`); }, signal);
});
afterEach(() => {
  listeners.abort();
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("the form", () => {
  it.each([["e\u0301", 1], ["👨‍👩‍👧‍👦🇨🇳", 2], ["  二次函数 ", 4]])("counts %s as people do", (words, length) => {
    expect(lengthOf(words)).toBe(length);
  });

  it("shows at once what is sent, and takes it back within two minutes", async () => {
    await open();
    expect((find("[type=submit]") as HTMLButtonElement).disabled).toBe(false); // as it is until there is a script to send it
    tell("edu-time", 4000);
    await send("why?");
    expect(heard).toEqual(["sending why?", "sent 7"]);
    expect(posts[0]?.body).toMatchObject({ position_ms: 4000, kind: "comment", text: "why?" });
    expect([field().value, text(".form-undo")]).toEqual(["", "Take back (120 s)"]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(text(".form-undo")).toBe("Take back (100 s)");
    find(".form-undo").click();
    await vi.advanceTimersByTimeAsync(0);
    expect([heard.at(-1), status(), find(".form-undo").hidden]).toEqual(["unsent 7", "Taken back.", true]);
    await send("again");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(find(".form-undo").hidden).toBe(true);
  });

  it("keeps the text and its key through lost networks and broken servers, and has a new key after an answer", async () => {
    await open();
    answer = () => { throw new TypeError("no network"); };
    await send("why?");
    answer = () => new Response("", { status: 502 });
    await send();
    expect(status()).toBe("The network is away. Your text is still here; send it again.");
    answer = () => Response.json(POSTED, { status: 201 });
    await send();
    await send("why?");
    const keys = posts.map(({ key }) => key);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(keys[3]).not.toBe(keys[0]);
    expect(heard).toEqual(["sending why?", "unsent sending", "sending why?", "unsent sending", "sending why?", "sent 7", "sending why?", "sent 7"]);
  });

  it("can be sent again when a dead network has swallowed it, under the same key", async () => {
    await open();
    const late = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
    vi.stubGlobal("fetch", (_path: string, { headers, signal }: RequestInit) => new Promise((_, reject) => {
      posts.push({ body: {}, key: new Headers(headers).get("Idempotency-Key") });
      signal?.addEventListener("abort", () => { reject(new DOMException("late", "TimeoutError")); });
    }));
    await send("why?");
    await send();
    expect([status(), posts.length]).toEqual(["Sending …", 1]);
    late.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect([status(), heard.at(-1)]).toEqual(["The network is away. Your text is still here; send it again.", "unsent sending"]);
    await send();
    expect([posts.length, new Set(posts.map(({ key }) => key)).size]).toEqual([2, 1]);
  });

  it("says why it was refused, and counts down to the next try", async () => {
    await open();
    answer = () => Response.json({ detail: "You are sending very fast." }, { status: 429, headers: { "Retry-After": "3" } });
    await send("why?");
    expect([status(), field().value, text("[type=submit]")]).toEqual(["You are sending very fast.", "why?", "Send in 3 s"]);
    await send();
    expect([status(), posts.length]).toEqual(["You can send the next one in 3 s.", 1]);
    vi.setSystemTime(Date.now() - 3_600_000); // a clock that is put right
    await vi.advanceTimersByTimeAsync(3000);
    expect(text("[type=submit]")).toBe("Send");
  });

  it("keeps the text of who was signed out, over the sign-in and back", async () => {
    await open();
    answer = () => Response.json({ detail: "Sign in to do this.", status: 401 }, { status: 401 });
    await send("why?");
    expect((find(".form-status a") as HTMLAnchorElement).href).toContain("/accounts/login/?next=");
    place();
    expect(field().value).toBe("why?");
    const lesson = video;
    await open();
    expect(field().value).toBe(""); // another lesson
    video = lesson;
    document.body.dataset["person"] = "eve";
    place();
    expect(field().value).toBe("");
    delete document.body.dataset["person"];
    place();
    expect(field().value).toBe("why?"); // whoever was here meanwhile
    video = lesson + 1;
  });

  it("waits where the lesson is slow, but not for who teaches it", async () => {
    await open({ state: "slow", pause_s: 60 });
    await send("why?");
    expect(text("[type=submit]")).toBe("Send in 60 s");
    await open({ state: "slow", pause_s: 60, is_moderator: true });
    await send("why?");
    expect(text("[type=submit]")).toBe("Send");
  });

  it("puts the answer to a question of the last second at the end, no later", async () => {
    await open({ kinds: ["comment", "question", "answer"], is_moderator: true });
    document.body.insertAdjacentHTML("beforeend", '<edu-player duration-ms="65500"></edu-player>');
    tell("edu-danmaku-answer", item(3, { kind: "question", text: "why?", position_ms: 65_000 }));
    await send("because");
    expect(posts[0]?.body).toMatchObject({ kind: "answer", position_ms: 65_500 });
  });

  it("lets who teaches answer a question, after its moment, and speak as a teacher", async () => {
    await open({ kinds: ["comment", "question", "teacher", "answer"], is_moderator: true });
    expect([...document.querySelectorAll("option")].map(({ value }) => value)).toEqual(["comment", "question", "teacher"]);
    tell("edu-danmaku-answer", item(3, { kind: "question", text: "what is a vertex?", position_ms: 65_000 }));
    expect(text(".form-reply span")).toBe("Answer to “what is a vertex?” at 1:05");
    answer = () => Response.json({ ...POSTED, kind: "answer", position_ms: 66_500 }, { status: 201 });
    await send("the lowest point");
    expect(posts[0]?.body).toMatchObject({ kind: "answer", reply_to: "3", position_ms: 66_500 });
    expect([status(), find(".form-reply").hidden]).toEqual(["Answered at 1:06.", true]);
    await send("and now");
    expect(posts[1]?.body).toMatchObject({ kind: "comment", reply_to: "" });
  });

  it("refuses what is too long before anybody sees it", async () => {
    await open();
    await send("字".repeat(101));
    expect([status(), text(".form-count"), posts.length, heard.length]).toEqual(["At most 100 characters.", "-1", 0, 0]);
    await send("👨‍👩‍👧‍👦".repeat(100));
    expect(posts).toHaveLength(1);
  });
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import "../../src/community/comments";

const THREAD = (id: string, text: string): string => `<li class="thread" id="t-${id}"><p>${text}</p>
  <form class="comment-form" action="/watch/v/comments/${id}"><button name="act" value="delete">x</button></form></li>`;
const LIST = `<form class="comment-form" data-new action="/watch/v/comments"><input type="hidden" name="csrfmiddlewaretoken" value="old">
  <input type="hidden" name="key" value="k1"><textarea name="text"></textarea><p class="comment-status"></p><button>Comment</button></form>
  <ol class="comments" id="comments">${THREAD("a", "first")}</ol>`;

let answers: Response[] = [];
const sent: Request[] = [];
let arrive: ((entries: { isIntersecting: boolean }[]) => void) | undefined;

beforeEach(() => {
  vi.stubGlobal("fetch", (asked: Request | string, init: RequestInit) => {
    sent.push(new Request(asked, init));
    const answer = answers.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new TypeError("offline"));
  });
  vi.stubGlobal("IntersectionObserver", class {
    constructor(callback: (entries: { isIntersecting: boolean }[]) => void) { arrive = callback; }
    observe(): void { /* the test says when */ }
    disconnect(): void { /* nothing to end */ }
  });
  document.cookie = "csrftoken=fresh";
});

afterEach(() => {
  answers = [];
  sent.length = 0;
  arrive = undefined;
  document.body.innerHTML = "";
});

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const page = (body: string, status = 200): Response => new Response(body, { status });
const refusal = (status: number, detail: string): Response => Response.json({ title: "", status, detail }, { status });
const texts = (): string[] => [...document.querySelectorAll(".thread p")].map((one) => one.textContent);
const submit = (form: Element | null): void => { form?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })); };

async function shown(): Promise<void> {
  document.body.innerHTML = `<h2><small data-comments>1</small></h2><edu-comments src="/watch/v/comments"><a href="/watch/v/comments">Read</a></edu-comments>`;
  answers = [page(LIST)];
  arrive?.([{ isIntersecting: true }]);
  await settled();
}

test("the list comes when it is near, and not before", async () => {
  document.body.innerHTML = `<edu-comments src="/watch/v/comments"></edu-comments>`;
  arrive?.([{ isIntersecting: false }]);
  expect(sent).toEqual([]);
  await shown();
  expect(texts()).toEqual(["first"]);
  expect(sent[0]?.headers.get("X-Part")).toBe("list");
});

test("a quiet lesson shows them to whoever asks", async () => {
  document.body.innerHTML = `<edu-comments src="/watch/v/comments" quiet><a href="/watch/v/comments">Read</a></edu-comments>`;
  expect(arrive).toBeUndefined();
  answers = [page(LIST)];
  document.querySelector("a")?.click();
  await settled();
  expect(texts()).toEqual(["first"]);
});

test("a list that is refused says so, and is no lost network", async () => {
  await shown();
  document.querySelector("edu-comments")?.insertAdjacentHTML("afterbegin", '<nav class="comment-orders"><a href="/watch/v/comments?order=liked">Liked</a></nav>');
  answers = [page("", 404)];
  document.querySelector<HTMLElement>(".comment-orders a")?.click();
  await settled();
  expect(document.querySelector("edu-toast")?.textContent).toContain("The server could not do that (404).");
  expect(texts()).toEqual(["first"]);
});

test("what is written stands first, counts, and leaves an empty form with another key", async () => {
  await shown();
  const [form, text] = [document.querySelector("form"), document.querySelector("textarea")];
  if (text) text.value = "second";
  answers = [page(THREAD("b", "second"))];
  submit(form);
  await settled();
  expect(texts()).toEqual(["second", "first"]);
  expect(document.querySelector("[data-comments]")?.textContent).toBe("2");
  expect(text?.value).toBe("");
  expect(document.querySelector<HTMLInputElement>("[name=key]")?.value).not.toBe("k1");
  const body = await sent[1]?.formData();
  expect([body?.get("text"), body?.get("csrfmiddlewaretoken"), body?.get("key")]).toEqual(["second", "fresh", "k1"]);
});

test("a refusal is told beside the text, which stays, with the way to sign in", async () => {
  await shown();
  const text = document.querySelector("textarea");
  if (text) text.value = "second";
  for (const [status, detail] of [[422, "Links cannot be sent here."], [401, "Please sign in first"]] as const) {
    answers = [refusal(status, detail)];
    submit(document.querySelector("form"));
    await settled();
    expect(document.querySelector(".comment-status")?.textContent).toContain(detail);
  }
  expect(document.querySelector(".comment-status a")?.getAttribute("href")).toContain("/accounts/login/?next=");
  submit(document.querySelector("form"));
  await settled();
  expect(document.querySelector(".comment-status")?.textContent).toContain("The network is away.");
  expect(text?.value).toBe("second");
});

test("what a dead network swallowed can be sent again", async () => {
  await shown();
  const late = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
  let asked = 0;
  vi.stubGlobal("fetch", (_asked: Request, { signal }: RequestInit) => new Promise((_, reject) => {
    asked += 1;
    signal?.addEventListener("abort", () => { reject(new DOMException("late", "TimeoutError")); });
  }));
  submit(document.querySelector("form"));
  submit(document.querySelector("form"));
  expect(asked).toBe(1);
  late.abort();
  await settled();
  expect(document.querySelector(".comment-status")?.textContent).toContain("The network is away.");
  submit(document.querySelector("form"));
  expect(asked).toBe(2);
  vi.restoreAllMocks();
});

test("a changed thread takes its own place, and one that is gone leaves", async () => {
  await shown();
  answers = [page(THREAD("a", "changed"))];
  submit(document.querySelector(".thread form"));
  await settled();
  expect(texts()).toEqual(["changed"]);
  answers = [page("")];
  submit(document.querySelector(".thread form"));
  await settled();
  expect(texts()).toEqual([]);
});

test("a refusal that is not ours is told by its number, and is no lost network", async () => {
  await shown();
  answers = [page("<h1>Bad gateway</h1>", 502)];
  submit(document.querySelector("form"));
  await settled();
  expect(document.querySelector(".comment-status")?.textContent).toBe("The server could not do that (502). Try again.");
});

test("of two orders the later one is shown, and the focus stays in the list", async () => {
  await shown();
  const orders = `<nav class="comment-orders"><a href="/watch/v/comments?order=new">New</a><a href="/watch/v/comments?order=liked" aria-current="true">Liked</a></nav>`;
  document.querySelector("edu-comments")?.insertAdjacentHTML("afterbegin", orders);
  const later: ((answer: Response) => void)[] = [];
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => later.push(resolve)));
  const [newest, liked] = document.querySelectorAll<HTMLElement>(".comment-orders a");
  newest?.click();
  liked?.focus();
  liked?.click();
  later[1]?.(page(`${orders}<ol class="comments">${THREAD("l", "liked")}</ol>`));
  await settled();
  later[0]?.(page(`${orders}<ol class="comments">${THREAD("n", "new")}</ol>`));
  await settled();
  expect(texts()).toEqual(["liked"]);
  expect(document.activeElement?.textContent).toBe("Liked");
});

test("what is sent from one form does not swallow what is sent from another", async () => {
  await shown();
  const later: ((answer: Response) => void)[] = [];
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => later.push(resolve)));
  submit(document.querySelector("[data-new]"));
  submit(document.querySelector("[data-new]")); // a second press of the same
  submit(document.querySelector(".thread form"));
  expect(later).toHaveLength(2);
  later[1]?.(page(THREAD("a", "changed")));
  later[0]?.(page(THREAD("b", "second")));
  await settled();
  expect(texts().sort()).toEqual(["changed", "second"]);
});

test("the focus of a thread that leaves goes on to its neighbor", async () => {
  await shown();
  document.querySelector(".comments")?.insertAdjacentHTML("beforeend", THREAD("b", "second"));
  const button = document.querySelector<HTMLElement>("#t-a button");
  button?.focus();
  answers = [page("")];
  submit(document.querySelector("#t-a form"));
  await settled();
  expect(document.activeElement?.id).toBe("t-b");
});

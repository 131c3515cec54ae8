import { afterEach, beforeEach, expect, test, vi } from "vitest";
import "../../src/community/toggle";

let answers: ((answer: Response) => void)[] = [];
const sent: string[] = [];

beforeEach(() => {
  vi.stubGlobal("fetch", (path: string, request: RequestInit) => {
    sent.push(`${request.method ?? ""} ${path}`);
    return new Promise<Response>((resolve) => answers.push(resolve));
  });
  document.body.innerHTML = `<edu-toggle api="/like" state="liked" counts="likes">
    <form><button value="1" aria-pressed="false">Like <span class="toggle-count">4</span></button></form></edu-toggle>`;
});

afterEach(() => {
  answers = [];
  sent.length = 0;
  document.body.innerHTML = "";
});

const shown = (): string => {
  const button = document.querySelector("button");
  return `${button?.getAttribute("aria-pressed") ?? ""} ${document.querySelector(".toggle-count")?.textContent ?? ""}`;
};
const press = (): void => { document.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true })); };
const answer = async (body: object, status = 200): Promise<void> => {
  answers.shift()?.(new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } }));
  await new Promise((resolve) => setTimeout(resolve));
};

test("it is on at once, and as the server says then", async () => {
  press();
  expect(shown()).toBe("true 5");
  await answer({ liked: true, likes: 9 });
  expect(shown()).toBe("true 9");
  expect(sent).toEqual(["PUT /like"]);
});

test("the last of quick presses counts", async () => {
  press();
  press();
  expect(shown()).toBe("false 4");
  await answer({ liked: true, likes: 5 });
  expect(sent).toEqual(["PUT /like", "DELETE /like"]);
  await answer({ liked: false, likes: 4 });
  expect(shown()).toBe("false 4");
});

test("what is refused is taken back with a sentence and the way to sign in", async () => {
  press();
  await answer({ title: "", status: 401, detail: "Please sign in first" }, 401);
  expect(shown()).toBe("false 4");
  expect(document.querySelector("edu-toast")?.textContent).toContain("You are signed out.");
  expect(document.querySelector(".toast-action")?.textContent).toBe("Sign in");
});

test("what is refused after something was accepted goes back to what was accepted", async () => {
  press();
  press();
  await answer({ liked: true, likes: 5 });
  await answer({ title: "", status: 429, detail: "Too fast" }, 429);
  expect(sent).toEqual(["PUT /like", "DELETE /like"]);
  expect(shown()).toBe("true 5");
});

test("a server that does otherwise is not asked without end", async () => {
  press();
  await answer({ liked: false, likes: 4 });
  expect([shown(), sent]).toEqual(["false 4", ["PUT /like"]]);
});

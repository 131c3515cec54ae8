import { afterEach, describe, expect, it, vi } from "vitest";
import { call, ProblemError } from "../../src/api/client";
import { noticeOf, sendPicture } from "../../src/studio/saving";

afterEach(() => { vi.unstubAllGlobals(); });

async function refusalOf(answer: Response, sending: () => Promise<unknown> = () => call("GET", "/api/v1/me")): Promise<ProblemError> {
  vi.stubGlobal("fetch", () => Promise.resolve(answer));
  const error: unknown = await sending().catch((error: unknown) => error);
  if (!(error instanceof ProblemError)) throw new Error("not refused as it should be", { cause: error });
  return error;
}

describe("a refusal", () => {
  it("says what the server says, and when to come again", async () => {
    const headers = { "Content-Type": "application/problem+json", "Retry-After": "7" };
    const error = await refusalOf(new Response(JSON.stringify({ title: "", status: 429, detail: "Too fast" }), { status: 429, headers }));
    expect([error.problem.detail, error.retryAfterS]).toEqual(["Too fast", 7]);
  });

  it.each([["text/html", "<h1>Bad gateway</h1>"], ["application/json", "cut off {"], ["text/plain", ""]])("says its number where a proxy answers by %s", async (type, body) => {
    const error = await refusalOf(new Response(body, { status: 502, headers: { "Content-Type": type } }));
    expect([error.problem.status, error.problem.detail]).toEqual([502, "The server could not do that (502). Try again."]);
  });

  it("is none where somebody else answers: that is no network", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<h1>Sign in to the school's network</h1>")));
    await expect(call("GET", "/api/v1/me")).rejects.toBeInstanceOf(TypeError);
  });

  it("of a picture by a proxy is a notice like others", async () => {
    const picture = new Blob(["x"], { type: "image/png" });
    const error = await refusalOf(new Response("<h1>Too large</h1>", { status: 413, headers: { "Content-Type": "text/html" } }), () => sendPicture("PUT", "/poster", picture));
    expect(noticeOf(error)).toEqual({ text: "The server could not do that (413). Try again.", isWrong: true });
  });
});

import { afterEach, expect, it, vi } from "vitest";
import "../../src/studio/poster";

const answers: ((answer: Response) => void)[] = [];
const sent: unknown[] = [];

afterEach(() => {
  document.body.innerHTML = "";
  vi.unstubAllGlobals();
});

it("shows what was chosen last, and sends one choice after the other", async () => {
  vi.stubGlobal("fetch", (_path: string, { body }: RequestInit) => {
    sent.push(body);
    return new Promise<Response>((resolve) => answers.push(resolve));
  });
  const page = document.createElement("div");
  page.innerHTML = `<edu-poster video-id="v"><div class="poster-now"><img src="/old.jpg"></div>
    <form>${[1, 2, 3].map((at) => `<input type="radio" name="at" value="${at}">`).join("")}</form></edu-poster>`;
  document.body.append(page);
  const radios = [...document.querySelectorAll("input")];
  const image = document.querySelector("img");
  const answer = async (atMs: number): Promise<void> => {
    answers.shift()?.(Response.json({ origin: "candidate", at_ms: atMs, poster_url: `/${atMs}.jpg` }));
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  for (const radio of radios.slice(0, 2)) {
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }
  await vi.waitFor(() => { expect(sent).toEqual([JSON.stringify({ at_ms: 1 })]); });
  await answer(1);
  expect([radios[1]?.checked, image?.getAttribute("src")]).toEqual([true, "/old.jpg"]);
  expect(sent).toHaveLength(2);
  await answer(2);
  expect([radios[1]?.checked, image?.getAttribute("src")]).toEqual([true, "/2.jpg"]);
});

it("puts its pictures in place when the network is back, if it was away just then", async () => {
  const PICTURES = '<edu-poster><form><div class="posters"><input type="radio" name="at" value="1"></div></form></edu-poster>';
  let isAway = true;
  vi.stubGlobal("fetch", () => isAway ? Promise.reject(new TypeError("offline")) : Promise.resolve(new Response(PICTURES)));
  const page = document.createElement("div");
  page.innerHTML = '<edu-poster video-id="v"><div class="poster-now"><img></div><div class="poster-offer" data-state="ready"></div></edu-poster>';
  document.body.append(page);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(document.querySelector(".posters")).toBeNull();
  isAway = false;
  dispatchEvent(new Event("online"));
  await vi.waitFor(() => { expect(document.querySelector("edu-poster .posters input")).not.toBeNull(); });
});

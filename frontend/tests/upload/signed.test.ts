import { expect, it } from "vitest";
import { SignedUrls } from "../../src/upload/signed";

function signer() {
  const asked: number[][] = [];
  const clock = { ms: 0, fails: false };
  const urls = new SignedUrls((numbers) => {
    asked.push(numbers);
    if (clock.fails) return Promise.reject(new Error("away"));
    return Promise.resolve({ valid_s: 900, parts: numbers.map((number) => ({ number, url: `/${number}?${asked.length}` })) });
  }, () => clock.ms);
  return { asked, clock, urls };
}

it("asks for some parts ahead, once", async () => {
  const { asked, urls } = signer();
  const next = Array.from({ length: 50 }, (_, index) => index + 2);
  expect(await urls.urlOf(1, next)).toBe("/1?1");
  expect(await Promise.all([2, 3, 12].map((number) => urls.urlOf(number, next)))).toEqual(["/2?1", "/3?1", "/12?1"]);
  expect(asked).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]);
});

it("asks in one request for what several lines need at the same time", async () => {
  const { asked, urls } = signer();
  await Promise.all([1, 2, 3, 4].map((number) => urls.urlOf(number, [2, 3, 4].filter((other) => other > number))));
  expect(asked).toEqual([[1, 2, 3, 4]]);
});

it("asks again before a URL expires, and for one that was refused", async () => {
  const { asked, clock, urls } = signer();
  await urls.urlOf(1, [2]);
  clock.ms = 839_000;
  await urls.urlOf(1, []);
  expect(asked).toHaveLength(1);
  clock.ms = 841_000;
  expect(await urls.urlOf(1, [])).toBe("/1?2");
  urls.forget(1);
  expect(await urls.urlOf(1, [2])).toBe("/1?3");
});

it("lets the next one ask after a failure", async () => {
  const { clock, urls } = signer();
  clock.fails = true;
  await expect(urls.urlOf(1, [])).rejects.toThrow("away");
  clock.fails = false;
  expect(await urls.urlOf(1, [])).toBe("/1?2");
});

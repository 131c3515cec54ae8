import { expect, it } from "vitest";
import { type PartsAsked, SignedUrls } from "../../src/upload/signed";

function signer() {
  const asked: PartsAsked[] = [];
  const clock = { ms: 0, fails: false };
  const urls = new SignedUrls((one) => {
    asked.push(one);
    if (clock.fails) return Promise.reject(new Error("away"));
    const parts = one.numbers.map((number) => ({ number, url: `/${number}?${asked.length}`, headers: headersOf(one.sha256?.[number]) }));
    return Promise.resolve({ valid_s: 900, parts });
  }, () => clock.ms);
  const urlOf = async (number: number, next: number[] = [], digest = "") => (await urls.targetOf(number, digest, next)).url;
  return { asked, clock, urls, urlOf };
}

function headersOf(digest?: string): Record<string, string> {
  return digest ? { "x-amz-checksum-sha256": digest } : {};
}

it("asks for some parts ahead, once, where they go without digests", async () => {
  const { asked, urlOf } = signer();
  const next = Array.from({ length: 50 }, (_, index) => index + 2);
  expect(await urlOf(1, next)).toBe("/1?1");
  expect(await Promise.all([2, 3, 12].map((number) => urlOf(number, next)))).toEqual(["/2?1", "/3?1", "/12?1"]);
  expect(asked).toEqual([{ numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] }]);
});

it("asks in one request for what several lines need at the same time", async () => {
  const { asked, urlOf } = signer();
  await Promise.all([1, 2, 3, 4].map((number) => urlOf(number, [2, 3, 4].filter((other) => other > number))));
  expect(asked).toEqual([{ numbers: [1, 2, 3, 4] }]);
});

it("names the digests of the parts that are ready, and gives the headers that go with them", async () => {
  const { asked, urls } = signer();
  const targets = await Promise.all([urls.targetOf(1, "one", [3, 4]), urls.targetOf(2, "two", [3, 4])]);
  expect(asked).toEqual([{ numbers: [1, 2], sha256: { 1: "one", 2: "two" } }]);
  expect(targets.map(({ headers }) => headers)).toEqual([headersOf("one"), headersOf("two")]);
});

it("signs anew what was read anew and is other bytes", async () => {
  const { asked, urlOf } = signer();
  await urlOf(1, [], "one");
  expect(await urlOf(1, [], "one")).toBe("/1?1");
  expect(await urlOf(1, [], "other")).toBe("/1?2");
  expect(asked).toHaveLength(2);
});

it("asks again before a URL expires, and for one that was refused", async () => {
  const { asked, clock, urls, urlOf } = signer();
  await urlOf(1, [2]);
  clock.ms = 839_000;
  await urlOf(1);
  expect(asked).toHaveLength(1);
  clock.ms = 841_000;
  expect(await urlOf(1)).toBe("/1?2");
  urls.forget(1);
  expect(await urlOf(1, [2])).toBe("/1?3");
});

it("lets the next one ask after a failure", async () => {
  const { clock, urlOf } = signer();
  clock.fails = true;
  await expect(urlOf(1)).rejects.toThrow("away");
  clock.fails = false;
  expect(await urlOf(1)).toBe("/1?2");
});

// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from "vitest";
import { momentOf, sinceOf } from "../../src/ui/time";

const NOW = new Date("2026-05-10T12:00:00Z"); // in the evening in Shanghai, where the tests run

afterEach(() => { document.documentElement.lang = ""; });

describe("a moment", () => {
  it.each([
    ["en", "2026-05-10T11:59:40Z", "now"],
    ["en", "2026-05-10T11:55:00Z", "5 minutes ago"],
    ["en", "2026-05-10T10:00:00Z", "2 hours ago"],
    ["en", "2026-05-09T11:00:00Z", "yesterday"],
    ["en", new Date(2026, 4, 8, 23, 30).toISOString(), "2 days ago"], // less than 48 hours before, and two nights
    ["en", "2026-05-10T15:00:00Z", "in 3 hours"],
    ["en", "2026-04-01T12:00:00Z", "Apr 1, 2026"],
    ["zh-CN", "2026-05-10T11:55:00Z", "5分钟前"],
    ["zh-CN", "2026-04-01T12:00:00Z", "2026年4月1日"],
  ])("is said in %s: %s is %s", (lang, moment, said) => {
    document.documentElement.lang = lang;
    expect(sinceOf(new Date(moment), NOW)).toBe(said);
  });
});

it("is said to the minute where it has to be exact", () => {
  document.documentElement.lang = "en";
  const near = new Date(Date.now() - 300_000);
  const time = `<time datetime="${near.toISOString()}"></time>`;
  const page = document.createElement("div");
  page.innerHTML = `<edu-time>${time}</edu-time><edu-time exact>${time}</edu-time>`;
  document.body.replaceChildren(page); // the elements begin with all that is in them, as after a page's parser
  expect([...document.querySelectorAll("time")].map(({ textContent }) => textContent)).toEqual(["5 minutes ago", momentOf(near)]);
  document.body.replaceChildren();
});

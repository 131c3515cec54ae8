import { describe, expect, it } from "vitest";
import { handlingOf } from "../../src/shell/handling";

const SITE = "https://edu.example";

function asked(path: string, more: Partial<{ method: string; mode: string; destination: string }> = {}) {
  return handlingOf({ method: "GET", mode: "no-cors", destination: "", url: new URL(path, SITE).href, ...more }, SITE);
}

describe("the service worker", () => {
  it("answers pages, hashed files and the site's own pictures", () => {
    expect(asked("/watch/abc", { mode: "navigate", destination: "document" })).toBe("page");
    expect(asked("/static/dist/assets/site-1a2b.js")).toBe("file");
    expect(asked("/static/site/icons.svg")).toBe("picture");
  });

  it.each([
    "/media/assets/a/b/1.m4s", "/media/s/session/master.m3u8", "/media/assets/a/poster.jpg", "/api/v1/videos/a/danmaku/segments/0",
    "/static/admin/css/base.css", "/sw.js", "https://cdn.example/static/dist/assets/site-1a2b.js",
  ])("leaves %s alone", (path) => {
    expect(asked(path)).toBeUndefined();
  });

  it("leaves alone what is sent, and frames", () => {
    expect(asked("/accounts/me", { method: "POST", mode: "navigate", destination: "document" })).toBeUndefined();
    expect(asked("/embed/video/a", { mode: "navigate", destination: "iframe" })).toBeUndefined();
  });
});

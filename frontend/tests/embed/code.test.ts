import { describe, expect, it } from "vitest";
import { codeWith, queryOf, secondsOf } from "../../src/embed/code";

const PLAIN = { size: "", startS: 0, captions: "", lang: "", hasDanmaku: true, hasControls: true, isAutoplay: false, isLoop: false };
// As embedding/frames.py writes it.
const CODE = '<iframe src="https://edu.example/embed/video/v1" width="640" height="360" title="A &quot;b&quot; src=x" style="border:0;max-width:100%;height:auto;aspect-ratio:16/9" frameborder="0" loading="lazy" allowfullscreen></iframe>';

describe("the code of a frame", () => {
  it("fills its place by itself, or has a size of its own", () => {
    expect(codeWith(CODE, PLAIN)).toBe('<iframe src="https://edu.example/embed/video/v1" width="100%" title="A &quot;b&quot; src=x" style="border:0;width:100%;height:auto;aspect-ratio:16/9" frameborder="0" loading="lazy" allowfullscreen></iframe>');
    expect(codeWith(CODE, { ...PLAIN, size: "480x270" })).toContain('width="480" height="270" title="A &quot;b&quot; src=x" style="border:0;max-width:100%"');
  });

  it("asks for what was chosen, escaped", () => {
    const chosen = { ...PLAIN, startS: 90, captions: "zh", lang: "en", hasDanmaku: false, hasControls: false, isAutoplay: true, isLoop: true };
    expect(queryOf(chosen)).toBe("?t=90&autoplay=1&muted=1&loop=1&controls=0&danmaku=0&captions=zh&lang=en");
    expect(codeWith(CODE, chosen)).toContain('src="https://edu.example/embed/video/v1?t=90&amp;autoplay=1&amp;muted=1&amp;loop=1');
    expect(codeWith(codeWith(CODE, chosen), PLAIN)).toBe(codeWith(CODE, PLAIN));
  });

  it.each([["90", 90], ["1:30", 90], ["1:02:03", 3_723], [" 0:05 ", 5], ["", 0], ["1:3", 0], ["x", 0], ["-1", 0], ["1234567", 0]])("begins at %s: %d s", (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });
});

describe("the element", () => {
  it("follows what is chosen, and shows the frame when asked", () => {
    const page = document.createElement("div");
    page.innerHTML = `<edu-embed-code><fieldset class="embed-options" hidden><select name="size"><option value=""></option></select>
      <input name="t"><input type="checkbox" name="danmaku" checked><input type="checkbox" name="controls" checked><input type="checkbox" name="autoplay"></fieldset>
      <textarea>${CODE.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</textarea><p class="embed-preview"><a href="https://edu.example/embed/video/v1">Preview</a></p></edu-embed-code>`;
    document.body.replaceChildren(page);
    const [element, area] = [page.querySelector("edu-embed-code"), page.querySelector("textarea")];
    if (!element || !area) throw new Error("the page is not there");
    expect(element.querySelector("fieldset")?.hidden).toBe(false);
    const start = element.querySelector<HTMLInputElement>("[name=t]");
    if (!start) throw new Error("the field is not there");
    start.value = "1:30";
    start.dispatchEvent(new Event("change", { bubbles: true }));
    expect(area.value).toContain('src="https://edu.example/embed/video/v1?t=90"');
    expect(element.querySelector("iframe")).toBeNull();
    element.querySelector("a")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    expect(element.querySelector("iframe")?.getAttribute("src")).toBe("/embed/video/v1?t=90");
    start.value = "";
    start.dispatchEvent(new Event("change", { bubbles: true }));
    expect(element.querySelector("iframe")?.getAttribute("src")).toBe("/embed/video/v1");
  });
});

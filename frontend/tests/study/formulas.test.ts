import { beforeEach, describe, expect, it } from "vitest";
import { renderFormulas } from "../../src/study/formulas";

function show(...formulas: [tex: string, name?: string][]): HTMLElement[] {
  const made = formulas.map(([tex, name]) => {
    const code = document.createElement("code");
    code.className = name ?? "math";
    code.textContent = tex;
    return code;
  });
  document.body.replaceChildren(...made);
  return made;
}

// KaTeX draws only in documents of the standard mode; ours are, this one does not say so.
Object.defineProperty(document, "compatMode", { value: "CSS1Compat" });
beforeEach(() => { document.body.innerHTML = ""; });

describe("formulas", () => {
  it("are drawn with MathML beside, each once, also by two calls at once", async () => {
    const [line, display, code] = show(["x^2"], ["\\frac{a}{b}", "math display"], ["$x$", "other"]);
    await Promise.all([renderFormulas(document), renderFormulas(document)]);
    await renderFormulas(document);
    expect(line?.querySelectorAll(".katex")).toHaveLength(1);
    expect(line?.querySelectorAll("math")).toHaveLength(1);
    expect(line?.className).toBe("math drawn");
    expect(line?.dataset["tex"]).toBe("x^2");
    expect(display?.querySelectorAll(".katex-display")).toHaveLength(1);
    expect(code?.textContent).toBe("$x$");
  });

  it("that their fonts make wider than the column are reached by keyboard", async () => {
    let arrived: (() => void) | undefined;
    Object.defineProperty(document, "fonts", { configurable: true, value: { ready: new Promise<void>((resolve) => { arrived = resolve; }) } });
    const [wide] = show(["x^2", "math display"]);
    await renderFormulas(document);
    expect(wide?.tabIndex).toBe(-1);
    if (wide) Object.defineProperty(wide, "scrollWidth", { value: 900 });
    arrived?.();
    await new Promise((resolve) => setTimeout(resolve));
    expect(wide?.tabIndex).toBe(0);
    Reflect.deleteProperty(document, "fonts");
  });

  it("take Chinese and chemistry", async () => {
    const [chinese, chemistry] = show(["\\text{价格}=5 元"], ["\\ce{2H2 + O2 -> 2H2O}"]);
    await renderFormulas(document);
    expect(chinese?.className).toBe("math drawn");
    expect(chemistry?.className).toBe("math drawn");
  });

  it.each(["\\frac{1}{", "\\undefined x", "}", "\\begin{pmatrix}", "\\def\\a{\\a\\a}\\a", "long"])(
    "keep their source where it cannot be read: %s",
    async (example) => {
      const tex = example === "long" ? "x".repeat(4_001) : example;
      const [wrong, right] = show([tex], ["x"]);
      await renderFormulas(document);
      expect(wrong?.className).toBe("math wrong");
      expect(wrong?.textContent).toBe(tex);
      expect(wrong?.title).not.toBe("");
      expect(right?.className).toBe("math drawn");
    },
  );

  it.each([
    "\\href{javascript:alert(1)}{x}",
    "\\url{javascript:alert(1)}",
    "\\includegraphics{https://example.org/pixel.gif}",
    "\\htmlData{onclick=alert(1)}{x}",
    "\\htmlStyle{background:url(https://example.org)}{x}",
    "\\htmlId{main}{x}",
    "\\htmlClass{top}{x}",
    "<img src=x onerror=alert(1)>",
    "\\text{<script>alert(1)</script>}",
    "\\text{\\</code><script>alert(1)</script>}",
  ])("never make a link, an image, a script or an attribute: %s", async (tex) => {
    show([tex]);
    await renderFormulas(document);
    expect(document.querySelectorAll("a, img, script, iframe, [onclick], [onerror], #main, .top")).toHaveLength(0);
    expect(document.body.innerHTML).not.toMatch(/(?:href|src|style)="[^"]*(?:javascript|https?:\/\/example)/);
  });

  it("stay within bounds", async () => {
    const [rule] = show(["\\rule{5000em}{5000em}"]);
    await renderFormulas(document);
    const widths = [...(rule?.querySelectorAll<HTMLElement>("[style]") ?? [])].map((part) => parseFloat(part.style.borderRightWidth || "0"));
    expect(Math.max(...widths)).toBeLessThanOrEqual(40);
  });
});

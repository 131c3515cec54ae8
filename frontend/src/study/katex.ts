/** KaTeX as we use it: nothing of TeX may make a link, fetch something, or take long. */
import katex from "katex";
import "katex/dist/katex.min.css";
import "./formulas.css";

const LONGEST = 4_000; // characters
const PAUSE_MS = 12; // less than a frame: the page stays alive between formulas
const CHEMISTRY = /\\(?:ce|pu)\b/;

/** Draw elements that hold TeX, in their order. Each keeps its TeX in `data-tex`, so that none is drawn twice. */
export async function drawFormulas(elements: readonly HTMLElement[]): Promise<void> {
  if (elements.some((element) => CHEMISTRY.test(element.textContent))) await import("katex/contrib/mhchem");
  let since = performance.now();
  for (const element of elements) {
    if (element.dataset["tex"] !== undefined) continue; // by another call, while we waited
    draw(element);
    if (performance.now() - since < PAUSE_MS) continue;
    await new Promise((resolve) => { setTimeout(resolve); });
    since = performance.now();
  }
  reachWide(elements);
  // The fonts of formulas come with the first of them, and change how wide they are.
  void (document as { fonts?: FontFaceSet }).fonts?.ready.then(() => { reachWide(elements); });
}

/** One that is wider than its column scrolls, by keyboard too. */
function reachWide(elements: readonly HTMLElement[]): void {
  for (const element of elements) if (element.scrollWidth > element.clientWidth + 1) element.tabIndex = 0;
}

function draw(element: HTMLElement): void {
  const tex = element.textContent;
  element.dataset["tex"] = tex;
  const drawn = document.createElement("span");
  try {
    if (tex.length > LONGEST) throw new Error(`more than ${String(LONGEST)} characters`);
    katex.render(tex, drawn, {
      displayMode: element.classList.contains("display"),
      output: "htmlAndMathml",
      throwOnError: true,
      strict: "ignore", // Chinese in a formula is fine
      trust: false,
      maxExpand: 500,
      maxSize: 40, // em: a rule may not cover the page
    });
  } catch (error) {
    element.classList.add("wrong");
    element.title = error instanceof Error ? error.message : String(error);
    return;
  }
  element.replaceChildren(drawn);
  element.classList.add("drawn");
}

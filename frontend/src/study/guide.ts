/**
 * Study guides in a page: their formulas are drawn when they come near the screen, or are about to be printed, and
 * everything unfolds on paper. A button `data-print` prints.
 */
import { renderFormulas } from "./formulas";
import "./guide.css";

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    void renderFormulas(target);
  }
}, { rootMargin: "800px" });

for (const guide of document.querySelectorAll(".guide")) near.observe(guide);

for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    void renderFormulas(document).then(() => { print(); });
  });
}

let folded: HTMLDetailsElement[] = [];
addEventListener("beforeprint", () => {
  void renderFormulas(document);
  folded = [...document.querySelectorAll<HTMLDetailsElement>(".guide details:not([open])")];
  for (const details of folded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
});

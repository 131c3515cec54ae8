import "../embed/copy";
import { contrastOf } from "../shell/contrast";
import "../shell/design.css";
import { toastWithUndo } from "../ui/toast";

const LEAST = 4.5;

for (const sample of document.querySelectorAll<HTMLElement>(".sample")) {
  const place = sample.querySelector(".ratio");
  const style = getComputedStyle(sample);
  const ratio = contrastOf(style.color, style.backgroundColor);
  if (!place) continue;
  place.textContent = ratio.toFixed(1);
  place.classList.toggle("low", ratio < LEAST);
}
for (const button of document.querySelectorAll<HTMLElement>("[data-toast]")) {
  button.addEventListener("click", () => { toastWithUndo(button.dataset["toast"] ?? "", () => undefined); });
}

/** What the viewer reads when a lesson cannot be played, and the way on. */
import { t } from "../i18n";

export function showProblem(host: HTMLElement, options: { isNetwork: boolean; onRetry: () => void }): void {
  const sentence = options.isNetwork
    ? t("The lesson could not be loaded. Check your network, then try again.")
    : t("This browser could not play the lesson. Try again, or use another browser.");
  show(host, sentence, { text: t("Try again"), onClick: options.onRetry });
}

export function showGone(host: HTMLElement, options: { onReload: () => void }): void {
  const sentence = t("You may not watch this lesson on this page any more. Load the page again to see why, or to go on.");
  show(host, sentence, { text: t("Load the page again"), onClick: options.onReload });
}

function show(host: HTMLElement, text: string, way: { text: string; onClick: () => void }): void {
  const box = document.createElement("div");
  box.className = "player-problem";
  box.setAttribute("role", "alert");
  const sentence = document.createElement("p");
  sentence.textContent = text;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: way.text });
  button.addEventListener("click", () => {
    box.remove();
    way.onClick();
  });
  box.append(sentence, button);
  host.querySelector(".player-problem")?.remove();
  host.append(box);
}

/** What the viewer reads when a lesson cannot be played, and the way on. */
import { t } from "../i18n";

export function showProblem(host: HTMLElement, options: { isNetwork: boolean; onRetry: () => void }): void {
  const box = document.createElement("div");
  box.className = "player-problem";
  box.setAttribute("role", "alert");
  const sentence = document.createElement("p");
  sentence.textContent = options.isNetwork
    ? t("The lesson could not be loaded. Check your network, then try again.")
    : t("This browser could not play the lesson. Try again, or use another browser.");
  const again = document.createElement("button");
  Object.assign(again, { type: "button", className: "button", textContent: t("Try again") });
  again.addEventListener("click", () => {
    box.remove();
    options.onRetry();
  });
  box.append(sentence, again);
  host.querySelector(".player-problem")?.remove();
  host.append(box);
}

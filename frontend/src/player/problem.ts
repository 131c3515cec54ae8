/** What the viewer reads when a lesson cannot be played or does not come, and the way on. */
import { t } from "../i18n";
import type { Fault } from "./source";

export function showProblem(host: HTMLElement, fault: Fault, onRetry: () => void): void {
  show(host, sentenceOf(fault), { text: t("Try again"), onClick: onRetry });
}

export function showGone(host: HTMLElement, options: { onReload: () => void }): void {
  const sentence = t("You may not watch this lesson on this page any more. Load the page again to see why, or to go on.");
  show(host, sentence, { text: t("Load the page again"), onClick: options.onReload });
}

/** Say that nothing comes and that it goes on by itself, beside the picture, of which some may be there still. */
export function showAway(host: HTMLElement, isAway: boolean, onRetry: () => void): void {
  host.querySelector(".player-away")?.remove();
  if (!isAway) return;
  host.querySelector(".player-problem")?.remove();
  const notice = document.createElement("div");
  notice.className = "player-away";
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: t("Try now") });
  button.addEventListener("click", onRetry);
  notice.append(text, button);
  host.append(notice);
  text.textContent = navigator.onLine
    ? t("The lesson does not come through. It goes on by itself as soon as it does.")
    : t("You are offline. The lesson goes on by itself when the network is back.");
}

function sentenceOf(fault: Fault): string {
  if (fault === "missing") return t("The lesson could not be loaded. Try again; if it stays away, tell whoever gave you its address.");
  if (fault === "unsupported") return t("This browser cannot play the kind of video that the lesson is. Update it, or use another browser.");
  return t("A part of the lesson could not be played. Try again, choose another quality, or use another browser.");
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

/** The list of keys that "?" shows. */
import { html, render } from "lit";
import { t } from "../i18n";

const rows = (): [string[], string][] => [
  [["K", t("Space")], t("Play or pause")],
  [["J", "L"], t("10 seconds back or on")],
  [["←", "→"], t("5 seconds back or on")],
  [[",", "."], t("One frame back or on")],
  [["0", "9"], t("To a tenth of the lesson")],
  [["<", ">"], t("Slower or faster")],
  [["Ctrl+←", "Ctrl+→"], t("Chapter before or after")],
  [["[", "]"], t("Repeat from here, up to here")],
  [["\\"], t("End the repeating")],
  [["↑", "↓"], t("Louder or quieter, in the player")],
  [["M"], t("Sound on or off")],
  [["C"], t("Captions on or off")],
  [["D"], t("Danmaku on or off")],
  [["F"], t("Full screen")],
  [["T"], t("Wide picture")],
  [["I"], t("Picture in picture")],
  [["N"], t("Write a note")],
  [["?"], t("This list")],
];

/** Open the list over the page, with the choice whether they are the player's alone at its head, which gets the focus; it goes when it is closed. */
export function showKeyHelp(into: HTMLElement, isHereOnly: boolean, onHereOnly: (isHereOnly: boolean) => void): void {
  if (into.querySelector(".key-help")) return;
  const dialog = document.createElement("dialog");
  dialog.className = "key-help";
  render(
    html`<h2>${t("Keyboard")}</h2>
      <label class="key-choice"><input type="checkbox" .checked=${isHereOnly} @change=${(event: Event) => { onHereOnly((event.target as HTMLInputElement).checked); }}> ${t("These keys work in the player only")}</label>
      <dl>${rows().map(([keys, meaning]) => html`<div><dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${meaning}</dd></div>`)}</dl>
      <form method="dialog"><button class="button quiet">${t("Close")}</button></form>`,
    dialog,
  );
  dialog.addEventListener("close", () => { dialog.remove(); });
  into.append(dialog);
  dialog.showModal();
}

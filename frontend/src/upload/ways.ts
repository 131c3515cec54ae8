/** The question what to do with a file that was sent before. */
import { html, nothing } from "lit";
import { t } from "../i18n";
import { type Way, wordsOf } from "./sources";

/** Return radio buttons for the ways of a file; nothing where there is only one. `name` is unique on the page. */
export function question(name: string, ways: readonly Way[], chosen: Way, onChoose: (way: Way) => void) {
  const [first] = ways;
  if (!first || first.kind === "send") return nothing;
  return html`<fieldset class="ways-of-file">
    <legend>${first.kind === "resume" ? t("An upload of this file was begun and is not finished.") : t("This file was sent before.")}</legend>
    ${ways.map((way) => html`<p><label><input type="radio" name=${name} .checked=${way === chosen} @change=${() => { onChoose(way); }}> ${wordsOf(way)}</label>
      ${way.kind === "send" ? nothing : html`<a href="/studio/${way.source.video.id}">${t("Open that lesson")}</a>`}</p>`)}
  </fieldset>`;
}

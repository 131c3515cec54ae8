/** The settings of the player that few change: captions, a part that repeats, ways of showing. Loaded with the open panel. */
import { html, render, type TemplateResult } from "lit";
import { t } from "../i18n";
import { percent } from "../i18n/percent";
import { clock } from "../study/clock";
import { chosenTracks } from "./captions";
import type { LoopAction, Part } from "./loop";
import { choice } from "./panel";
import type { CaptionLook, Preferences } from "./stored";
import "../ui/player-more.css";

export interface MoreState {
  tracks: TextTrack[];
  preferences: Readonly<Preferences>;
  part: Part | undefined;
  onCaptions: (changes: Partial<Preferences>) => void;
  onLoop: (action: LoopAction) => void;
  /** Undefined where there is no room. */
  onTheatre: (() => void) | undefined;
  /** Undefined where the browser has none. */
  onPictureInPicture: (() => void) | undefined;
  onHelp: () => void;
}

const sizes = (): [number, string][] => [0.75, 1, 1.25, 1.5, 2].map((size) => [size, percent(size)]);
const colors = (): [string, string][] => [["#ffffff", t("White")], ["#ffe14d", t("Yellow")], ["#7fe3ff", t("Blue")], ["#9dffa0", t("Green")]];
const backgrounds = (): [CaptionLook["background"], string][] => [["box", t("Dark")], ["shade", t("Half clear")], ["none", t("None")]];
const places = (): [CaptionLook["place"], string][] => [["bottom", t("Bottom")], ["top", t("Top")]];

export function drawMore(into: HTMLElement, state: MoreState): void {
  const way = (name: string, onClick: (() => void) | undefined): TemplateResult | string =>
    onClick ? html`<button type="button" class="panel-way" @click=${onClick}>${name}</button>` : "";
  render(html`
    ${state.tracks.length ? captionRows(state) : ""}
    ${loopRow(state)}
    <div class="panel-row panel-ways"><span></span><div class="segments">${way(t("Wide picture"), state.onTheatre)}
      ${way(t("Picture in picture"), state.onPictureInPicture)}${way(t("Keyboard"), state.onHelp)}</div></div>`, into);
}

/** The languages that show, then those that may be below them, then how both look. */
function captionRows({ tracks, preferences, onCaptions }: MoreState): TemplateResult {
  const { captions, look } = preferences;
  const [first, second] = captions ? chosenTracks(tracks, preferences.captionLanguages) : [];
  const named = (of: readonly TextTrack[]): [string, string][] => of.map((track) => [track.language, nameOf(track)]);
  const change = (changes: Partial<CaptionLook>): void => { onCaptions({ look: { ...look, ...changes } }); };
  return html`
    ${choice("captions", t("Captions"), first?.language ?? "", [["", t("Off")], ...named(tracks)], (language) => {
      const others = preferences.captionLanguages.slice(1).filter((other) => other !== language);
      onCaptions(language ? { captions: true, captionLanguages: [language, ...others] } : { captions: false });
    })}
    ${first && tracks.length > 1 ? choice("captions-below", t("Second captions"), second?.language ?? "",
      [["", t("Nothing")], ...named(tracks.filter((track) => track !== first))],
      (language) => { onCaptions({ captionLanguages: language ? [first.language, language] : [first.language] }); }) : ""}
    <details class="panel-fold"><summary>${t("Look of captions")}</summary>
      <p class="caption-layer caption-sample" data-background=${look.background} .style=${`--caption-size: ${look.size}; --caption-color: ${look.color}`}><span>${t("This is how captions look.")}</span></p>
      ${choice("caption-size", t("Size"), look.size, sizes(), (size) => { change({ size }); })}
      ${choice("caption-color", t("Color"), look.color, colors(), (color) => { change({ color }); })}
      ${choice("caption-background", t("Background"), look.background, backgrounds(), (background) => { change({ background }); })}
      ${choice("caption-place", t("Position"), look.place, places(), (place) => { change({ place }); })}
    </details>`;
}

function loopRow({ part, onLoop }: MoreState): TemplateResult {
  const end = (name: string, action: LoopAction, timeS: number | undefined): TemplateResult =>
    html`<button type="button" class="panel-way" aria-pressed=${timeS === undefined ? "false" : "true"} @click=${() => { onLoop(action); }}>${name}${timeS === undefined ? "" : ` ${clock(timeS * 1000)}`}</button>`;
  return html`<div class="panel-row" role="group" aria-label=${t("Repeat a part")}><span aria-hidden="true">${t("Repeat a part")}</span><div class="segments">
    ${end(t("From here (A)"), "a", part?.a)}${end(t("To here (B)"), "b", part?.b)}
    <button type="button" class="panel-way" ?disabled=${part?.a === undefined} @click=${() => { onLoop("clear"); }}>${t("Off")}</button></div></div>`;
}

/** A track's own name, or its language in that language. */
function nameOf({ label, language }: TextTrack): string {
  if (label && label !== language) return label;
  try {
    return new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
  } catch {
    return language; // no tag that the browser knows
  }
}

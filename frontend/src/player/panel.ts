/** The player's settings: a popover beside its button, or a sheet from below where the player is narrow. */
import { html, type TemplateResult } from "lit";
import { t } from "../i18n";
import { RATES } from "./rates";
import { AUTOMATIC, type Quality, SAVER } from "./source";

export interface PanelState {
  qualities: Quality[];
  /** Index of the chosen quality, or `AUTOMATIC` or `SAVER`. */
  quality: number;
  /** Height of what is playing, in pixels; 0 while unknown. */
  heightPx: number;
  rate: number;
  onQuality: (index: number) => void;
  onRate: (rate: number) => void;
}

const NARROW_PX = 520;
const GAP_PX = 8;
const LEAST_ABOVE_PX = 280;
/** Share of the screen that a sheet may always take. */
const LEAST_SHEET = 0.5;

export function panelContent(state: PanelState): TemplateResult {
  const automatic = (index: number, name: string): [number, string] =>
    [index, state.quality === index && state.heightPx ? `${name} (${state.heightPx}p)` : name];
  const ways = [automatic(AUTOMATIC, t("Automatic")), automatic(SAVER, t("Data saver"))];
  const qualities = [...state.qualities].reverse().map((quality): [number, string] => [quality.index, `${quality.heightPx}p`]);
  return html`
    ${qualities.length > 1 ? choice("quality", t("Quality"), state.quality, [...ways, ...qualities], state.onQuality) : ""}
    ${choice("rate", t("Speed"), state.rate, RATES.map((rate): [number, string] => [rate, `${rate}×`]), state.onRate)}`;
}

/** A row with one choice of several. */
export function choice<V extends string | number>(
  name: string, label: string, now: V, values: [V, string][], onChange: (value: V) => void,
): TemplateResult {
  return html`<div class="panel-row" role="radiogroup" aria-label=${label}><span aria-hidden="true">${label}</span><div class="segments">
    ${values.map(([value, text]) => html`<label><input type="radio" name="player-${name}" .checked=${value === now}
      @change=${() => { onChange(value); }}><span>${text}</span></label>`)}</div></div>`;
}

/** Put an open panel above its button, or over it; where the player is narrow, at the bottom of the screen, below the picture if it can. */
export function placePanel(panel: HTMLElement, button: HTMLElement, player: DOMRect): void {
  const isSheet = player.width <= NARROW_PX;
  panel.classList.toggle("sheet", isSheet);
  if (isSheet) {
    panel.style.inset = "auto 0 0 0";
    panel.style.maxHeight = `${Math.max(innerHeight * LEAST_SHEET, innerHeight - player.bottom)}px`;
    return;
  }
  const box = button.getBoundingClientRect();
  const right = Math.max(GAP_PX, document.documentElement.clientWidth - box.right - box.width);
  const above = box.top - 2 * GAP_PX;
  // The player may be scrolled half out of sight: then the panel covers its button.
  const isAbove = above >= LEAST_ABOVE_PX;
  panel.style.inset = isAbove ? `auto ${right}px ${innerHeight - box.top + GAP_PX}px auto` : `${GAP_PX}px ${right}px auto auto`;
  panel.style.maxHeight = `${isAbove ? above : innerHeight - 2 * GAP_PX}px`;
}

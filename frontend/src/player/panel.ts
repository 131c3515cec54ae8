/** The player's settings: a popover beside its button, or a sheet from below where the player is narrow. */
import { html, type TemplateResult } from "lit";
import { t } from "../i18n";
import type { Quality } from "./source";
import type { Preferences } from "./stored";

export interface PanelState {
  preferences: Preferences;
  qualities: Quality[];
  /** Index of the chosen quality; -1 is automatic. */
  quality: number;
  /** Height of what is playing, in pixels; 0 while unknown. */
  heightPx: number;
  rate: number;
  withDanmaku: boolean;
  onQuality: (index: number) => void;
  onRate: (rate: number) => void;
  onPreferences: (changes: Partial<Preferences>) => void;
}

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
const NARROW_PX = 520;
const GAP_PX = 8;

const areas = (): [number, string][] => [[0.25, "¼"], [0.5, "½"], [0.75, "¾"], [1, t("Full")]];
const sizes = (): [number, string][] => [[16, t("Small")], [22, t("Normal")], [28, t("Large")], [34, t("Huge")]];
const speeds = (): [number, string][] => [[12_000, t("Slow")], [8000, t("Normal")], [5000, t("Fast")]];
const densities = (): [number, string][] => [[20, t("Few")], [60, t("Normal")], [1000, t("All")]];

export function panelContent(state: PanelState): TemplateResult {
  const { preferences, onPreferences } = state;
  const automatic = state.quality === -1 && state.heightPx ? `${t("Automatic")} (${state.heightPx}p)` : t("Automatic");
  const qualities = [...state.qualities].reverse().map((quality): [number, string] => [quality.index, `${quality.heightPx}p`]);
  return html`
    ${qualities.length > 1 ? choice("quality", t("Quality"), state.quality, [[-1, automatic], ...qualities], state.onQuality) : ""}
    ${choice("rate", t("Speed"), state.rate, RATES.map((rate): [number, string] => [rate, `${rate}×`]), state.onRate)}
    ${state.withDanmaku ? html`
      ${choice("area", t("Danmaku area"), preferences.area, areas(), (area) => { onPreferences({ area }); })}
      ${choice("size", t("Danmaku size"), preferences.fontPx, sizes(), (fontPx) => { onPreferences({ fontPx }); })}
      ${choice("flight", t("Danmaku speed"), preferences.displayMs, speeds(), (displayMs) => { onPreferences({ displayMs }); })}
      ${choice("density", t("Danmaku density"), preferences.density, densities(), (density) => { onPreferences({ density }); })}
      <label class="panel-row"><span>${t("Danmaku opacity")}</span>
        <input type="range" min="0.1" max="1" step="0.1" .value=${String(preferences.opacity)}
          @input=${(event: Event) => { onPreferences({ opacity: Number((event.target as HTMLInputElement).value) }); }}></label>` : ""}`;
}

function choice(name: string, label: string, now: number, values: [number, string][], onChange: (value: number) => void): TemplateResult {
  return html`<div class="panel-row" role="radiogroup" aria-label=${label}><span aria-hidden="true">${label}</span><div class="segments">
    ${values.map(([value, text]) => html`<label><input type="radio" name="player-${name}" .checked=${value === now}
      @change=${() => { onChange(value); }}><span>${text}</span></label>`)}</div></div>`;
}

/** Put an open panel above its button, or, where the player is narrow, at the bottom of the screen. */
export function placePanel(panel: HTMLElement, button: HTMLElement, playerWidth: number): void {
  const isSheet = playerWidth <= NARROW_PX;
  panel.classList.toggle("sheet", isSheet);
  if (isSheet) {
    panel.style.inset = "auto 0 0 0";
    panel.style.maxHeight = "75dvh";
    return;
  }
  const box = button.getBoundingClientRect();
  const right = Math.max(GAP_PX, document.documentElement.clientWidth - box.right - box.width);
  panel.style.inset = `auto ${right}px ${innerHeight - box.top + GAP_PX}px auto`;
  panel.style.maxHeight = `${Math.max(160, box.top - 2 * GAP_PX)}px`;
}

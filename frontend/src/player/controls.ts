/** The player's controls, put together from media-chrome's elements. */
import "media-chrome/media-captions-button";
import "media-chrome/media-control-bar";
import "media-chrome/media-controller";
import "media-chrome/media-fullscreen-button";
import "media-chrome/media-loading-indicator";
import "media-chrome/media-mute-button";
import "media-chrome/media-pip-button";
import "media-chrome/media-play-button";
import "media-chrome/media-playback-rate-button";
import "media-chrome/media-preview-chapter-display";
import "media-chrome/media-preview-thumbnail";
import "media-chrome/media-preview-time-display";
import "media-chrome/media-time-display";
import "media-chrome/media-time-range";
import "media-chrome/media-volume-range";
import { html, render } from "lit";
import { t } from "../i18n";
import type { Quality } from "./source";
import type { Preferences } from "./stored";

export interface ControlActions {
  preferences: Preferences;
  qualities: Quality[];
  quality: number;
  onQuality: (index: number) => void;
  onPreferences: (changes: Partial<Preferences>) => void;
}

const AREAS = [0.25, 0.5, 0.75, 1];
const SIZES = [16, 22, 28, 34];
const SPEEDS = [12_000, 8_000, 5_000];
const DENSITIES = [20, 60, 1000];

/** Draw the controls into the media-controller, after the video that is in it. */
export function drawControls(into: HTMLElement, actions: ControlActions): void {
  const { preferences } = actions;
  render(
    html`<media-loading-indicator slot="centered-chrome" noautohide></media-loading-indicator>
      <media-control-bar class="bar-time">
        <media-time-range><media-preview-thumbnail slot="preview"></media-preview-thumbnail>
          <media-preview-chapter-display slot="preview"></media-preview-chapter-display>
          <media-preview-time-display slot="preview"></media-preview-time-display></media-time-range>
      </media-control-bar>
      <media-control-bar class="bar-buttons">
        <media-play-button></media-play-button>
        <media-mute-button></media-mute-button>
        <media-volume-range class="wide-only"></media-volume-range>
        <media-time-display showduration></media-time-display>
        <span class="bar-space"></span>
        <button type="button" class="bar-danmaku" aria-pressed=${preferences.danmaku ? "true" : "false"}
          title=${t("Danmaku")} aria-label=${t("Danmaku")}
          @click=${() => { actions.onPreferences({ danmaku: !preferences.danmaku }); }}>弹</button>
        <details class="bar-settings">
          <summary title=${t("Settings")} aria-label=${t("Settings")}>⚙</summary>
          <div class="bar-panel">
            ${actions.qualities.length
              ? choice(t("Quality"), actions.quality, [[-1, t("Automatic")], ...actions.qualities.map((q): [number, string] => [q.index, `${q.heightPx}p`])], actions.onQuality)
              : ""}
            ${choice(t("Danmaku area"), preferences.area, AREAS.map((v) => [v, `${Math.round(v * 100)} %`]), (area) => { actions.onPreferences({ area }); })}
            ${choice(t("Danmaku size"), preferences.fontPx, SIZES.map((v) => [v, `${v}`]), (fontPx) => { actions.onPreferences({ fontPx }); })}
            ${choice(t("Danmaku speed"), preferences.displayMs, [[SPEEDS[0] ?? 0, t("Slow")], [SPEEDS[1] ?? 0, t("Normal")], [SPEEDS[2] ?? 0, t("Fast")]], (displayMs) => { actions.onPreferences({ displayMs }); })}
            ${choice(t("Danmaku density"), preferences.density, [[DENSITIES[0] ?? 0, t("Few")], [DENSITIES[1] ?? 0, t("Normal")], [DENSITIES[2] ?? 0, t("All")]], (density) => { actions.onPreferences({ density }); })}
            <label>${t("Danmaku opacity")} <input type="range" min="0.1" max="1" step="0.1" .value=${String(preferences.opacity)}
              @change=${(event: Event) => { actions.onPreferences({ opacity: Number((event.target as HTMLInputElement).value) }); }}></label>
          </div>
        </details>
        <media-playback-rate-button rates="0.5 0.75 1 1.25 1.5 2 3"></media-playback-rate-button>
        <media-captions-button></media-captions-button>
        <media-pip-button class="wide-only"></media-pip-button>
        <media-fullscreen-button></media-fullscreen-button>
      </media-control-bar>`,
    into,
  );
}

function choice(label: string, now: number, values: [number, string][], onChange: (value: number) => void) {
  return html`<label>${label}
    <select @change=${(event: Event) => { onChange(Number((event.target as HTMLSelectElement).value)); }}>
      ${values.map(([value, name]) => html`<option value=${value} ?selected=${value === now}>${name}</option>`)}
    </select></label>`;
}

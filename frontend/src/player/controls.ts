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
import { panelContent, type PanelState, RATES } from "./panel";

export interface ControlActions extends PanelState {
  onPanel: (event: ToggleEvent) => void;
}

const gear = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h9m5 0h2M4 17h2m5 0h9"/><circle cx="15.500" cy="7" r="2.500"/><circle cx="8.500" cy="17" r="2.500"/></svg>`;

/** Draw the controls into the media-controller, after the video that is in it. */
export function drawControls(into: HTMLElement, actions: ControlActions): void {
  const isOn = actions.preferences.danmaku;
  render(
    html`<media-control-bar class="bar-time">
        <media-time-range><media-preview-thumbnail slot="preview"></media-preview-thumbnail>
          <media-preview-chapter-display slot="preview"></media-preview-chapter-display>
          <media-preview-time-display slot="preview"></media-preview-time-display></media-time-range>
      </media-control-bar>
      <media-control-bar class="bar-buttons">
        <media-play-button></media-play-button>
        <media-mute-button class="wide-only"></media-mute-button>
        <media-volume-range class="wide-only"></media-volume-range>
        <media-time-display showduration></media-time-display>
        <span class="bar-space"></span>
        ${actions.withDanmaku ? html`<button type="button" class="bar-button bar-danmaku" aria-pressed=${isOn ? "true" : "false"}
          title=${t("Danmaku")} aria-label=${t("Danmaku")}
          @click=${() => { actions.onPreferences({ danmaku: !isOn }); }}><span aria-hidden="true">弹</span></button>` : ""}
        <media-captions-button></media-captions-button>
        <media-playback-rate-button class="wide-only" rates=${RATES.join(" ")}></media-playback-rate-button>
        <button type="button" class="bar-button bar-settings" popovertarget="player-panel" title=${t("Settings")}
          aria-label=${t("Settings")}>${gear}</button>
        <media-pip-button class="wide-only"></media-pip-button>
        <media-fullscreen-button></media-fullscreen-button>
      </media-control-bar>
      <div id="player-panel" class="player-panel" popover role="dialog" aria-label=${t("Settings")} @toggle=${actions.onPanel}>
        ${panelContent(actions)}</div>`,
    into,
  );
}

/** The large button and the spinner in the middle of the picture. */
export function drawMiddle(into: HTMLElement): void {
  render(html`<media-loading-indicator></media-loading-indicator><media-play-button class="big-play"></media-play-button>`, into);
}

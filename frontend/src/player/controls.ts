/** The player's controls, put together from media-chrome's elements. */
import "media-chrome/media-control-bar";
import "media-chrome/media-controller";
import "media-chrome/media-fullscreen-button";
import "media-chrome/media-loading-indicator";
import "media-chrome/media-mute-button";
import "media-chrome/media-pip-button";
import "media-chrome/media-play-button";
import "media-chrome/media-preview-chapter-display";
import "media-chrome/media-preview-thumbnail";
import "media-chrome/media-preview-time-display";
import "media-chrome/media-time-display";
import "media-chrome/media-time-range";
import "media-chrome/media-volume-range";
import { html, render } from "lit";
import { t } from "../i18n";
import { panelContent, type PanelState } from "./panel";

export interface ControlActions extends PanelState {
  withDanmaku: boolean;
  /** Whether danmaku are on. */
  isDanmakuOn: boolean;
  /** How dense they are along the lesson. */
  curve: SVGSVGElement | undefined;
  /** Whether captions show; undefined where there are none. */
  captions: boolean | undefined;
  isTheatre: boolean;
  onCaptions: () => void;
  onTheatre: () => void;
  onDanmaku: (isOn: boolean) => void;
  onDanmakuPanel: (event: ToggleEvent) => void;
  onPanel: (event: ToggleEvent) => void;
}

const sliders = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 6h11M3 12h6M3 18h9"/><circle cx="18" cy="15" r="3"/><path d="M18 9.500v2M18 18.500v2M12.500 15h2M21.500 15h1"/></svg>`;
const gear = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 7h9m5 0h2M4 17h2m5 0h9"/><circle cx="15.500" cy="7" r="2.500"/><circle cx="8.500" cy="17" r="2.500"/></svg>`;

const captions = html`<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="2.500" y="5" width="19" height="14" rx="3"/><path d="M10.500 10.200a2.300 2.300 0 1 0 0 3.600M17 10.200a2.300 2.300 0 1 0 0 3.600"/></svg>`;
const theatre = html`<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="2.500" y="6" width="19" height="12" rx="2"/></svg>`;

/** Draw the controls into the media-controller, after the video that is in it. */
export function drawControls(into: HTMLElement, actions: ControlActions): void {
  const isOn = actions.isDanmakuOn;
  render(
    html`<media-control-bar class="bar-time">
        <media-time-range><media-preview-thumbnail slot="preview"></media-preview-thumbnail>
          <media-preview-chapter-display slot="preview"></media-preview-chapter-display>
          <media-preview-time-display slot="preview"></media-preview-time-display></media-time-range>${isOn ? actions.curve ?? "" : ""}
      </media-control-bar>
      <media-control-bar class="bar-buttons">
        <media-play-button></media-play-button>
        <media-mute-button class="wide-only"></media-mute-button>
        <media-volume-range class="wide-only"></media-volume-range>
        <media-time-display showduration></media-time-display>
        <span class="bar-space"></span>
        ${actions.withDanmaku ? html`<button type="button" class="bar-button bar-danmaku" aria-pressed=${isOn ? "true" : "false"}
          title=${t("Danmaku")} aria-label=${t("Danmaku")}
          @click=${() => { actions.onDanmaku(!isOn); }}><span aria-hidden="true">弹</span></button>
        <button type="button" class="bar-button bar-danmaku-settings" popovertarget="danmaku-panel" title=${t("Danmaku settings")}
          aria-label=${t("Danmaku settings")}>${sliders}</button>` : ""}
        ${actions.captions === undefined ? "" : html`<button type="button" class="bar-button bar-captions" aria-pressed=${actions.captions ? "true" : "false"}
          title=${t("Captions")} aria-label=${t("Captions")} @click=${actions.onCaptions}>${captions}</button>`}
        <button type="button" class="bar-button bar-rate wide-only" popovertarget="player-panel" title=${t("Speed")}
          aria-label=${`${t("Speed")} ${actions.rate}×`}>${actions.rate}×</button>
        <button type="button" class="bar-button bar-settings" popovertarget="player-panel" title=${t("Settings")}
          aria-label=${t("Settings")}>${gear}</button>
        <media-pip-button class="wide-only"></media-pip-button>
        <button type="button" class="bar-button bar-theatre" aria-pressed=${actions.isTheatre ? "true" : "false"} title=${t("Wide picture")}
          aria-label=${t("Wide picture")} @click=${actions.onTheatre}>${theatre}</button>
        <media-fullscreen-button></media-fullscreen-button>
      </media-control-bar>
      <div id="player-panel" class="player-panel" popover role="dialog" aria-label=${t("Settings")} @toggle=${actions.onPanel}>
        ${panelContent(actions)}<div class="panel-more"></div></div>
      ${actions.withDanmaku ? html`<div id="danmaku-panel" class="player-panel" popover role="dialog" aria-label=${t("Danmaku settings")}
        @toggle=${actions.onDanmakuPanel}></div>` : ""}`,
    into,
  );
}

/** The large button and the spinner in the middle of the picture. */
export function drawMiddle(into: HTMLElement): void {
  render(html`<media-loading-indicator></media-loading-indicator><media-play-button class="big-play"></media-play-button>`, into);
}

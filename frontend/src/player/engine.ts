/** Everything heavy of the player: loaded after the page has painted. */
import { createDanmakuOverlay, type DanmakuOverlay } from "../danmaku";
import { DanmakuFeed } from "../danmaku/feed";
import type { DanmakuItem } from "../danmaku/items";
import { captionsShow, followCaptions, showCaptions } from "./captions";
import { drawControls, drawMiddle } from "./controls";
import { Gestures } from "./gestures";
import { attachKeys } from "./keys";
import { hear, tell } from "./link";
import { placePanel } from "./panel";
import { showGone, showProblem } from "./problem";
import { keepProgress, type Keeper, placeToResume } from "./progress";
import { moveTracks, reloadAt, renewedUrl } from "./renewal";
import { showResume } from "./resume";
import { attachSource, type Source } from "./source";
import { loadPreferences, type Preferences, savePreferences } from "./stored";
import { countView } from "./views";

export { speakPageLanguage } from "./language";

export interface EngineOptions {
  host: HTMLElement;
  video: HTMLVideoElement;
  videoId: string;
  hlsUrl: string;
  storyboardUrl: string;
  startMs: number;
  durationMs: number;
  withDanmaku: boolean;
  /** Who keeps the viewer's place; undefined where nobody does. */
  keeper: Keeper | undefined;
  /** Where an account stopped; undefined where the address says where to begin. */
  resumeMs: number | undefined;
}

const HINT_MS = 700;

export class PlayerEngine {
  isLive = false;
  private readonly listeners = new AbortController();
  private readonly controller = document.createElement("media-controller");
  private readonly layer = document.createElement("div");
  private readonly middle = document.createElement("div");
  private readonly chrome = document.createElement("div");
  private readonly preferences = loadPreferences();
  private readonly items: DanmakuItem[] = [];
  private readonly source: Source;
  private readonly gestures: Gestures;
  private overlay: DanmakuOverlay | undefined;
  private feed: DanmakuFeed | undefined;
  private hintTimer = 0;
  private scale = 1;

  constructor(private readonly options: EngineOptions) {
    const { video } = options;
    const { keeper, videoId, durationMs, host } = options;
    const resumeMs = keeper ? placeToResume({ keeper, videoId, durationMs }, options.resumeMs) : 0;
    // The browser may be playing by itself already: go on from there.
    const startS = video.currentTime || (resumeMs || options.startMs) / 1000;
    const wasPlaying = !video.paused;
    this.build();
    this.source = attachSource(video, {
      url: options.hlsUrl,
      startS,
      renew: () => renewedUrl(options.videoId),
      onRenewed: (url) => { moveTracks(video, url); },
      onGone: () => { this.showGone(); },
      onFatal: (isNetwork) => { this.showProblem(isNetwork); },
      onQualities: () => { this.redraw(); },
    });
    this.gestures = new Gestures(this.controller, video, {
      onFullscreen: () => { this.toggleFullscreen(); },
      hint: (text, side) => { this.hint(text, side); },
      clearHint: () => { this.layer.querySelector(".player-hint")?.remove(); },
    }, this.listeners.signal);
    this.redraw();
    this.listen();
    if (options.withDanmaku) this.startDanmaku(startS * 1000);
    video.playbackRate = this.preferences.rate;
    if (keeper) {
      keepProgress(video, { keeper, videoId, durationMs }, this.listeners.signal);
      countView(video, { videoId, durationMs }, this.listeners.signal);
    }
    if (resumeMs && startS === resumeMs / 1000) showResume(host, video, resumeMs, this.listeners.signal);
    if (wasPlaying) void video.play().catch(() => undefined);
  }

  danmakuVisible(): number {
    return this.overlay?.visible() ?? 0;
  }

  destroy(): void {
    clearTimeout(this.hintTimer);
    this.listeners.abort();
    this.overlay?.destroy();
    this.feed?.destroy();
    this.source.destroy();
  }

  private build(): void {
    const { video, host } = this.options;
    video.controls = false;
    video.slot = "media";
    for (const source of video.querySelectorAll("source")) source.remove();
    host.id ||= "edu-player";
    this.layer.className = "danmaku-layer";
    this.layer.setAttribute("noautohide", ""); // the controls hide after a while, danmaku must not
    this.middle.className = "player-middle";
    this.middle.slot = "centered-chrome";
    this.chrome.className = "player-chrome";
    for (const [name, value] of Object.entries({
      defaultduration: String(this.options.durationMs / 1000),
      fullscreenelement: host.id,
      gesturesdisabled: "",
      nohotkeys: "",
    })) this.controller.setAttribute(name, value);
    host.append(this.controller);
    this.controller.append(video, this.layer, this.middle, this.chrome);
    drawMiddle(this.middle);
    this.addStoryboard();
  }

  private addStoryboard(): void {
    if (!this.options.storyboardUrl) return;
    const track = document.createElement("track");
    Object.assign(track, { kind: "metadata", label: "thumbnails", src: this.options.storyboardUrl, default: true });
    this.options.video.append(track);
  }

  private listen(): void {
    const { video, host } = this.options;
    const { signal } = this.listeners;
    attachKeys(video, {
      onDanmaku: () => { this.change({ danmaku: !this.preferences.danmaku }); },
      onFullscreen: () => { this.toggleFullscreen(); },
      onCaptions: () => {
        this.keep({ captions: !captionsShow(video) });
        showCaptions(video, this.preferences.captions);
      },
      onHelp: () => void import("./help").then(({ showKeyHelp }) => { showKeyHelp(host); }),
    }, signal);
    hear("edu-seek", (timeMs) => { this.seek(timeMs); }, signal);
    video.addEventListener("timeupdate", () => { tell("edu-time", video.currentTime * 1000); }, { signal });
    video.addEventListener("resize", () => { this.redraw(); }, { signal });
    video.addEventListener("ratechange", () => {
      if (this.gestures.isHeld) return;
      this.keep({ rate: video.playbackRate });
      this.redraw();
    }, { signal });
    followCaptions(video, {
      wanted: () => this.preferences.captions,
      onChoice: (captions) => { this.keep({ captions }); },
    }, signal);
    document.addEventListener("fullscreenchange", () => { this.turnScreen(); }, { signal });
    addEventListener("scroll", () => { this.panel?.hidePopover(); }, { signal, passive: true });
  }

  private get panel(): HTMLElement | null {
    return this.chrome.querySelector<HTMLElement>(".player-panel");
  }

  private toggleFullscreen(): void {
    const name = document.fullscreenElement ? "mediaexitfullscreenrequest" : "mediaenterfullscreenrequest";
    this.controller.dispatchEvent(new CustomEvent(name));
  }

  /** A wide lesson fills a phone only when it lies on its side. */
  private turnScreen(): void {
    const { video, host } = this.options;
    if (document.fullscreenElement !== host || video.videoWidth <= video.videoHeight) return;
    const orientation = screen.orientation as ScreenOrientation & { lock?: (to: string) => Promise<void> };
    void orientation.lock?.("landscape").catch(() => undefined); // desktops refuse
  }

  private hint(text: string, side: string): void {
    const hint = document.createElement("span");
    hint.className = `player-hint ${side}`;
    hint.textContent = text;
    this.layer.querySelector(".player-hint")?.remove();
    this.layer.append(hint);
    clearTimeout(this.hintTimer);
    if (!this.gestures.isHeld) this.hintTimer = window.setTimeout(() => { hint.remove(); }, HINT_MS);
  }

  private seek(timeMs: number): void {
    const { video, host } = this.options;
    video.currentTime = timeMs / 1000;
    void video.play().catch(() => undefined); // a browser may want a click first
    host.scrollIntoView({ block: "nearest" });
  }

  private startDanmaku(startMs: number): void {
    const { video, videoId } = this.options;
    const { signal } = this.listeners;
    this.feed = new DanmakuFeed(
      videoId,
      (items) => {
        this.items.push(...items);
        this.overlay?.add(items);
        tell("edu-danmaku", items);
      },
      (isLive) => { this.isLive = isLive; },
      this.options.host.getAttribute("playback") ?? "",
    );
    hear("edu-danmaku-own", (item) => { this.feed?.own(item); }, signal);
    video.addEventListener("timeupdate", () => { void this.feed?.need(video.currentTime * 1000); }, { signal });
    void this.feed.need(startMs);
    this.remakeOverlay();
    const sizes = new ResizeObserver(() => {
      if (scaleFor(this.layer.clientWidth) !== this.scale) this.remakeOverlay();
    });
    sizes.observe(this.layer);
    signal.addEventListener("abort", () => { sizes.disconnect(); });
  }

  private remakeOverlay(): void {
    this.overlay?.destroy();
    this.overlay = undefined;
    if (!this.preferences.danmaku || !this.options.withDanmaku) return;
    const { opacity, area, displayMs, density } = this.preferences;
    this.scale = scaleFor(this.layer.clientWidth);
    const settings = { opacity, area, displayMs, density, fontPx: Math.round(this.preferences.fontPx * this.scale) };
    this.overlay = createDanmakuOverlay({
      container: this.layer, media: this.options.video, items: sorted(this.items), settings,
    });
  }

  private keep(changes: Partial<Preferences>): void {
    Object.assign(this.preferences, changes);
    savePreferences(this.preferences);
  }

  private change(changes: Partial<Preferences>): void {
    this.keep(changes);
    this.remakeOverlay();
    this.redraw();
  }

  private redraw(): void {
    const { video, host, withDanmaku } = this.options;
    drawControls(this.chrome, {
      preferences: this.preferences,
      qualities: this.source.qualities(),
      quality: this.source.quality(),
      heightPx: Math.min(video.videoHeight, video.videoWidth),
      rate: video.playbackRate,
      withDanmaku,
      onQuality: (index) => {
        this.source.setQuality(index);
        this.redraw();
      },
      onRate: (rate) => { video.playbackRate = rate; },
      onPreferences: (changes) => { this.change(changes); },
      onPanel: (event) => {
        const isOpen = event.newState === "open";
        this.controller.setAttribute("autohide", isOpen ? "-1" : "2");
        const button = this.chrome.querySelector<HTMLElement>(".bar-settings");
        if (isOpen && this.panel && button) placePanel(this.panel, button, host.clientWidth);
      },
    });
  }

  /** The right to watch has ended for good, or only a page can give it anew, as in a frame without cookies. */
  private showGone(): void {
    const { video, host } = this.options;
    const seconds = video.currentTime;
    video.pause(); // half a minute may be there still
    this.feed?.destroy();
    this.feed = undefined;
    showGone(host, { onReload: () => { reloadAt(seconds); } });
  }

  private showProblem(isNetwork: boolean): void {
    showProblem(this.options.host, { isNetwork, onRetry: () => {
      this.source.retry();
      void this.options.video.play().catch(() => undefined);
    } });
  }
}

/** Danmaku are smaller on a phone's small picture and larger on a full screen, in steps. */
function scaleFor(widthPx: number): number {
  if (widthPx < 520) return 0.7;
  return widthPx < 1200 ? 1 : 1.25;
}

function sorted(items: readonly DanmakuItem[]): DanmakuItem[] {
  return [...items].sort((a, b) => a.position_ms - b.position_ms);
}

/** Everything heavy of the player: loaded after the page has painted. */
import { createDanmakuOverlay, type DanmakuOverlay } from "../danmaku";
import { DanmakuFeed } from "../danmaku/feed";
import type { DanmakuItem } from "../danmaku/items";
import { t } from "../i18n";
import { drawControls } from "./controls";
import { hear, tell } from "./link";
import { attachKeys, togglePlay } from "./keys";
import { attachSource, type Source } from "./source";
import { loadPreferences, savePreferences } from "./stored";

export interface EngineOptions {
  host: HTMLElement;
  video: HTMLVideoElement;
  videoId: string;
  hlsUrl: string;
  storyboardUrl: string;
  startMs: number;
  withDanmaku: boolean;
}

export class PlayerEngine {
  isLive = false;
  private readonly listeners = new AbortController();
  private readonly controller = document.createElement("media-controller");
  private readonly layer = document.createElement("div");
  private readonly chrome = document.createElement("div");
  private readonly preferences = loadPreferences();
  private readonly items: DanmakuItem[] = [];
  private readonly source: Source;
  private overlay: DanmakuOverlay | undefined;
  private feed: DanmakuFeed | undefined;

  constructor(private readonly options: EngineOptions) {
    const { video, host } = options;
    video.controls = false;
    video.slot = "media";
    this.layer.className = "danmaku-layer";
    this.layer.setAttribute("noautohide", ""); // the controls hide after a while, danmaku must not
    this.chrome.className = "player-chrome";
    this.controller.setAttribute("defaultduration", String(Number(host.getAttribute("duration-ms") ?? 0) / 1000));
    this.controller.setAttribute("gesturesdisabled", "");
    host.append(this.controller);
    this.controller.append(video, this.layer);
    this.addStoryboard();
    this.source = attachSource(video, {
      url: options.hlsUrl,
      startS: options.startMs / 1000,
      onFatal: (isNetwork) => { this.showProblem(isNetwork); },
      onQualities: () => { this.redraw(); },
    });
    this.redraw();
    this.listen();
    if (options.withDanmaku) this.startDanmaku();
    video.playbackRate = this.preferences.rate;
  }

  danmakuVisible(): number {
    return this.overlay?.visible() ?? 0;
  }

  destroy(): void {
    this.listeners.abort();
    this.overlay?.destroy();
    this.feed?.destroy();
    this.source.destroy();
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
    attachKeys(host, video, { onDanmaku: () => { this.change({ danmaku: !this.preferences.danmaku }); } }, signal);
    hear("edu-seek", (timeMs) => { this.seek(timeMs); }, signal);
    video.addEventListener("timeupdate", () => { tell("edu-time", video.currentTime * 1000); }, { signal });
    video.addEventListener("ratechange", () => {
      this.preferences.rate = video.playbackRate;
      savePreferences(this.preferences);
    }, { signal });
    this.layer.addEventListener("click", () => { togglePlay(video); }, { signal });
    this.layer.addEventListener("dblclick", (event) => {
      const isLeft = event.offsetX < this.layer.clientWidth / 2;
      video.currentTime += isLeft ? -10 : 10;
    }, { signal });
  }

  private seek(timeMs: number): void {
    const { video } = this.options;
    video.currentTime = timeMs / 1000;
    void video.play().catch(() => undefined); // a browser may want a click first
    video.scrollIntoView({ block: "nearest" });
  }

  private startDanmaku(): void {
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
    );
    hear("edu-danmaku-own", (item) => { this.feed?.own(item); }, signal);
    video.addEventListener("timeupdate", () => { void this.feed?.need(video.currentTime * 1000); }, { signal });
    void this.feed.need(this.options.startMs);
    this.remakeOverlay();
  }

  private remakeOverlay(): void {
    this.overlay?.destroy();
    this.overlay = undefined;
    if (!this.preferences.danmaku || !this.options.withDanmaku) return;
    const { opacity, area, fontPx, displayMs, density } = this.preferences;
    const settings = { opacity, area, fontPx, displayMs, density };
    this.overlay = createDanmakuOverlay({
      container: this.layer, media: this.options.video, items: sorted(this.items), settings,
    });
  }

  private change(changes: Partial<typeof this.preferences>): void {
    Object.assign(this.preferences, changes);
    savePreferences(this.preferences);
    this.remakeOverlay();
    this.redraw();
  }

  private redraw(): void {
    if (!this.chrome.isConnected) this.controller.append(this.chrome);
    drawControls(this.chrome, {
      preferences: this.preferences,
      qualities: this.source.qualities(),
      quality: this.source.quality(),
      onQuality: (index) => {
        this.source.setQuality(index);
        this.redraw();
      },
      onPreferences: (changes) => { this.change(changes); },
    });
  }

  private showProblem(isNetwork: boolean): void {
    const box = document.createElement("div");
    box.className = "player-problem";
    box.setAttribute("role", "alert");
    const sentence = document.createElement("p");
    sentence.textContent = isNetwork
      ? t("The lesson could not be loaded. Check your network, then try again.")
      : t("This browser could not play the lesson. Try again, or use another browser.");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "button";
    again.textContent = t("Try again");
    again.addEventListener("click", () => {
      box.remove();
      this.source.retry();
      void this.options.video.play().catch(() => undefined);
    });
    box.append(sentence, again);
    this.options.host.querySelector(".player-problem")?.remove();
    this.options.host.append(box);
  }
}

function sorted(items: readonly DanmakuItem[]): DanmakuItem[] {
  return [...items].sort((a, b) => a.position_ms - b.position_ms);
}

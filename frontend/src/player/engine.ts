/** Everything heavy of the player: loaded after the page has painted. */
import { roomOf } from "../danmaku/room";
import { Captions, captionTracks } from "./captions";
import { chapterFrom, chapterStarts } from "./chapters";
import { drawControls, drawMiddle } from "./controls";
import { FlyingDanmaku } from "./flying";
import { Gestures } from "./gestures";
import { Hint } from "./hint";
import { nextTask } from "./interest";
import { limitKeys } from "./key-scope";
import { attachKeys } from "./keys";
import { hear, tell } from "./link";
import type { Loop, LoopAction } from "./loop";
import { placePanel } from "./panel";
import { showAway, showGone, showProblem } from "./problem";
import { hasPlace, keepProgress, type Keeper } from "./progress";
import { moveTracks, reloadAt, renewedUrl } from "./renewal";
import { showResume } from "./resume";
import { toggleFullscreen, togglePictureInPicture, turnScreen } from "./screen";
import { attachSource, AUTOMATIC, SAVER, type Source } from "./source";
import { holdSpeed } from "./speed";
import { loadPreferences, type Preferences, savePreferences, savesData } from "./stored";
import { mayBeTheatre, showTheatre } from "./theatre";
import { countView } from "./views";
import "../ui/player.css";

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
  /** Where the viewer stopped; 0 for the beginning, or where the address says where to begin. */
  resumeMs: number;
  /** Where somebody has asked to go already, in milliseconds. */
  wantedMs: number | undefined;
}

export class PlayerEngine {
  private readonly listeners = new AbortController();
  private readonly controller = document.createElement("media-controller");
  private readonly layer = document.createElement("div");
  private readonly middle = document.createElement("div");
  private readonly chrome = document.createElement("div");
  private readonly preferences = loadPreferences();
  private readonly danmaku: FlyingDanmaku | undefined;
  private readonly captions: Captions;
  private loop: Promise<Loop> | undefined;
  private readonly startS: number;
  /** Where the viewer is, in seconds, also while the lesson is loaded anew. */
  private placeS: number;
  private source: Source | undefined;
  private wasPlaying: boolean;
  private readonly gestures: Gestures;
  private readonly hint = new Hint(this.layer, this.listeners.signal);

  constructor(private readonly options: EngineOptions) {
    const { video, host, videoId } = options;
    this.startS = this.placeS = startOf(options);
    this.wasPlaying = !video.paused;
    this.build();
    if (options.withDanmaku) {
      const room = roomOf(videoId, host.getAttribute("playback") ?? "");
      this.danmaku = new FlyingDanmaku(room, video, this.layer, () => { this.redraw(); }, this.listeners.signal);
    }
    this.captions = new Captions(video, {
      around: this.controller,
      preferences: this.preferences,
      onChoice: (changes) => { this.setCaptions(changes); },
      onShow: (areShown) => { this.danmaku?.makeRoom(areShown); },
    }, this.listeners.signal);
    this.gestures = new Gestures(this.controller, video, {
      onFullscreen: () => { toggleFullscreen(this.controller); },
      hint: (text, side) => { this.hint.show(text, side, this.gestures.isHeld); },
      clearHint: () => { this.hint.clear(); },
      pick: (event) => this.danmaku?.pick(event),
    }, this.listeners.signal);
    this.redraw();
    this.listen();
  }

  /** Take up the lesson, in steps between which a slow phone can answer its viewer. */
  async begin(): Promise<void> {
    const { video, videoId, durationMs, startMs, keeper, resumeMs, host } = this.options;
    const { signal } = this.listeners;
    await nextTask();
    if (this.isGone) return;
    this.wasPlaying ||= !video.paused;
    this.source = this.attachSource();
    this.redraw();
    Object.assign(video, { playbackRate: this.preferences.rate, volume: this.preferences.volume });
    video.muted ||= this.preferences.muted;
    if (keeper) {
      keepProgress(video, { keeper, videoId, durationMs, knownMs: resumeMs || startMs }, signal);
      countView(video, { videoId, durationMs }, signal);
    }
    if (resumeMs && this.startS === resumeMs / 1000) showResume(host, video, resumeMs, signal);
    if (this.wasPlaying) void video.play().catch(() => undefined);
    await nextTask();
    if (!signal.aborted) this.danmaku?.start(this.startS * 1000);
  }

  /** Listen to the keyboard, and do what was asked of it before. */
  takeKeys(before: readonly KeyboardEvent[]): void {
    attachKeys(this.options.video, {
      onDanmaku: () => { this.danmaku?.turn(!this.danmaku.isOn); },
      onFullscreen: () => { toggleFullscreen(this.controller); },
      onCaptions: () => { this.setCaptions({ captions: !this.preferences.captions }); },
      onHelp: () => { this.showHelp(); },
      onTheatre: () => { this.toggleTheatre(); },
      onPictureInPicture: () => { togglePictureInPicture(this.options.video); },
      onLoop: (action) => void this.repeat(action),
      onChapter: (step) => { this.goToChapter(step); },
      onVolume: () => { this.keepVolume(); },
    }, this.listeners.signal, before);
  }

  get isLive(): boolean {
    return this.danmaku?.isLive ?? false;
  }

  danmakuVisible(): number {
    return this.danmaku?.visible() ?? 0;
  }

  destroy(): void {
    this.listeners.abort();
    this.source?.destroy();
  }

  private get isGone(): boolean {
    return this.listeners.signal.aborted;
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
      // We keep the volume: where storage is blocked, media-chrome calls that an error.
      nomutedpref: "",
      novolumepref: "",
    })) this.controller.setAttribute(name, value);
    host.append(this.controller);
    this.controller.append(video, this.layer, this.middle, this.chrome);
    drawMiddle(this.middle);
    this.addStoryboard();
  }

  /** Previews of the seek bar, unless data are to be saved. */
  private addStoryboard(): void {
    const { video, storyboardUrl: src } = this.options;
    video.querySelector("track[label=thumbnails]")?.remove();
    if (!src || savesData(this.preferences)) return;
    const track = document.createElement("track");
    Object.assign(track, { kind: "metadata", label: "thumbnails", src, default: true });
    video.append(track);
  }

  private listen(): void {
    const { video } = this.options;
    const { signal } = this.listeners;
    hear("edu-seek", (timeMs) => { this.seek(timeMs); }, signal);
    video.addEventListener("timeupdate", () => {
      if (!hasPlace(video)) return;
      this.placeS = video.currentTime;
      tell("edu-time", this.placeS * 1000);
    }, { signal });
    video.addEventListener("resize", () => { this.redraw(); }, { signal });
    holdSpeed(video, {
      chosen: () => this.preferences.rate,
      isHeld: () => this.gestures.isHeld,
      onChoice: (rate) => {
        if (rate !== this.preferences.rate) this.hint.show(`${rate}×`, "middle", false);
        this.keep({ rate });
        this.redraw();
      },
    }, signal);
    video.textTracks.addEventListener("addtrack", () => { this.redraw(); }, { signal });
    video.addEventListener("playing", () => void this.offerMediaSession(), { signal, once: true });
    this.controller.addEventListener("pointermove", (event) => {
      this.controller.classList.toggle("over-danmaku", event.pointerType === "mouse" && this.danmaku?.itemAt(event) !== undefined);
    }, { signal });
    for (const name of ["mediavolumerequest", "mediamuterequest", "mediaunmuterequest"]) {
      this.controller.addEventListener(name, () => void nextTask().then(() => { this.keepVolume(); }), { signal });
    }
    document.addEventListener("fullscreenchange", () => { turnScreen(this.options.host, video); }, { signal });
    addEventListener("scroll", () => {
      // What stands above its button goes with it; a sheet stays where it is.
      this.chrome.querySelector<HTMLElement>(".player-panel:popover-open:not(.sheet)")?.hidePopover();
    }, { signal, passive: true });
  }

  private attachSource(): Source {
    const { video, host, hlsUrl, videoId } = this.options;
    return attachSource(video, {
      url: hlsUrl,
      startS: this.startS,
      savesData: savesData(this.preferences),
      renew: () => renewedUrl(videoId),
      onRenewed: (url) => { moveTracks(video, url); },
      onGone: () => { this.showGone(); },
      onFault: (fault) => { showProblem(host, fault, () => { this.retry(); }); },
      onAway: (isAway) => { showAway(host, isAway, () => { this.retry(); }); },
      onQualities: () => { this.redraw(); },
    });
  }

  private toggleTheatre(): void {
    if (!mayBeTheatre()) return;
    this.keep({ theatre: !this.preferences.theatre });
    showTheatre(this.preferences.theatre);
    this.redraw();
  }

  private showHelp(): void {
    const { host } = this.options;
    void import("./help").then(({ showKeyHelp }) => {
      showKeyHelp(host, this.preferences.keysHereOnly, (keysHereOnly) => {
        this.keep({ keysHereOnly });
        limitKeys(host, keysHereOnly);
      });
    });
  }

  private setCaptions(changes: Partial<Preferences>): void {
    this.keep(changes);
    this.captions.apply();
    this.redraw();
  }

  private goToChapter(step: 1 | -1): void {
    const { video } = this.options;
    const to = chapterFrom(chapterStarts(video), video.currentTime, step);
    if (to !== undefined) video.currentTime = to;
  }

  /** Repeat a part of the lesson. */
  private async repeat(action: LoopAction): Promise<void> {
    const track = this.chrome.querySelector(".bar-time");
    if (!track) return;
    this.loop ??= import("./loop").then(({ Loop }) =>
      new Loop(this.options.video, track, (text) => { this.hint.show(text, "middle", false); }, this.listeners.signal));
    (await this.loop).act(action);
    this.redraw();
  }

  private async offerMediaSession(): Promise<void> {
    if (!("mediaSession" in navigator)) return;
    const { offerMediaSession } = await import("./session");
    const { video, host } = this.options;
    const hasChapters = chapterStarts(video).length > 1;
    offerMediaSession(video, {
      title: host.getAttribute("lesson-title") ?? document.title,
      artist: host.getAttribute("lesson-by") ?? "",
      onChapter: hasChapters ? (step): void => { this.goToChapter(step); } : undefined,
    }, this.listeners.signal);
  }

  private seek(timeMs: number): void {
    const { video, host } = this.options;
    video.currentTime = timeMs / 1000;
    void video.play().catch(() => undefined); // a browser may want a click first
    host.scrollIntoView({ block: "nearest" });
  }

  /** What the viewer did to the volume; a page around a frame may change it for a while. */
  private keepVolume(): void {
    const { volume, muted } = this.options.video;
    this.keep({ volume, muted });
  }

  private keep(changes: Partial<Preferences>): void {
    Object.assign(this.preferences, changes);
    savePreferences(this.preferences);
  }

  private redraw(): void {
    const { video, withDanmaku } = this.options;
    drawControls(this.chrome, {
      qualities: this.source?.qualities() ?? [],
      quality: this.source?.quality() ?? AUTOMATIC,
      heightPx: Math.min(video.videoHeight, video.videoWidth),
      rate: video.playbackRate,
      captions: captionTracks(video).length ? this.captions.areShown : undefined,
      isTheatre: this.preferences.theatre,
      withDanmaku,
      isDanmakuOn: this.danmaku?.isOn ?? false,
      curve: this.danmaku?.curve,
      onQuality: (index) => { this.setQuality(index); },
      onRate: (rate) => { video.playbackRate = rate; },
      onDanmaku: (on) => { this.danmaku?.turn(on); },
      onCaptions: () => { this.setCaptions({ captions: !this.preferences.captions }); },
      onTheatre: () => { this.toggleTheatre(); },
      onPanel: (event) => {
        this.onPanel(event, ".bar-settings");
        void this.drawMore();
      },
      onDanmakuPanel: (event) => {
        this.onPanel(event, ".bar-danmaku-settings");
        void this.danmaku?.drawPanel(event);
      },
    });
    void this.drawMore();
  }

  private setQuality(index: number): void {
    this.source?.setQuality(index);
    if (index < 0) this.keep({ saver: index === SAVER }); // a fixed one is for this lesson
    this.addStoryboard();
    this.redraw();
  }

  /** What the panel of settings holds beside quality and speed, while it is open. */
  private async drawMore(): Promise<void> {
    const into = this.chrome.querySelector<HTMLElement>("#player-panel:popover-open .panel-more");
    if (!into) return;
    const [{ drawMore }, loop] = await Promise.all([import("./more"), this.loop]);
    drawMore(into, {
      tracks: captionTracks(this.options.video),
      preferences: this.preferences,
      part: loop?.part,
      onCaptions: (changes) => { this.setCaptions(changes); },
      onLoop: (action) => void this.repeat(action),
      onTheatre: mayBeTheatre() ? (): void => { this.toggleTheatre(); } : undefined,
      onPictureInPicture: document.pictureInPictureEnabled ? (): void => { togglePictureInPicture(this.options.video); } : undefined,
      onHelp: () => { this.showHelp(); },
    });
  }

  /** Keep the controls in sight while a panel of theirs is open, and put it beside its button. */
  private onPanel({ newState, currentTarget: panel }: ToggleEvent, buttonName: string): void {
    const isOpen = newState === "open";
    this.controller.setAttribute("autohide", isOpen ? "-1" : "2");
    const button = this.chrome.querySelector<HTMLElement>(buttonName);
    if (isOpen && button && panel instanceof HTMLElement) placePanel(panel, button, this.options.host.getBoundingClientRect());
  }

  /** The right to watch has ended for good, or only a page can give it anew, as in a frame without cookies. */
  private showGone(): void {
    const { video, host } = this.options;
    video.pause(); // half a minute may be there still
    this.danmaku?.stop();
    showGone(host, { onReload: () => { reloadAt(this.placeS); } });
  }

  private retry(): void {
    this.source?.retry();
    void this.options.video.play().catch(() => undefined);
  }
}

/** The second to begin at. The browser may be playing by itself already: go on from there. */
function startOf({ video, wantedMs, resumeMs, startMs }: EngineOptions): number {
  return wantedMs === undefined ? video.currentTime || (resumeMs || startMs) / 1000 : wantedMs / 1000;
}

/**
 * `<edu-player>`: upgrades the server's <video>. What it needs beyond a button over the poster is loaded when somebody is
 * there, at once where the attribute `wanted` is set, and else when the page has been quiet for a while.
 */
import type { PlayerEngine } from "./engine";
import { nextTask, onInterest } from "./interest";
import { limitKeys } from "./key-scope";
import { markPortrait } from "./portrait";
import { type Keeper, placeToResume } from "./progress";
import { StandIn } from "./stand-in";
import { loadPreferences, savesData } from "./stored";
import { showTheatre } from "./theatre";

export class EduPlayer extends HTMLElement {
  static readonly observedAttributes = ["wanted"];

  private readonly waiting = new AbortController();
  private engine: PlayerEngine | undefined;
  private standIn: StandIn | undefined;
  private isGone = false;

  /** Whether new danmaku arrive as they are written. */
  get danmakuIsLive(): boolean {
    return this.engine?.isLive ?? false;
  }

  /** How many danmaku are on screen. */
  danmakuVisible(): number {
    return this.engine?.danmakuVisible() ?? 0;
  }

  connectedCallback(): void {
    const video = this.querySelector("video");
    if (!video || !this.hasAttribute("hls-url") || this.standIn) return;
    const preferences = loadPreferences();
    markPortrait(this, video);
    showTheatre(preferences.theatre);
    limitKeys(this, preferences.keysHereOnly);
    this.standIn = new StandIn(this, video, () => { this.begin(); });
    const isSoon = Boolean(this.number("start-ms") || this.resumeMs());
    onInterest(() => { this.begin(); }, { isSoon, savesData: savesData(preferences) }, this.waiting.signal);
    if (this.hasAttribute("wanted")) this.begin();
  }

  attributeChangedCallback(): void {
    if (this.hasAttribute("wanted")) this.begin();
  }

  disconnectedCallback(): void {
    // Moving the element in the document must not end it; being taken out does.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.isGone = true;
      this.waiting.abort();
      this.engine?.destroy();
    });
  }

  private begin(): void {
    const { standIn } = this;
    if (!standIn || this.waiting.signal.aborted) return;
    this.waiting.abort();
    this.load(standIn);
  }

  /** Where the engine does not come, the browser's own controls are there. */
  private load(standIn: StandIn): void {
    this.start(standIn).catch(() => {
      standIn.giveUp();
      addEventListener("online", () => { this.load(standIn); }, { once: true });
    });
  }

  private async start(standIn: StandIn): Promise<void> {
    const { PlayerEngine, speakPageLanguage } = await import("./engine");
    await speakPageLanguage();
    await nextTask();
    const video = this.querySelector("video");
    if (this.isGone || !video) return;
    const engine = new PlayerEngine({
      host: this,
      video,
      videoId: this.getAttribute("video-id") ?? "",
      hlsUrl: this.getAttribute("hls-url") ?? "",
      storyboardUrl: this.getAttribute("storyboard-url") ?? "",
      startMs: this.number("start-ms"),
      durationMs: this.number("duration-ms"),
      withDanmaku: !this.hasAttribute("no-danmaku"),
      keeper: this.keeper(),
      resumeMs: this.resumeMs(),
      wantedMs: standIn.wantedMs,
    });
    this.engine = engine;
    await engine.begin();
    engine.takeKeys(standIn.leave(this.querySelector(".big-play")));
    this.setAttribute("upgraded", "");
  }

  private resumeMs(): number {
    const keeper = this.keeper();
    if (!keeper || !this.hasAttribute("resume-ms")) return 0;
    const [videoId, durationMs] = [this.getAttribute("video-id") ?? "", this.number("duration-ms")];
    return placeToResume({ keeper, videoId, durationMs }, this.number("resume-ms"));
  }

  private keeper(): Keeper | undefined {
    const name = this.getAttribute("keep");
    return name === "account" || name === "browser" ? name : undefined;
  }

  private number(attribute: string): number {
    return Number(this.getAttribute(attribute) ?? 0);
  }
}

customElements.define("edu-player", EduPlayer);

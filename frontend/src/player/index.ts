/** `<edu-player>`: upgrades the server's <video>; what it needs beyond that is loaded after the page has painted. */
import type { PlayerEngine } from "./engine";
import type { Keeper } from "./progress";

export class EduPlayer extends HTMLElement {
  private engine: PlayerEngine | undefined;
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
    const hlsUrl = this.getAttribute("hls-url");
    if (!video || !hlsUrl || this.engine) return;
    requestAnimationFrame(() => {
      setTimeout(() => void this.start(video, hlsUrl));
    });
  }

  disconnectedCallback(): void {
    // Moving the element in the document must not end it; being taken out does.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.isGone = true;
      this.engine?.destroy();
    });
  }

  private async start(video: HTMLVideoElement, hlsUrl: string): Promise<void> {
    const { PlayerEngine, speakPageLanguage } = await import("./engine");
    await speakPageLanguage();
    if (this.isGone) return;
    this.engine = new PlayerEngine({
      host: this,
      video,
      videoId: this.getAttribute("video-id") ?? "",
      hlsUrl,
      storyboardUrl: this.getAttribute("storyboard-url") ?? "",
      startMs: Number(this.getAttribute("start-ms") ?? 0),
      durationMs: Number(this.getAttribute("duration-ms") ?? 0),
      withDanmaku: !this.hasAttribute("no-danmaku"),
      keeper: keeperOf(this.getAttribute("keep")),
      resumeMs: this.hasAttribute("resume-ms") ? Number(this.getAttribute("resume-ms")) : undefined,
    });
    this.setAttribute("upgraded", "");
  }
}

function keeperOf(name: string | null): Keeper | undefined {
  return name === "account" || name === "browser" ? name : undefined;
}

customElements.define("edu-player", EduPlayer);

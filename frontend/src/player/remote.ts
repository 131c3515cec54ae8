/**
 * A player that somebody else works: what may be asked of it, and what it tells. It knows no messages; the element of
 * the frame (embed/frame.ts) carries them.
 */
import { choicesIn } from "../danmaku/preference";
import { roomOf } from "../danmaku/room";
import type { CommandName, Events, EventName, Place, Problem, State } from "../embed/protocol";
import { captionTracks } from "./captions";
import { hear } from "./link";
import { hasPlace } from "./progress";

const TIMEUPDATE_MS = 250;

export interface RemoteOptions {
  title: string;
  /** The language of the captions to begin with; an empty text leaves them to the viewer. */
  captions: string;
  /** Where to stop, in milliseconds; 0 for the end. */
  endMs: number;
  /** Whether it begins anew at its end. */
  isLoop: boolean;
  startMs: number;
  onEvent: <K extends EventName>(name: K, detail: Events[K]) => void;
}

/** A refusal that the one who asked can understand. */
export class RemoteError extends Error {
  constructor(readonly code: Problem["code"], message: string) {
    super(message);
  }
}

export class Remote {
  private readonly listeners = new AbortController();
  private readonly video: HTMLVideoElement;
  private toldAt = Number.NEGATIVE_INFINITY;
  private toldCaptions: string | null = null;
  private isBeforeEnd = true;
  private placeMs: number;
  /** The captions to show when it plays; undefined leaves them to the viewer. */
  private wantedCaptions: string | null | undefined;

  /** `host` is the upgraded `<edu-player>`. */
  constructor(private readonly host: HTMLElement, private readonly options: RemoteOptions) {
    const video = host.querySelector("video");
    if (!video) throw new Error("There is no video in the player");
    this.video = video;
    this.placeMs = options.startMs;
    this.wantedCaptions = options.captions || undefined;
    this.listen();
  }

  state(): State {
    const { host, video } = this;
    return {
      id: host.getAttribute("video-id") ?? "",
      title: this.options.title,
      ...this.place(),
      isPaused: video.paused,
      isEnded: video.ended,
      rate: video.playbackRate,
      volume: video.volume,
      isMuted: video.muted,
      captions: this.captions(),
      captionLanguages: captionTracks(video).map(({ language }) => language),
      danmaku: host.hasAttribute("no-danmaku") ? null : this.choices().now.on,
    };
  }

  /** Do what was asked, with a value of the right kind. Throws RemoteError. */
  async perform(name: Exclude<CommandName, "next" | "previous">, value: unknown): Promise<unknown> {
    const { video } = this;
    switch (name) {
      case "play": await this.play(); break;
      case "pause": video.pause(); break;
      case "seek": video.currentTime = Math.min(value as number, this.durationMs()) / 1000; break;
      case "setRate": video.playbackRate = value as number; break;
      case "setVolume": video.volume = value as number; break;
      case "mute": video.muted = value as boolean; break;
      case "setCaptions": this.showCaptions(value as string | null); break;
      case "setDanmaku": this.setDanmaku(value as boolean); break;
      case "getState": return this.state();
    }
    return undefined;
  }

  destroy(): void {
    this.listeners.abort();
  }

  /** Browsers refuse to play with sound what nobody in the page has asked for. */
  private async play(): Promise<void> {
    try {
      await this.video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name === "AbortError") return; // paused, or loaded anew
      const problem = new RemoteError("not-allowed", "The browser wants a click first; muted lessons may play without one.");
      if (error.name !== "NotAllowedError") throw new RemoteError("playback", error.message);
      this.options.onEvent("error", { code: problem.code, message: problem.message });
      throw problem;
    }
  }

  private listen(): void {
    const { host, video, options: { onEvent } } = this;
    const { signal } = this.listeners;
    for (const name of ["play", "pause", "ended", "seeked"] as const) {
      video.addEventListener(name, () => { onEvent(name, this.place()); }, { signal });
    }
    video.addEventListener("timeupdate", () => { this.onTime(); }, { signal });
    video.addEventListener("seeked", () => { this.isBeforeEnd = this.isBefore(); }, { signal });
    video.addEventListener("ended", () => { if (this.options.isLoop) this.again(); }, { signal });
    video.addEventListener("ratechange", () => { onEvent("ratechange", { rate: video.playbackRate }); }, { signal });
    video.addEventListener("volumechange", () => {
      onEvent("volumechange", { volume: video.volume, isMuted: video.muted });
    }, { signal });
    video.textTracks.addEventListener("change", () => {
      const language = this.captions();
      if (language === this.toldCaptions) return;
      this.toldCaptions = language;
      onEvent("captions", { language });
    }, { signal });
    // Until it plays, the player holds captions to what the viewer wanted the last time.
    video.addEventListener("playing", () => {
      if (this.wantedCaptions !== undefined) this.turnCaptions(this.wantedCaptions);
    }, { signal, once: true });
    if (!host.hasAttribute("no-danmaku")) {
      let wasOn = this.choices().now.on;
      hear("edu-danmaku-chosen", () => {
        const isOn = this.choices().now.on;
        if (isOn !== wasOn) onEvent("danmaku", { isOn });
        wasOn = isOn;
      }, signal);
    }
    this.watchProblems(signal);
  }

  /** What the player says in the picture when it cannot go on. */
  private watchProblems(signal: AbortSignal): void {
    const observer = new MutationObserver((records) => {
      for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) {
        if (!(node instanceof HTMLElement) || !node.matches(".player-problem")) continue;
        this.options.onEvent("error", { code: "playback", message: node.querySelector("p")?.textContent ?? "" });
      }
    });
    observer.observe(this.host, { childList: true });
    signal.addEventListener("abort", () => { observer.disconnect(); });
  }

  private onTime(): void {
    const now = performance.now();
    if (now - this.toldAt >= TIMEUPDATE_MS) {
      this.toldAt = now;
      this.options.onEvent("timeupdate", this.place());
    }
    // Once: whoever plays on after it, or goes beyond, may.
    if (!this.isBeforeEnd || this.isBefore()) return;
    this.isBeforeEnd = false;
    if (this.options.isLoop) {
      this.again();
      return;
    }
    this.video.pause();
    this.options.onEvent("ended", this.place());
  }

  private isBefore(): boolean {
    return !this.options.endMs || this.video.currentTime * 1000 < this.options.endMs;
  }

  private again(): void {
    this.video.currentTime = this.options.startMs / 1000;
    void this.play().catch(() => undefined); // `error` tells
  }

  private place(): Place {
    // Where it begins, or begins anew, it learns with its media.
    if (hasPlace(this.video)) this.placeMs = Math.round(this.video.currentTime * 1000);
    return { positionMs: this.placeMs, durationMs: this.durationMs() };
  }

  /** The whole length, of a lesson that is still prepared too. */
  private durationMs(): number {
    return Number(this.host.getAttribute("duration-ms")) || Math.round((this.video.duration || 0) * 1000);
  }

  private captions(): string | null {
    return captionTracks(this.video).find(({ mode }) => mode === "showing")?.language ?? null;
  }

  private showCaptions(language: string | null): void {
    if (!this.video.played.length) this.wantedCaptions = language;
    if (!this.turnCaptions(language)) throw new RemoteError("not-offered", `There are no captions in ${language ?? ""}.`);
  }

  /** Show the captions in a language, of another region too, or none; false when there are none in it. */
  private turnCaptions(language: string | null): boolean {
    const tracks = captionTracks(this.video);
    const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";
    const chosen = language === null ? undefined
      : tracks.find((track) => track.language === language) ?? tracks.find((track) => primary(track.language) === primary(language));
    if (language !== null && !chosen) return false;
    for (const track of tracks) track.mode = track === chosen ? "showing" : "disabled";
    return true;
  }

  private setDanmaku(isOn: boolean): void {
    if (this.host.hasAttribute("no-danmaku")) throw new RemoteError("not-offered", "This frame was asked for without danmaku.");
    this.choices().change({ on: isOn });
  }

  private choices(): ReturnType<typeof choicesIn> {
    const { host } = this;
    return choicesIn(roomOf(host.getAttribute("video-id") ?? "", host.getAttribute("playback") ?? ""));
  }
}

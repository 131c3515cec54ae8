/**
 * What other sites load as /embed/eduvideo.js: `EduVideo.player(iframe)` speaks to a frame of ours (docs/embedding.md).
 * It is built into one small classic script, so it imports types only.
 */
import type { CommandName, Commands, Events, EventName, Message, Problem, State } from "./protocol";

type Detail = Record<string, unknown>;
type Answer = { resolve: (value: never) => void; reject: (error: Error) => void };

const VERSION = 1;
const PATIENCE_MS = 20_000;
const players = new WeakMap<HTMLIFrameElement, Player>();

class FrameError extends Error {
  readonly code: string;

  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.name = "EduVideoError";
    this.code = code;
  }
}

/** A frame of ours. Its events are CustomEvents; every promise is rejected with an Error that has a `code`. */
class Player extends EventTarget {
  /** Resolves with the first `ready`; rejected when the frame shows why it cannot play, or does not answer. */
  readonly ready: Promise<Events["ready"]>;
  private readonly origin: string;
  private readonly listeners = new AbortController();
  private readonly asked = new Map<string, Answer>();
  private readonly name = Math.random().toString(36).slice(2);
  private session = "";
  private count = 0;
  private timer = 0;
  private settle!: { resolve: (state: Events["ready"]) => void; reject: (error: Error) => void };

  constructor(readonly iframe: HTMLIFrameElement) {
    super();
    this.origin = new URL(iframe.src, document.baseURI).origin;
    this.ready = new Promise((resolve, reject) => { this.settle = { resolve, reject }; });
    this.ready.catch(() => undefined); // whoever does not wait for it hears `error`
    const { signal } = this.listeners;
    addEventListener("message", (event) => { this.hear(event); }, { signal });
    // Each lesson of a playlist is a page of its own, which must be greeted.
    iframe.addEventListener("load", () => {
      this.hello();
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => {
        const silence = { code: "no-answer", message: "The frame does not answer; may this site show it?" };
        this.settle.reject(new FrameError(silence));
        this.drop(silence);
      }, PATIENCE_MS);
    }, { signal });
    this.hello();
  }

  play(): Promise<void> { return this.ask("play"); }
  pause(): Promise<void> { return this.ask("pause"); }
  seek(positionMs: number): Promise<void> { return this.ask("seek", positionMs); }
  setRate(rate: number): Promise<void> { return this.ask("setRate", rate); }
  setVolume(volume: number): Promise<void> { return this.ask("setVolume", volume); }
  mute(isMuted = true): Promise<void> { return this.ask("mute", isMuted); }
  setCaptions(language: string | null): Promise<void> { return this.ask("setCaptions", language); }
  setDanmaku(isOn: boolean): Promise<void> { return this.ask("setDanmaku", isOn); }
  getState(): Promise<State> { return this.ask("getState"); }
  next(): Promise<void> { return this.ask("next"); }
  previous(): Promise<void> { return this.ask("previous"); }

  /** Stop listening; the frame goes on by itself. */
  destroy(): void {
    clearTimeout(this.timer);
    this.listeners.abort();
    const end = { code: "gone", message: "This player was destroyed." };
    this.drop(end);
    this.settle.reject(new FrameError(end));
    players.delete(this.iframe);
  }

  /** It says nothing, so it may go to whatever is in the frame: perhaps nothing yet. */
  private hello(): void {
    this.iframe.contentWindow?.postMessage({ eduvideo: VERSION, type: "hello" }, "*");
  }

  private async ask<T>(type: CommandName, value?: Commands[CommandName]): Promise<T> {
    await this.ready;
    return new Promise<T>((resolve, reject) => {
      const id = `${this.name}-${this.count++}`;
      this.asked.set(id, { resolve, reject });
      this.iframe.contentWindow?.postMessage({ eduvideo: VERSION, type, value, id }, this.origin);
    });
  }

  private hear({ source, origin, data }: MessageEvent<unknown>): void {
    if (source !== this.iframe.contentWindow || origin !== this.origin) return;
    const message = data as Message | null;
    if (message?.eduvideo !== VERSION) return;
    if (message.type === "reply") {
      const answer = this.asked.get(String(message.id));
      this.asked.delete(String(message.id));
      if (message.error) answer?.reject(new FrameError(message.error));
      else answer?.resolve(message.value as never);
    } else {
      this.tell(message.name, message.detail as Detail);
    }
  }

  private tell(name: EventName, detail: Detail): void {
    clearTimeout(this.timer);
    if (name === "ready") {
      if (detail["session"] === this.session) return; // greeted twice
      this.session = detail["session"] as string;
      this.drop({ code: "gone", message: "Another lesson was loaded." });
      this.settle.resolve(detail as unknown as Events["ready"]);
    }
    if (name === "error") this.settle.reject(new FrameError(detail as unknown as Problem)); // nothing, once it was ready
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  private drop(why: { code: string; message: string }): void {
    for (const { reject } of this.asked.values()) reject(new FrameError(why));
    this.asked.clear();
  }
}

/** Return the player of a frame, always the same one; `frame` is an iframe of ours or a selector for it. */
export function player(frame: HTMLIFrameElement | string): Player {
  const iframe = typeof frame === "string" ? document.querySelector<HTMLIFrameElement>(frame) : frame;
  if (!iframe?.src) throw new TypeError("EduVideo.player needs an iframe with an address.");
  const known = players.get(iframe);
  if (known) return known;
  const made = new Player(iframe);
  players.set(iframe, made);
  return made;
}

export const EduVideo = { version: VERSION, player };

/** Types of https://<your EduVideo>/embed/eduvideo.js, protocol 1. See embedding.md. All times are in milliseconds. */

export interface Place {
  positionMs: number;
  durationMs: number;
}

export interface State extends Place {
  /** Of the lesson. */
  id: string;
  title: string;
  isPaused: boolean;
  isEnded: boolean;
  rate: number;
  volume: number;
  isMuted: boolean;
  /** The language of the captions that show; null for none. */
  captions: string | null;
  captionLanguages: string[];
  /** Null in a frame without danmaku. */
  danmaku: boolean | null;
}

export interface Item {
  id: string;
  title: string;
  /** From 1. */
  number: number;
  total: number;
  playlist: { id: string; title: string };
}

/** The `detail` of each event. */
export interface Events {
  ready: State & { version: number; session: string };
  play: Place;
  pause: Place;
  ended: Place;
  /** At most four times a second. */
  timeupdate: Place;
  seeked: Place;
  ratechange: { rate: number };
  volumechange: { volume: number; isMuted: boolean };
  captions: { language: string | null };
  danmaku: { isOn: boolean };
  /** After `ready`, in a playlist. */
  item: Item;
  error: { code: string; message: string };
}

/** Its events are CustomEvents. Every promise is rejected with an Error that has a `code`. */
export interface Player extends EventTarget {
  readonly iframe: HTMLIFrameElement;
  readonly ready: Promise<Events["ready"]>;
  play(): Promise<void>;
  pause(): Promise<void>;
  seek(positionMs: number): Promise<void>;
  /** 0.25 to 3. */
  setRate(rate: number): Promise<void>;
  /** 0 to 1. */
  setVolume(volume: number): Promise<void>;
  mute(isMuted?: boolean): Promise<void>;
  /** A language, for instance "zh"; null turns captions off. */
  setCaptions(language: string | null): Promise<void>;
  setDanmaku(isOn: boolean): Promise<void>;
  getState(): Promise<State>;
  next(): Promise<void>;
  previous(): Promise<void>;
  /** Stop listening; the frame goes on by itself. */
  destroy(): void;
}

export declare const EduVideo: {
  readonly version: number;
  /** The player of a frame: an iframe, or a selector for it. */
  player(frame: HTMLIFrameElement | string): Player;
};

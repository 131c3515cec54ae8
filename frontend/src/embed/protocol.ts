/**
 * What a page and our frame in it say to each other, by `postMessage`; docs/embedding.md has it for other sites. Pure.
 *
 * Every message is an object with `eduvideo`, the version of the protocol, and `type`. All times are in milliseconds.
 */

export const VERSION = 1;

/** What a page may ask for, each with its `value`. */
export interface Commands {
  play: undefined;
  pause: undefined;
  /** A position. */
  seek: number;
  /** 0.25 to 3; 1 is the usual speed. */
  setRate: number;
  /** 0 to 1. */
  setVolume: number;
  mute: boolean;
  /** A language, for instance `zh`; null turns captions off. */
  setCaptions: string | null;
  setDanmaku: boolean;
  getState: undefined;
  next: undefined;
  previous: undefined;
}

export type CommandName = keyof Commands;

export interface Place {
  positionMs: number;
  durationMs: number;
}

/** One lesson of a playlist. */
export interface Item {
  id: string;
  title: string;
  /** From 1. */
  number: number;
  /** How many lessons there are. */
  total: number;
  playlist: { id: string; title: string };
}

export interface State extends Place {
  id: string;
  title: string;
  isPaused: boolean;
  isEnded: boolean;
  rate: number;
  volume: number;
  isMuted: boolean;
  /** The language of the captions that show; null for none. */
  captions: string | null;
  /** In which languages there are captions. */
  captionLanguages: string[];
  /** Null where there are none to be switched on. */
  danmaku: boolean | null;
}

export interface Problem {
  code: "not-allowed" | "not-offered" | "bad-value" | "playback" | "unavailable";
  message: string;
}

/** What a frame tells its page. */
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
  error: Problem;
}

export type EventName = keyof Events;

export interface Request {
  type: CommandName | "hello";
  value: unknown;
  /** Comes back in the reply; without one there is no reply. */
  id: string | number | undefined;
}

export type Message =
  | { eduvideo: number; type: "event"; name: EventName; detail: unknown }
  | { eduvideo: number; type: "reply"; id: string | number; value?: unknown; error?: Problem };

/** How a command's value is checked; what a message holds is anybody's. */
const VALUES: Record<CommandName | "hello", (value: unknown) => boolean> = {
  hello: isNothing,
  play: isNothing,
  pause: isNothing,
  seek: isWithin(0, Number.MAX_SAFE_INTEGER),
  setRate: isWithin(0.25, 3),
  setVolume: isWithin(0, 1),
  mute: isBoolean,
  setCaptions: (value) => value === null || (typeof value === "string" && /^[A-Za-z0-9-]{1,35}$/.test(value)),
  setDanmaku: isBoolean,
  getState: isNothing,
  next: isNothing,
  previous: isNothing,
};
const LONGEST_ID = 64;

/** Return the request that a message holds, or undefined for everything else. Its value is not checked yet. */
export function requestIn(data: unknown): Request | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { eduvideo, type, value, id } = data as Record<string, unknown>;
  if (eduvideo !== VERSION || typeof type !== "string" || !Object.hasOwn(VALUES, type) || !isId(id)) return undefined;
  return { type: type as Request["type"], value, id };
}

/** Whether a request's value is of the kind that its command takes. */
export function hasGoodValue({ type, value }: Request): boolean {
  return VALUES[type](value);
}

function isId(id: unknown): id is Request["id"] {
  return id === undefined || (typeof id === "string" ? id.length <= LONGEST_ID : Number.isFinite(id));
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isWithin(least: number, most: number): (value: unknown) => boolean {
  return (value) => typeof value === "number" && value >= least && value <= most; // NaN is neither
}

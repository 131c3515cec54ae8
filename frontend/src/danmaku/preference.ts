/** How the viewer wants to see danmaku: kept by this device for each who uses it, and by the account where there is one. */
import { csrfToken } from "../api/client";
import { personOfPage } from "../api/person";
import type { components } from "../api/schema";
import { tell } from "../player/link";
import type { Room } from "./room";
import type { DanmakuSettings } from "./settings";

/** What was chosen; what is missing is as PLAIN has it. */
type Chosen = { [K in keyof Preference]?: Preference[K] };

type Fields = Required<components["schemas"]["Preference"]>;
export type Preference = { [K in keyof Fields]: NonNullable<Fields[K]> };

export const PLAIN: Preference = {
  on: true,
  opacity: 1,
  area: 0.75,
  size: 1,
  speed: 1,
  max_on_screen: 60,
  max_per_10s: 0,
  hidden_modes: [],
  only_learning: false,
  block_words: [],
  offset_ms: 0,
  avoid_overlap: true,
};

interface Kept {
  chosen: Chosen;
  /** Whether this device has taken over what the account had. */
  isMerged: boolean;
}

const KEY = "eduvideo-danmaku"; // of whoever has no account; an account's names it
const ADDRESS = "/api/v1/me/danmaku-preference";
const SAVE_MS = 1_000;
const DISPLAY_MS = 8_000;
const FONT_PX = 22;

/** What holds after an account was found: its own values at a device's first visit, later those of the device. Pure. */
export function merged(kept: Kept, account: object | null): Kept {
  if (kept.isMerged) return kept;
  return { chosen: account ? checked(account) : kept.chosen, isMerged: true };
}

/** Only what has the right type: storage may hold anything. Pure. */
export function checked(values: unknown): Chosen {
  const known = Object.entries(typeof values === "object" && values !== null ? values : {}).filter(([key, value]) => {
    const plain: unknown = PLAIN[key as keyof Preference];
    return Array.isArray(plain) ? Array.isArray(value) : value !== undefined && typeof value === typeof plain;
  });
  return Object.fromEntries(known);
}

/** The overlay's settings; `scale` is that of the text, by the size of the picture. Pure. */
export function settingsOf(preference: Preference, blocked: Iterable<string>, scale: number): Partial<DanmakuSettings> {
  return {
    opacity: preference.opacity,
    area: preference.area,
    fontPx: Math.round(FONT_PX * preference.size * scale),
    displayMs: Math.round(DISPLAY_MS / preference.speed),
    maxOnScreen: preference.max_on_screen || null,
    maxPer10s: preference.max_per_10s || null,
    blockedModes: preference.hidden_modes,
    onlyLearning: preference.only_learning,
    blockedWords: preference.block_words,
    blockedAuthors: [...blocked],
    offsetMs: preference.offset_ms,
    avoidOverlap: preference.avoid_overlap,
  };
}

/** The viewer's choices on this page. */
export class Choices {
  private readonly key = personOfPage() ? `${KEY}:${personOfPage()}` : KEY;
  private kept = load(this.key);
  private timer = 0;

  constructor(private readonly room: Room) {
    void room.ready.then(() => {
      if (room.hasAccount && !this.kept.isMerged) this.keep(merged(this.kept, room.view.preference));
      this.announce();
    });
    addEventListener("pagehide", () => { this.save(); });
  }

  /** What holds now. The youngest see their teacher and questions only, until somebody chooses otherwise. */
  get now(): Preference {
    return { ...PLAIN, only_learning: this.room.view.is_quiet, ...this.kept.chosen };
  }

  change(changes: Chosen): void {
    this.keep({ ...this.kept, chosen: { ...this.kept.chosen, ...changes } });
    this.later();
  }

  reset(): void {
    this.keep({ ...this.kept, chosen: {} });
    this.later();
  }

  /** Let the page know. */
  announce(): void {
    tell("edu-danmaku-chosen", undefined);
  }

  private keep(kept: Kept): void {
    this.kept = kept;
    try {
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // Blocked or full: it lasts as long as the page.
    }
    this.announce();
  }

  private later(): void {
    if (!this.room.hasAccount) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { this.save(); }, SAVE_MS);
  }

  /** Give the account what was chosen. */
  private save(): void {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = 0;
    void fetch(ADDRESS, {
      method: "PUT",
      body: JSON.stringify(this.kept.chosen),
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      credentials: "same-origin",
      keepalive: true, // it may be the last thing that the page does
    }).catch(() => undefined); // the device has it
  }
}

/** An account that was not here yet begins with what was chosen without one. */
function load(key: string): Kept {
  try {
    const own = localStorage.getItem(key);
    const kept = JSON.parse(own ?? localStorage.getItem(KEY) ?? "{}") as Partial<Kept> | null;
    return { chosen: checked(kept?.chosen), isMerged: own !== null && kept?.isMerged === true };
  } catch {
    return { chosen: {}, isMerged: false };
  }
}

const pages = new WeakMap<Room, Choices>();

/** The choices of a page: one for its room. */
export function choicesIn(room: Room): Choices {
  const known = pages.get(room);
  if (known) return known;
  const choices = new Choices(room);
  pages.set(room, choices);
  return choices;
}

/** Settings of this browser. Storage may be blocked or full; then they last as long as the page. */

export interface CaptionLook {
  /** Times the usual size. */
  size: number;
  color: string;
  background: "box" | "shade" | "none";
  place: "bottom" | "top";
}

export interface Preferences {
  rate: number;
  captions: boolean;
  /** Languages of captions, the upper line first; without one, that of the page. */
  captionLanguages: string[];
  look: CaptionLook;
  /** Whether to load little; undefined while the viewer leaves that to the browser. */
  saver: boolean | undefined;
  theatre: boolean;
  /** Whether the keys of the player are silent in the rest of the page. */
  keysHereOnly: boolean;
  /** From 0 to 1. */
  volume: number;
  muted: boolean;
}

const KEY = "eduvideo-player";
export const PREFERENCES: Preferences = {
  rate: 1,
  captions: false,
  captionLanguages: [],
  look: { size: 1, color: "#ffffff", background: "box", place: "bottom" },
  saver: undefined,
  theatre: false,
  keysHereOnly: false,
  volume: 1,
  muted: false,
};

export function loadPreferences(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    return { ...PREFERENCES, ...kept, look: { ...PREFERENCES.look, ...kept.look } };
  } catch {
    return { ...PREFERENCES };
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Blocked or full: the page keeps them in memory.
  }
}

/** Whether to load little: as the viewer chose, else as the browser or its system is set. */
export function savesData({ saver }: Preferences): boolean {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } };
  return saver ?? connection?.saveData ?? false;
}

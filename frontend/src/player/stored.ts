/** Settings of this browser. Storage may be blocked or full; then they last as long as the page. */

export interface Preferences {
  danmaku: boolean;
  opacity: number;
  area: number;
  fontPx: number;
  displayMs: number;
  density: number;
  rate: number;
  captions: boolean;
}

const KEY = "eduvideo-player";
export const PREFERENCES: Preferences = {
  danmaku: true,
  opacity: 1,
  area: 0.75,
  fontPx: 22,
  displayMs: 8000,
  density: 60,
  rate: 1,
  captions: false,
};

export function loadPreferences(): Preferences {
  try {
    return { ...PREFERENCES, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>) };
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

/** What was typed and not sent: a reload, or the way to the sign-in and back, must not lose it. */

const KEY = "eduvideo-danmaku-draft";

export function draftOf(videoId: string): string {
  try {
    const [id, text] = JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as string[];
    return id === videoId ? text ?? "" : "";
  } catch {
    return "";
  }
}

export function keepDraft(videoId: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(KEY, JSON.stringify([videoId, text]));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Blocked or full: it lasts as long as the page.
  }
}

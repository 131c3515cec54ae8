/** What was typed and not sent: a reload, or the way to the sign-in and back, must not lose it, nor show it to another. */
import { personOfPage } from "../api/person";

const KEY = "eduvideo-danmaku-draft";

export function draftOf(videoId: string): string {
  try {
    return sessionStorage.getItem(keyOf(videoId)) ?? "";
  } catch {
    return "";
  }
}

export function keepDraft(videoId: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(keyOf(videoId), text);
    else sessionStorage.removeItem(keyOf(videoId));
  } catch {
    // Blocked or full: it lasts as long as the page.
  }
}

function keyOf(videoId: string): string {
  return `${KEY}:${personOfPage()}:${videoId}`;
}

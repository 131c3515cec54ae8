/** Places in lessons that the server has not confirmed, for an account; kept at once, since a page may end at any time. */
import { csrfToken } from "../api/client";

interface UnsentPlace {
  account: string;
  ms: number;
  /** When the viewer was there, in milliseconds of the clock. */
  at: number;
}

const KEY = "eduvideo-unsent-places"; // study/unsent.ts looks for it
const RETRIED = [401, 408, 429]; // and what is not an answer of ours

/** Keep a place until it is confirmed; returns the moment, which names it. */
export function keepPlace(videoId: string, account: string, ms: number): number {
  const at = Date.now();
  write({ ...read(), [videoId]: { account, ms, at } });
  return at;
}

/** Forget a place, unless there is a later one. */
export function confirmPlace(videoId: string, at: number): void {
  const { [videoId]: place, ...others } = read();
  if (place && place.at <= at) write(others);
}

/** Return where an account was in a lesson if the server may not know it. */
export function unsentPlace(videoId: string, account: string): number | undefined {
  const place = read()[videoId];
  return place?.account === account ? place.ms : undefined;
}

/** Tell the server one place, `agoMs` after the viewer was there; returns whether it is settled. */
export async function sendPlace(videoId: string, ms: number, agoMs = 0): Promise<boolean> {
  const answer = await fetch(`/api/v1/videos/${videoId}/progress`, {
    method: "PUT",
    body: JSON.stringify({ position_ms: ms, ...(agoMs > 0 && { ago_ms: agoMs }) }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    credentials: "same-origin",
    keepalive: true, // it may be the last thing that the page does
  });
  return answer.status < 500 && !RETRIED.includes(answer.status);
}

/** Send what is kept for an account; throws without a network. */
export async function sendPlaces(account: string): Promise<void> {
  for (const [videoId, place] of Object.entries(read())) {
    if (place.account !== account) continue;
    if (!await sendPlace(videoId, place.ms, Math.max(1, Date.now() - place.at))) return;
    confirmPlace(videoId, place.at);
  }
}

function read(): Record<string, UnsentPlace> {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {}) as Record<string, UnsentPlace>;
  } catch {
    return {};
  }
}

function write(places: Record<string, UnsentPlace>): void {
  try {
    if (Object.keys(places).length) localStorage.setItem(KEY, JSON.stringify(places));
    else localStorage.removeItem(KEY);
  } catch {
    // Blocked or full: the server knows where the viewer was when it was reached last.
  }
}

/**
 * A lesson's address ends: the right to what is not public after twelve hours, after a long rest or because somebody
 * ended it, and any when the lesson was hidden, or sent anew. The API has the one that is good now, if there is one.
 */
import { call, ProblemError } from "../api/client";
import type { components } from "../api/schema";

type Playback = components["schemas"]["PlaybackOut"];

// Of public media, or of a session.
const BASE = /^\/media\/(?:s\/[^/]+\/)?/;
const REFUSALS = [401, 403, 404];

/** Ask again for a lesson's address; null when the viewer may not watch it any more. Throws without a network. */
export async function renewedUrl(videoId: string): Promise<string | null> {
  try {
    const video = await call<{ playback: Playback | null }>("GET", `/api/v1/videos/${videoId}`);
    return video.playback?.hls_url ?? null;
  } catch (error) {
    if (error instanceof ProblemError && REFUSALS.includes(error.problem.status)) return null;
    throw error;
  }
}

/** Let the tracks of a lesson (captions, previews of the time bar) come by the same right as its new address. */
export function moveTracks(video: HTMLVideoElement, url: string): void {
  const base = BASE.exec(new URL(url, location.href).pathname)?.[0];
  if (!base) return; // of another host, where all is public
  for (const track of video.querySelectorAll("track")) {
    const source = new URL(track.src, location.href);
    const moved = source.pathname.replace(BASE, base);
    if (source.origin !== location.origin || moved === source.pathname) continue;
    source.pathname = moved;
    track.src = source.href;
  }
}

/** Load this page again at a second of the lesson: it finds out who may watch, and says so. */
export function reloadAt(seconds: number): void {
  const here = new URL(location.href);
  here.searchParams.set("t", String(Math.floor(seconds)));
  location.replace(here);
}

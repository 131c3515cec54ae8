/** One PUT of some bytes to a URL of the store, with progress (fetch has none for what is sent). */
import { Watchdog } from "./patience";

export interface PutAnswer {
  /** HTTP status; 0 without an answer: no network, a torn connection, or a store that does not let this page ask it. */
  status: number;
  /** Null where the store's CORS rules do not expose it. */
  etag: string | null;
}

export interface PutTarget {
  url: string;
  /** What has to go with it, for instance the checksum that the signature covers. */
  headers: Record<string, string>;
}

/** Send a body; it is given up when nothing has moved for a minute, and rejects only when it was stopped. */
export function put(target: PutTarget, body: Blob, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<PutAnswer> {
  const ended = new AbortController();
  return new Promise<PutAnswer>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => { request.abort(); };
    const stall = new Watchdog(stop, ended.signal);
    request.open("PUT", target.url);
    for (const [name, value] of Object.entries(target.headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      stall.touch();
      onProgress(event.loaded);
    });
    request.addEventListener("loadend", () => {
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ status: request.status, etag: request.status ? request.getResponseHeader("ETag") : null });
    });
    signal.addEventListener("abort", stop, { signal: ended.signal });
    request.send(body);
    if (signal.aborted) stop();
  }).finally(() => { ended.abort(); });
}

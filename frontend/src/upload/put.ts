/** One PUT of some bytes to a URL of the store, with progress (fetch has none for what is sent). */

export interface PutAnswer {
  /** HTTP status; 0 without an answer: no network, a torn connection, or a store that does not let this page ask it. */
  status: number;
  /** Null where the store's CORS rules do not expose it. */
  etag: string | null;
}

const STALL_MS = 60_000;

/** Send a body; it is given up when nothing has moved for a minute, and rejects only when it was stopped. */
export function put(url: string, body: Blob, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<PutAnswer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const stop = (): void => { request.abort(); };
    const watch = (): void => {
      clearTimeout(timer);
      timer = window.setTimeout(stop, STALL_MS);
    };
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ status: request.status, etag: request.status ? request.getResponseHeader("ETag") : null });
    };
    request.open("PUT", url);
    request.upload.addEventListener("progress", (event) => {
      watch();
      onProgress(event.loaded);
    });
    request.addEventListener("loadend", end);
    signal.addEventListener("abort", stop);
    watch();
    request.send(body);
    if (signal.aborted) stop();
  });
}

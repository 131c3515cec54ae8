/** What the service worker does with a request; everything else stays between the page and the server. */

export type Handling = "page" | "file" | "picture";

interface Asked {
  method: string;
  url: string;
  mode: string;
  destination: string;
}

const FILES = "/static/dist/assets/"; // whatever changes there gets another name
const PICTURES = "/static/site/";

/**
 * `page`: a whole page, from the network, or the page without a network. `file`: kept for good. `picture`: from the
 * network, else what is kept. Media, the API, frames, downloads and anything that is sent are none of the worker's.
 */
export function handlingOf({ method, url, mode, destination }: Asked, origin: string): Handling | undefined {
  const address = new URL(url);
  if (method !== "GET" || address.origin !== origin) return undefined;
  if (mode === "navigate") return destination === "document" ? "page" : undefined;
  if (address.pathname.startsWith(FILES)) return "file";
  return address.pathname.startsWith(PICTURES) ? "picture" : undefined;
}

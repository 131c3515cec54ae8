/**
 * Which origins a list of sites means: the sources of CSP's `frame-ancestors`, as the server writes them
 * (embedding/domains.py). Browsers keep the list themselves; this holds messages to the same. Pure.
 */

const SOURCE = /^(?:(https?):\/\/)?(\*\.)?([^:/]+)(?::(\d+))?$/;
const USUAL_PORTS: Record<string, string> = { "https:": "443", "http:": "80" };

/** Tell whether an origin is ours or on the list; an empty list holds every one but those without a name ("null"). */
export function isListed(origin: string, sources: readonly string[], own: string): boolean {
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    return false; // "null", of files and sandboxes: nothing can be sent there alone
  }
  if (url.origin !== origin || !(url.protocol in USUAL_PORTS)) return false;
  return sources.length === 0 || origin === own || sources.some((source) => matches(url, source, own));
}

/** CSP 3, section 6.7.2.6 to 6.7.2.10, for sources without a path. */
function matches(url: URL, source: string, own: string): boolean {
  const [, scheme, wild, host, port] = SOURCE.exec(source) ?? [];
  if (host === undefined) return false;
  const isSecure = url.protocol === "https:";
  if (!isSecure && (scheme === "https" || (scheme === undefined && own.startsWith("https:")))) return false;
  if (wild ? !url.hostname.endsWith(`.${host}`) : url.hostname !== host) return false;
  const actual = url.port || USUAL_PORTS[url.protocol];
  if (port === undefined) return url.port === "";
  return port === actual || (port === "80" && isSecure && actual === "443");
}

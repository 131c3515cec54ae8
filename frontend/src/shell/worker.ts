/**
 * The service worker, served as /sw.js with what this deployment has (site/shell.py). It keeps hashed files and the page
 * without a network, nothing else: whatever a page says may be somebody's own. A new deployment is another worker; it
 * takes over at once, which is safe, since pages always come from the network and their files have their own names.
 * The cache before it is kept too: pages that are still open load their parts from there.
 */
import { handlingOf } from "./handling";

interface Told {
  version: string;
  pages: Record<string, string>;
  assets: string[];
}

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Fetching extends Waiting {
  readonly request: Request;
  readonly preloadResponse: Promise<Response | undefined>;
  respondWith(answer: Promise<Response>): void;
}

interface Scope {
  readonly shell: Told;
  readonly location: Location;
  readonly registration: ServiceWorkerRegistration;
  readonly clients: { claim(): Promise<void> };
  readonly cookieStore?: { get(name: string): Promise<{ value?: string } | null> };
  skipWaiting(): Promise<void>;
  addEventListener(name: "install" | "activate", listener: (event: Waiting) => void): void;
  addEventListener(name: "fetch", listener: (event: Fetching) => void): void;
}

const scope = self as unknown as Scope;
const PREFIX = "shell-";
const CACHE = PREFIX + scope.shell.version;

scope.addEventListener("install", (event) => { event.waitUntil(install()); });
scope.addEventListener("activate", (event) => { event.waitUntil(activate()); });
scope.addEventListener("fetch", (event) => {
  const handling = handlingOf(event.request, scope.location.origin);
  if (handling === "page") event.respondWith(page(event));
  if (handling === "file") event.respondWith(file(event.request));
  if (handling === "picture") event.respondWith(picture(event.request));
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Without cookies: what is kept is nobody's.
  const asked = (url: string): Request => new Request(url, { credentials: "omit", cache: "reload" });
  await cache.addAll([...Object.values(scope.shell.pages), ...scope.shell.assets].map(asked));
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX)); // the oldest first
  await Promise.all(names.slice(0, -2).filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  const { navigationPreload } = scope.registration as { navigationPreload?: NavigationPreloadManager };
  await navigationPreload?.enable(); // the page is asked for while this worker still starts
  await scope.clients.claim();
}

async function page(event: Fetching): Promise<Response> {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (error) {
    const kept = await caches.match(scope.shell.pages[await language()] ?? "");
    if (kept) return kept;
    throw error;
  }
}

/** The language of the site's cookie, else the browser's first that we have. */
async function language(): Promise<string> {
  const chosen = (await scope.cookieStore?.get("language"))?.value;
  if (chosen && chosen in scope.shell.pages) return chosen;
  return /^zh/i.test(navigator.language) ? "zh-hans" : "en";
}

async function file(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.status === 200 && answer.type === "basic") {
    const cache = await caches.open(CACHE);
    await cache.put(request, answer.clone()).catch(() => undefined); // full: it comes from the network again
  }
  return answer;
}

async function picture(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(request);
    if (kept) return kept;
    throw error;
  }
}

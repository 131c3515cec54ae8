/**
 * The lessons that this browser's person opened last, for the page without a network. Whoever else uses the browser
 * finds an empty list: it belongs to one person, and goes with them.
 */

export interface Visited {
  path: string;
  title: string;
  lang: string;
}

interface Stored {
  person: string;
  lessons: Visited[];
}

const KEY = "eduvideo-visited";
const KEPT = 10;

export function visited(): Stored {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "null") as Stored | null;
    return stored ?? { person: "", lessons: [] };
  } catch {
    return { person: "", lessons: [] };
  }
}

/** Who was here last; undefined where that is not known, as where storage is blocked. */
export function personHere(): string | undefined {
  try {
    return localStorage.getItem(KEY) === null ? undefined : visited().person;
  } catch {
    return undefined;
  }
}

/** Take note of the page that is open; a page of somebody else forgets what was there. */
export function visit(person: string, lesson?: Visited): void {
  const before = visited();
  const theirs = before.person === person ? before.lessons : [];
  const lessons = lesson ? [lesson, ...theirs.filter(({ path }) => path !== lesson.path)].slice(0, KEPT) : theirs;
  if (before.person === person && lessons === theirs) return;
  try {
    localStorage.setItem(KEY, JSON.stringify({ person, lessons }));
  } catch {
    // Blocked or full: the list stays as it is.
  }
}

/** The lesson that a watch page shows. */
export function lessonOf(page: Document, path: string): Visited | undefined {
  const title = page.querySelector<HTMLElement>("main h1");
  if (!title || !/^\/watch\/[^/]+$/.test(path)) return undefined;
  return { path, title: title.textContent.trim(), lang: title.closest<HTMLElement>("[lang]")?.lang ?? "" };
}

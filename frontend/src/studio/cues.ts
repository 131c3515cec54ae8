/** Captions while they are edited: changes, warnings, and what they come to when somebody else has saved. Pure. */
import { t } from "../i18n";

export type Raw = readonly [startMs: number, endMs: number, text: string];

export interface Cue {
  /** Names it while it is edited. */
  id: number;
  startMs: number;
  endMs: number;
  text: string;
  /** Its place in the version that is edited; an added one has none. */
  was?: number;
  /** Somebody else has changed or removed what this was. */
  isDisputed?: boolean;
}

/** What became of one cue: from nothing where it was added, to nothing where it was removed. */
export interface Edit {
  was: Raw | null;
  now: Raw | null;
}

/** As the API takes it; see CueChangeIn. */
export interface Change {
  number?: number;
  start_ms?: number;
  end_ms?: number;
  text?: string;
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/;
const LONGEST_LINE = { wide: 18, narrow: 42 };
const FASTEST_CPS = { wide: 9, narrow: 20 };
const NEW_MS = 2000;

let count = 0;

export function cuesOf(raw: readonly Raw[]): Cue[] {
  return raw.map(([startMs, endMs, text], was) => ({ id: ++count, startMs, endMs, text, was }));
}

export function ordered(cues: readonly Cue[]): Cue[] {
  return [...cues].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
}

function rawOf({ startMs, endMs, text }: Cue): Raw {
  return [startMs, endMs, text];
}

function isSame(a: Raw, b: Raw): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
}

// -- What has changed ------------------------------------------------------------------------------------------------------

export function editsOf(base: readonly Raw[], cues: readonly Cue[]): Edit[] {
  const left = new Set(base.keys());
  const edits: Edit[] = [];
  for (const cue of cues) {
    const was = cue.was === undefined ? undefined : base[cue.was];
    if (cue.was !== undefined) left.delete(cue.was);
    if (!was || !isSame(was, rawOf(cue))) edits.push({ was: was ?? null, now: rawOf(cue) });
  }
  for (const place of left) edits.push({ was: base[place] ?? null, now: null });
  return edits;
}

/** Return what has changed from one state of the editor to a later one. */
export function editsBetween(before: readonly Cue[], after: readonly Cue[]): Edit[] {
  const places = new Map(before.map(({ id }, place) => [id, place]));
  return editsOf(before.map(rawOf), after.map(({ id, startMs, endMs, text }) => {
    const was = places.get(id);
    return { id, startMs, endMs, text, ...(was === undefined ? {} : { was }) };
  }));
}

/**
 * Make the same changes to another version of the captions. A cue that is not there as it was is not overwritten: ours is
 * added beside it and marked as disputed; one that we removed and that is there no more is gone either way.
 */
export function applied(base: readonly Raw[], edits: readonly Edit[]): Cue[] {
  const places = new Map<string, number[]>();
  base.forEach((raw, place) => { places.set(JSON.stringify(raw), [...(places.get(JSON.stringify(raw)) ?? []), place]); });
  const known = new Set(places.keys());
  const cues = new Map(cuesOf(base).entries());
  const added: Cue[] = [];
  for (const { was, now } of edits) {
    const place = was ? places.get(JSON.stringify(was))?.shift() : undefined;
    if (place !== undefined) {
      const there = cues.get(place);
      if (now && there) cues.set(place, { ...there, startMs: now[0], endMs: now[1], text: now[2] });
      else cues.delete(place);
    } else if (now && !known.has(JSON.stringify(now))) {
      const [startMs, endMs, text] = now;
      added.push({ id: ++count, startMs, endMs, text, ...(was ? { isDisputed: true } : {}) });
    }
  }
  return ordered([...cues.values(), ...added]);
}

export function changesOf(base: readonly Raw[], cues: readonly Cue[]): Change[] {
  const left = new Set(base.keys());
  const changes: Change[] = [];
  for (const cue of cues) {
    const was = cue.was === undefined ? undefined : base[cue.was];
    if (cue.was !== undefined) left.delete(cue.was);
    if (was && isSame(was, rawOf(cue))) continue;
    const told = { start_ms: cue.startMs, end_ms: cue.endMs, text: cue.text };
    changes.push(cue.was === undefined ? told : { number: cue.was, ...told });
  }
  for (const number of left) changes.push({ number, text: "" });
  return changes;
}

/** Write all cues as WebVTT. */
export function webvtt(cues: readonly Cue[]): string {
  const time = (ms: number): string => {
    const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
    return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
  };
  const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const blocks = ordered(cues).map(({ startMs, endMs, text }) => `${time(startMs)} --> ${time(endMs)}\n${escaped(text.replace(/\n\s*\n/g, "\n").trim())}\n`);
  return `WEBVTT\n\n${blocks.join("\n")}`;
}

// -- Changing --------------------------------------------------------------------------------------------------------------

/** Cut a cue in two at a place of its text; the time is shared as the letters are. */
export function split(cue: Cue, at: number): [Cue, Cue] | undefined {
  const [first, second] = [cue.text.slice(0, at).trim(), cue.text.slice(at).trim()];
  if (!first || !second) return undefined;
  const share = first.length / (first.length + second.length);
  const cutMs = Math.round(cue.startMs + (cue.endMs - cue.startMs) * share);
  if (cutMs <= cue.startMs || cutMs >= cue.endMs) return undefined;
  return [{ ...cue, endMs: cutMs, text: first }, { id: ++count, startMs: cutMs, endMs: cue.endMs, text: second }];
}

/** Make one cue of two; words of languages that have spaces get one. */
export function merged(cue: Cue, next: Cue): Cue {
  const [a, b] = [cue.text.trim(), next.text.trim()];
  const gap = !a || !b || WIDE.test(a.at(-1) ?? "") || WIDE.test(b[0] ?? "") ? "" : " ";
  return { ...cue, endMs: Math.max(cue.endMs, next.endMs), text: a + gap + b };
}

/** Return an empty cue from a moment on that ends where another begins. */
export function newCue(cues: readonly Cue[], startMs: number): Cue {
  const next = cues.find((cue) => cue.startMs > startMs)?.startMs ?? Infinity;
  return { id: ++count, startMs, endMs: Math.max(startMs + 500, Math.min(startMs + NEW_MS, next)), text: "" };
}

/** Move all cues; none begins before 0, and what would end before it stays as long as it is. */
export function shifted(cues: readonly Cue[], byMs: number): Cue[] {
  return cues.map((cue) => {
    const startMs = Math.max(0, cue.startMs + byMs);
    return { ...cue, startMs, endMs: startMs + cue.endMs - cue.startMs };
  });
}

export function replaced(cues: readonly Cue[], find: string, by: string): { cues: Cue[]; count: number } {
  let found = 0;
  const changed = cues.map((cue) => {
    const parts = find ? cue.text.split(find) : [cue.text];
    found += parts.length - 1;
    return parts.length > 1 ? { ...cue, text: parts.join(by) } : cue;
  });
  return { cues: changed, count: found };
}

/** Return the cues that are said during another one, for instance of a second language. */
export function during(cues: readonly Raw[], { startMs, endMs }: Cue): string {
  return cues.filter(([start, end]) => start < endMs && end > startMs).map(([, , text]) => text).join("\n");
}

// -- What is wrong ---------------------------------------------------------------------------------------------------------

/** Return what keeps a cue from being saved, as a sentence. */
export function problemOf({ startMs, endMs, text }: Cue): string | undefined {
  if (!text.trim()) return t("A caption needs a text.");
  return endMs > startMs ? undefined : t("The end must be later than the start.");
}

/** Return what makes a cue hard to read, as sentences. */
export function warningsOf(cue: Cue, before: Cue | undefined): string[] {
  const warnings: string[] = [];
  const lines = cue.text.split("\n").map((line) => line.trim());
  const letters = Array.from(lines.join(""));
  const kind = letters.filter((letter) => WIDE.test(letter)).length * 2 > letters.length ? "wide" : "narrow";
  const seconds = (cue.endMs - cue.startMs) / 1000;
  if (cue.isDisputed) warnings.push(t("Somebody else changed this caption too: keep one of both."));
  if (before && cue.startMs < before.endMs) warnings.push(t("Begins before the one above has ended."));
  if (seconds > 0 && letters.length / seconds > FASTEST_CPS[kind]) {
    warnings.push(t("Too fast to read: {n} characters a second; {most} are comfortable.", { n: Math.round(letters.length / seconds), most: FASTEST_CPS[kind] }));
  }
  const longest = Math.max(...lines.map((line) => Array.from(line).length));
  if (longest > LONGEST_LINE[kind]) warnings.push(t("A line of {n} characters is long; break it after {most}.", { n: longest, most: LONGEST_LINE[kind] }));
  return warnings;
}

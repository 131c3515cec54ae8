/** Chapters as a list and as the lines of the form, and what is wrong with them. Pure. */
import { t } from "../i18n";
import { exactTime, parseTime } from "./times";

export interface Mark {
  /** Names it while it is edited. */
  id: number;
  startMs: number;
  title: string;
}

export const MAX_TITLE = 120;
const LINE = /^((?:\d+:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?)(?:\s+(\S.*))?$/;
const DECORATED = /^(?:[-*•]\s*)?[[(]?((?:\d+:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?)[\])]?\s*[-–—:：]?\s+/;

let count = 0;

export function mark(startMs: number, title: string): Mark {
  return { id: ++count, startMs, title };
}

/** Read lines like "1:30 The vertex", in the order of time; `wrong` are the numbers of lines that are none, from 1. */
export function parseMarks(text: string): { marks: Mark[]; wrong: number[] } {
  const marks: Mark[] = [];
  const wrong: number[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim()) continue;
    const [, time = "", title = ""] = LINE.exec(line.trim()) ?? [];
    const startMs = parseTime(time);
    if (startMs === undefined) wrong.push(index + 1);
    else marks.push(mark(startMs, title.trim()));
  }
  return { marks: inOrder(marks), wrong };
}

/** Read lines from elsewhere, which often have lists, brackets and dashes around their times: "- [1:30] — The vertex". */
export function parsePasted(text: string): { marks: Mark[]; wrong: number[] } {
  return parseMarks(text.split(/\r?\n/).map((line) => line.trim().replace(DECORATED, "$1 ")).join("\n"));
}

/** Write chapters as the form has them: one a line. */
export function textOf(marks: readonly Mark[]): string {
  return inOrder(marks).map(({ startMs, title }) => `${exactTime(startMs)} ${title.trim()}`.trim()).join("\n");
}

export function inOrder(marks: readonly Mark[]): Mark[] {
  return [...marks].sort((a, b) => a.startMs - b.startMs);
}

/** Return a sentence for each chapter that cannot be saved as it is, by its id. */
export function problemsOf(marks: readonly Mark[], durationMs: number): Map<number, string> {
  const problems = new Map<number, string>();
  const starts = new Set<number>();
  for (const { id, startMs, title } of inOrder(marks)) {
    if (!title.trim()) problems.set(id, t("A chapter needs a title."));
    else if (Array.from(title.trim()).length > MAX_TITLE) problems.set(id, t("At most {n} characters.", { n: MAX_TITLE }));
    else if (starts.has(startMs)) problems.set(id, t("Another chapter begins at this time."));
    else if (durationMs && startMs >= durationMs) problems.set(id, t("The lesson is over before this time."));
    starts.add(startMs);
  }
  return problems;
}

/** Bring a time to a whole second within the lesson, or to the playhead where that is within `reachMs`. */
export function snapped(timeMs: number, { durationMs, playheadMs, reachMs }: { durationMs: number; playheadMs: number; reachMs: number }): number {
  const last = Math.max(0, durationMs - 1000);
  const near = Math.abs(timeMs - playheadMs) <= reachMs ? playheadMs : timeMs;
  return Math.min(last, Math.max(0, Math.round(near / 1000) * 1000));
}

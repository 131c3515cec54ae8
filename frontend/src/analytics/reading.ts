/** How a chart is read: which row a key leads to, and how a row is said. Pure. */
import type { Figures } from "./chart";

const PAGE = 10;

/** Return the row that a key leads to; undefined for keys that mean nothing here. */
export function rowFor(key: string, now: number, count: number): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1,
    PageDown: now - PAGE, PageUp: now + PAGE, Home: 0, End: count - 1,
  };
  const to = steps[key];
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to));
}

/** Say one row: its place and every column with its name. */
export function said({ heads, rows }: Figures, index: number): string {
  const row = rows[index];
  if (!row) return "";
  const values = row.values.map(({ text }, column) => `${heads[column + 1] ?? ""} ${text}`.trim());
  return [row.text, ...values].join(" · ");
}

/** Return the ticks of a scale from 0 to its highest value: whole numbers for counts, tenths for shares. */
export function ticks(highest: number, unit: Figures["unit"]): number[] {
  if (unit === "percent") return [0, 0.25, 0.5, 0.75, 1];
  const rough = Math.max(1, highest) / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * size).find((n) => n >= rough) ?? 1);
  return Array.from({ length: Math.ceil(Math.max(1, highest) / step) + 1 }, (_, number) => number * step);
}

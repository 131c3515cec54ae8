import { expect, test } from "vitest";
import { figuresOf } from "../../src/analytics/chart";
import { rowFor, said, ticks } from "../../src/analytics/reading";

function chart(markup: string): ReturnType<typeof figuresOf> {
  document.body.innerHTML = markup;
  const host = document.querySelector("edu-chart");
  const table = document.querySelector("table");
  if (!host || !table) throw new Error("no table");
  return figuresOf(host, table);
}

const MOMENTS = `<edu-chart kind="moments" unit="percent" label="Who still watches"><details><table>
  <thead><tr><th>Time</th><th>Played it</th><th>Again</th></tr></thead>
  <tbody><tr><th data-x="0"><a href="/watch/a?t=0">0:00</a></th><td data-y="1.0000">100%</td><td data-y="0.2500">25%</td></tr>
  <tr><th data-x="600"><a href="/watch/a?t=0">0:01</a></th><td data-y="0.5000">50%</td><td data-y="0.0000">0%</td></tr></tbody>
  </table></details></edu-chart>`;

test("the table says what is drawn", () => {
  const figures = chart(MOMENTS);
  expect(figures).toMatchObject({ kind: "moments", unit: "percent", heads: ["Time", "Played it", "Again"] });
  expect(figures.rows.map(({ x, values }) => [x, ...values.map(({ y }) => y)])).toEqual([[0, 1, 0.25], [600, 0.5, 0]]);
  expect(figures.rows[1]?.href).toBe("/watch/a?t=0");
  expect(said(figures, 1)).toBe("0:01 · Played it 50% · Again 0%");
});

test("days lie side by side, whatever they are", () => {
  const days = chart(`<edu-chart kind="days" label="Views"><table><thead><tr><th>Day</th><th>Views</th></tr></thead><tbody>
    <tr><th data-x="2026-11-28">28 Nov</th><td data-y="3">3</td></tr><tr><th data-x="2026-11-29">29 Nov</th><td data-y="0">0</td></tr>
    </tbody></table></edu-chart>`);
  expect(days.rows.map(({ x, day }) => [x, day])).toEqual([[0, "2026-11-28"], [1, "2026-11-29"]]);
  expect(days.unit).toBe("count");
});

test("keys stay within the rows", () => {
  expect(rowFor("ArrowLeft", 0, 5)).toBe(0);
  expect(rowFor("ArrowRight", 3, 5)).toBe(4);
  expect(rowFor("PageUp", 0, 5)).toBe(4);
  expect(rowFor("Home", 3, 5)).toBe(0);
  expect(rowFor("a", 3, 5)).toBeUndefined();
});

test("a scale of counts has whole numbers and holds the highest", () => {
  for (const highest of [0, 1, 3, 7, 42, 1_000, 123_456]) {
    const scale = ticks(highest, "count");
    expect(scale.at(-1)).toBeGreaterThanOrEqual(Math.max(1, highest));
    expect(scale.every(Number.isInteger)).toBe(true);
    expect(scale.length).toBeLessThanOrEqual(6);
  }
  expect(ticks(0.3, "percent")).toEqual([0, 0.25, 0.5, 0.75, 1]);
});

/** Draws a chart with uPlot, in the page's own colors and size; pointer, finger and keys read its values. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { t } from "../i18n";
import { percent } from "../i18n/percent";
import { clock } from "../study/clock";
import type { Figures } from "./chart";
import { rowFor, said, ticks } from "./reading";

const HEIGHT_PX = 220;
const COLORS = ["--accent", "--bad"];
const LEAST_TICK_PX = 64;

export function drawChart(host: HTMLElement, figures: Figures): { destroy(): void } {
  const listeners = new AbortController();
  const { signal } = listeners;
  const last = figures.rows.length - 1;
  const frame = document.createElement("div");
  const readout = document.createElement("p");
  frame.className = "chart-frame";
  readout.className = "chart-readout";
  Object.entries({ role: "slider", tabindex: "0", "aria-label": figures.label, "aria-valuemin": "0", "aria-valuemax": String(last) })
    .forEach(([name, value]) => { frame.setAttribute(name, value); });
  host.prepend(keyOf(figures), frame, readout);
  let plot: uPlot | undefined;
  let index = figures.kind === "days" ? last : 0;

  const read = (to: number): void => {
    index = to;
    frame.setAttribute("aria-valuenow", String(to));
    frame.setAttribute("aria-valuetext", said(figures, to));
    readout.textContent = said(figures, to);
    const href = figures.rows[to]?.href;
    if (!href) return;
    const link = document.createElement("a");
    link.href = href;
    link.textContent = t("Watch from here");
    readout.append(" ", link);
  };
  const show = (to: number): void => {
    read(to);
    const x = figures.rows[to]?.x;
    if (plot && x !== undefined) plot.setCursor({ left: plot.valToPos(x, "x"), top: HEIGHT_PX / 2 }, false);
  };
  const draw = (): void => {
    plot?.destroy();
    plot = new uPlot(optionsFor(host, figures, frame.clientWidth, read), dataOf(figures), frame);
  };

  draw();
  read(index);
  frame.addEventListener("keydown", (event) => {
    const to = rowFor(event.key, index, figures.rows.length);
    if (event.key === "Enter") readout.querySelector("a")?.click();
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  }, { signal });
  // uPlot follows a mouse only; a finger along the chart reads it, and up or down scrolls the page.
  for (const name of ["pointerdown", "pointermove"] as const) {
    frame.addEventListener(name, (event) => {
      if (event.pointerType !== "touch" || !plot) return;
      const left = event.clientX - plot.over.getBoundingClientRect().left;
      show(plot.posToIdx(Math.min(plot.over.clientWidth - 1, Math.max(0, left))));
    }, { signal });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw, { signal });
  const sizes = new ResizeObserver(() => { plot?.setSize({ width: frame.clientWidth, height: HEIGHT_PX }); });
  sizes.observe(frame);
  return {
    destroy: () => {
      listeners.abort();
      sizes.disconnect();
      plot?.destroy();
      for (const part of host.querySelectorAll(":scope > :not(details)")) part.remove();
    },
  };
}

function dataOf({ rows, heads }: Figures): uPlot.AlignedData {
  const columns = heads.slice(1).map((_, column) => rows.map((row) => row.values[column]?.y ?? 0));
  return [rows.map(({ x }) => x), ...columns];
}

function optionsFor(host: HTMLElement, figures: Figures, width: number, read: (to: number) => void): uPlot.Options {
  const { kind, unit, heads, rows } = figures;
  const highest = Math.max(...rows.flatMap(({ values }) => values.map(({ y }) => y)), 0);
  const splits = ticks(highest, unit);
  const axis = { stroke: colorOf(host, "--soft"), grid: { stroke: colorOf(host, "--line"), width: 1 }, ticks: { show: false },
    font: `12px ${getComputedStyle(host).fontFamily}` };
  const asText = (x: number): string => kind === "moments" ? clock(x) : dayOf(rows[Math.round(x)]?.day ?? "");
  return {
    width,
    height: HEIGHT_PX,
    padding: [12, 12, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: false, range: kind === "days" ? [-0.6, rows.length - 0.4] : [0, rows.at(-1)?.x ?? 1] },
      y: { range: [0, splits.at(-1) ?? 1] },
    },
    axes: [
      { ...axis, size: 32, grid: { show: false }, space: LEAST_TICK_PX, incrs: kind === "days" ? [1, 2, 7, 14, 28, 56] : TIMES,
        values: (_plot, values) => values.map((x) => Number.isInteger(x) ? asText(x) : "") },
      { ...axis, size: 48, splits: () => splits,
        values: (_plot, values) => values.map((y) => unit === "percent" ? percent(y) : String(y)) },
    ],
    series: [{}, ...heads.slice(1).map((label, column) => {
      const color = colorOf(host, COLORS[column] ?? "--soft");
      const bars = kind === "days" ? { paths: uPlot.paths.bars?.({ size: [0.7, 40] }) } : {};
      return { label, stroke: color, width: kind === "days" ? 0 : 2, fill: kind === "days" ? color : faint(color),
        points: { show: false }, ...(column ? { dash: [6, 4] } : {}), ...bars } as uPlot.Series;
    })],
    hooks: { setCursor: [({ cursor }) => { if (typeof cursor.idx === "number") read(cursor.idx); }] },
  };
}

/** A day as an axis has room for it: "28 Nov". */
function dayOf(day: string): string {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || "en", { month: "short", day: "numeric", timeZone: "UTC" });
  return day ? format.format(new Date(day)) : "";
}

/** Steps of a lesson's time in milliseconds. */
const TIMES = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].map((seconds) => seconds * 1000);

/** The names of the lines with their colors; one line alone is named by the heading. */
function keyOf({ heads }: Figures): HTMLElement {
  const key = document.createElement("p");
  key.className = "chart-key";
  if (heads.length > 2) {
    for (const [column, head] of heads.slice(1).entries()) {
      const name = document.createElement("span");
      name.className = `chart-line-${column}`;
      name.textContent = head;
      key.append(name);
    }
  }
  return key;
}

/** A token's color in the scheme that is shown: canvases know no `light-dark()`. */
function colorOf(host: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  host.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function faint(color: string): string {
  return color.replace(/^rgba?\((\d+), (\d+), (\d+).*\)$/, "rgba($1, $2, $3, 0.12)");
}

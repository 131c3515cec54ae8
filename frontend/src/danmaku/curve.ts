/** How dense a lesson is along its time, drawn over the seek bar; for those who teach it also where questions are asked. */
import { call } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { clock } from "../study/clock";
import type { Room } from "./room";

type Curve = components["schemas"]["DanmakuCurveOut"];

const HEIGHT = 100;
const MOST_PEAKS = 3;
const SVG = "http://www.w3.org/2000/svg";

/** Ask for a lesson's curves and draw them. */
export async function curveOf(room: Room): Promise<SVGSVGElement> {
  return drawn(await call<Curve>("GET", room.path("/curve")));
}

/** Draw the curves; what they show is also said. */
export function drawn({ counts, questions, step_ms: stepMs }: Curve): SVGSVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "danmaku-curve");
  drawing.setAttribute("viewBox", `0 0 ${counts.length} ${HEIGHT}`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("role", "img");
  let told = t("Most danmaku at {times}.", { times: peaksOf(counts, stepMs) });
  drawing.append(pathOf("density", counts));
  if (questions?.some((count) => count)) {
    told += ` ${t("Most questions at {times}.", { times: peaksOf(questions, stepMs) })}`;
    drawing.append(pathOf("confusion", questions));
  }
  drawing.setAttribute("aria-label", told);
  return drawing;
}

/** A filled curve through the middles of the steps, as high as its own highest. Pure. */
export function outline(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  const y = (count: number): number => Math.round(HEIGHT * (1 - count / most));
  const tops = counts.map((count, step) => `L${step + 0.5} ${y(count)}`).join("");
  return `M0 ${HEIGHT}L0 ${y(counts[0] ?? 0)}${tops}L${counts.length} ${y(counts.at(-1) ?? 0)}L${counts.length} ${HEIGHT}Z`;
}

/** The times of the highest steps in the order of the lesson, neighbors counted once. */
export function peaksOf(counts: readonly number[], stepMs: number): string {
  const ranked = counts.map((count, step) => ({ count, step })).filter(({ count }) => count).sort((a, b) => b.count - a.count);
  const peaks: number[] = [];
  const apart = Math.max(1, Math.round(counts.length / 20));
  for (const { step } of ranked) {
    if (peaks.length < MOST_PEAKS && peaks.every((peak) => Math.abs(peak - step) > apart)) peaks.push(step);
  }
  return peaks.sort((a, b) => a - b).map((step) => clock(step * stepMs)).join(", ");
}

function pathOf(name: string, counts: readonly number[]): SVGPathElement {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", name);
  path.setAttribute("d", outline(counts));
  return path;
}

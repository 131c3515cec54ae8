/**
 * `<edu-chart kind="days|moments" unit="count|percent" label>` around the server's table of figures: draws it. The table is
 * where the values come from and stays, folded, for whoever would rather read; what draws is loaded with the first chart.
 */

export interface Row {
  /** As it is read: a day, or a time in the lesson. */
  text: string;
  /** The day of a row of days, as ISO 8601 writes it. */
  day: string;
  /** Where a time leads. */
  href: string;
  /** Along the chart: milliseconds of the lesson, or the number of the row. */
  x: number;
  /** The values of the columns as numbers and as they are read. */
  values: { y: number; text: string }[];
}

export interface Figures {
  label: string;
  kind: "days" | "moments";
  unit: "count" | "percent";
  heads: string[];
  rows: Row[];
}

class EduChart extends HTMLElement {
  private drawing: { destroy(): void } | undefined;
  private isGone = false;

  connectedCallback(): void {
    this.isGone = false;
    const table = this.querySelector("table");
    if (table && !this.drawing) void this.draw(figuresOf(this, table));
  }

  disconnectedCallback(): void {
    this.isGone = true;
    this.drawing?.destroy();
    this.drawing = undefined;
  }

  private async draw(figures: Figures): Promise<void> {
    if (figures.rows.length < 2) return; // the table says it
    const { drawChart } = await import("./draw");
    if (!this.isGone) this.drawing = drawChart(this, figures);
  }
}

/** Return what a server's table says. */
export function figuresOf(host: Element, table: HTMLTableElement): Figures {
  const kind = host.getAttribute("kind") === "days" ? "days" : "moments";
  const rows = [...table.querySelectorAll("tbody tr")].map((row, number) => {
    const head = row.querySelector<HTMLElement>("th");
    return {
      text: head?.textContent.trim() ?? "",
      day: kind === "days" ? head?.dataset["x"] ?? "" : "",
      href: head?.querySelector("a")?.getAttribute("href") ?? "",
      x: kind === "days" ? number : Number(head?.dataset["x"] ?? 0),
      values: [...row.querySelectorAll<HTMLElement>("td")].map((cell) => (
        { y: Number(cell.dataset["y"] ?? 0), text: cell.textContent.trim() }
      )),
    };
  });
  return {
    label: host.getAttribute("label") ?? "",
    kind,
    unit: host.getAttribute("unit") === "percent" ? "percent" : "count",
    heads: [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim()),
    rows,
  };
}

customElements.define("edu-chart", EduChart);

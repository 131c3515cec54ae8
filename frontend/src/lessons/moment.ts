/**
 * `<edu-moment>` around a field for a minute in UTC: it is then chosen by the reader's own clock, and sent in UTC all the
 * same. `<edu-publish-at>` around a `<time>` says that moment by this clock too.
 */
import { t } from "../i18n";
import { momentOf, sinceOf } from "../ui/time";

class EduMoment extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    const input = this.querySelector<HTMLInputElement>("input[type=datetime-local]");
    const label = this.querySelector("label");
    if (!input?.form || !label || this.hasAttribute("upgraded")) return;
    const { signal } = this.listeners;
    const told = document.createElement("p");
    told.className = "help";
    told.id = `${input.id}-told`;
    told.setAttribute("role", "status");
    input.setAttribute("aria-describedby", told.id);
    input.after(told);
    label.textContent = t("Time ({zone})", { zone: zoneName() });
    // Whoever comes back to the page finds what they chose, which the browser keeps: that is by their own clock already.
    if (input.value === input.defaultValue) input.value = localMinute(utcMoment(input.value));
    const tell = (): void => {
      const moment = new Date(input.value);
      const isPast = moment.getTime() <= Date.now();
      told.textContent = Number.isNaN(moment.getTime()) ? ""
        : isPast ? t("This has passed: the lesson would be published now.") : `${momentOf(moment)} · ${sinceOf(moment)}`;
    };
    input.addEventListener("input", tell, { signal });
    input.form.addEventListener("formdata", ({ formData }) => {
      if (formData.has(input.name)) formData.set(input.name, utcMinute(new Date(input.value)));
    }, { signal });
    this.setAttribute("upgraded", "");
    tell();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }
}

class EduPublishAt extends HTMLElement {
  connectedCallback(): void {
    const time = this.querySelector("time");
    const moment = new Date(time?.dateTime ?? "");
    if (!time || Number.isNaN(moment.getTime())) return;
    time.textContent = momentOf(moment);
    time.title = zoneName();
  }
}

/** The moment of a field's value in UTC; an invalid one for none. */
export function utcMoment(value: string): Date {
  return new Date(`${value}Z`);
}

/** A moment as a field's value in UTC; empty for none. */
export function utcMinute(moment: Date): string {
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString().slice(0, 16);
}

/** A moment as a field's value by the reader's clock; empty for none. */
export function localMinute(moment: Date): string {
  if (Number.isNaN(moment.getTime())) return "";
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = [String(moment.getFullYear()).padStart(4, "0"), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** The reader's zone, for instance "China Standard Time". */
function zoneName(): string {
  const format = new Intl.DateTimeFormat(document.documentElement.lang || "en", { timeZoneName: "long" });
  return format.formatToParts(new Date()).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

customElements.define("edu-moment", EduMoment);
customElements.define("edu-publish-at", EduPublishAt);

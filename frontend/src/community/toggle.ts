/**
 * `<edu-toggle api="/api/v1/..." state="liked" counts="likes">` around a form with one button that is on or off: it
 * changes at once, and back with a sentence if the server refuses. Without script the form does the same by a page.
 * `state` and `counts` name what the answer of PUT and DELETE says of it. The last press counts, however fast they come.
 */
import { call, ProblemError } from "../api/client";
import { t } from "../i18n";
import { toast } from "../ui/toast";

type Answer = Record<string, boolean | number>;

const SIGNED_OUT = 401;

class EduToggle extends HTMLElement {
  private readonly listeners = new AbortController();
  private isBusy = false;
  private wanted = false;

  connectedCallback(): void {
    this.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.press();
    }, { signal: this.listeners.signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private get button(): HTMLButtonElement | null {
    return this.querySelector("button");
  }

  private get isOn(): boolean {
    return this.button?.getAttribute("aria-pressed") === "true";
  }

  private get count(): number {
    return Number(this.querySelector(".toggle-count")?.textContent ?? 0);
  }

  private async press(): Promise<void> {
    let known = { isOn: this.isOn, count: this.count };
    this.wanted = !known.isOn;
    this.show(this.wanted, known.count + (this.wanted ? 1 : -1));
    if (this.isBusy) return; // what is on its way is followed by what is wanted then
    this.isBusy = true;
    try {
      while (known.isOn !== this.wanted) {
        const asked = this.wanted;
        known = await this.send(asked, known.count);
        if (known.isOn !== asked && asked === this.wanted) this.show(this.wanted = known.isOn, known.count); // asking again would not help
      }
    } catch (error) {
      this.show(known.isOn, known.count);
      this.explain(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** Returns what the server knows then. */
  private async send(isOn: boolean, before: number): Promise<{ isOn: boolean; count: number }> {
    const answer = await call<Answer>(isOn ? "PUT" : "DELETE", this.getAttribute("api") ?? "");
    const told = answer[this.getAttribute("counts") ?? ""];
    const count = typeof told === "number" ? told : before;
    if (this.wanted === isOn) this.show(isOn, count);
    return { isOn: answer[this.getAttribute("state") ?? ""] === true, count };
  }

  private show(isOn: boolean, count: number): void {
    const { button } = this;
    button?.setAttribute("aria-pressed", String(isOn));
    if (button) button.value = isOn ? "0" : "1";
    const place = this.querySelector(".toggle-count");
    if (place) place.textContent = count > 0 ? String(count) : "";
  }

  private explain(error: unknown): void {
    if (!(error instanceof ProblemError)) {
      toast(t("The network is away. Try again."));
    } else if (error.problem.status === SIGNED_OUT) {
      const back = encodeURIComponent(location.pathname + location.search);
      toast(t("You are signed out."), { label: t("Sign in"), run: () => { location.assign(`/accounts/login/?next=${back}`); } });
    } else {
      toast(error.problem.detail);
    }
  }
}

customElements.define("edu-toggle", EduToggle);

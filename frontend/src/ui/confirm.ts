/**
 * `<edu-confirm question="Delete ...?" yes="Delete">` around a form: its button asks first, in a dialog. The form then says
 * `confirmed=1`; a server that gets it without, from a browser without script, asks in a page of its own
 * (`ask_first` in site/confirming.py).
 */
import { t } from "../i18n";
import { ask } from "./ask";

class EduConfirm extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    this.addEventListener("submit", (event) => { this.onSubmit(event); }, { capture: true, signal: this.listeners.signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private onSubmit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (form.querySelector("input[type=hidden][name=confirmed]")) return;
    event.preventDefault();
    event.stopPropagation();
    const texts = { question: this.getAttribute("question") ?? "", yes: this.getAttribute("yes") ?? t("Yes"), no: t("Cancel") };
    ask(this, texts, () => {
      const confirmed = document.createElement("input");
      Object.assign(confirmed, { type: "hidden", name: "confirmed", value: "1" });
      form.append(confirmed);
      form.requestSubmit(event.submitter);
      confirmed.remove(); // the form is on its way with it; whoever comes back is asked again
    });
  }
}

customElements.define("edu-confirm", EduConfirm);

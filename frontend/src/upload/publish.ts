/** `<edu-publish>`: deleting asks first. Publishing and unpublishing are the server's plain forms. */
import { t } from "../i18n";
import { ask } from "../ui/ask";

class EduPublish extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    const button = this.querySelector<HTMLButtonElement>("[data-action=delete]");
    const texts = {
      question: t("Delete this lesson with its media, captions and danmaku? This cannot be undone."),
      yes: t("Delete"),
      no: t("Keep it"),
    };
    button?.addEventListener("click", (event) => {
      event.preventDefault();
      ask(this, texts, () => { button.form?.submit(); });
    }, { signal: this.listeners.signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }
}

customElements.define("edu-publish", EduPublish);

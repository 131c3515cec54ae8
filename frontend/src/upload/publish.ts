/** `<edu-publish>`: deleting asks first. Publishing and unpublishing are the server's plain forms. */
import { t } from "../i18n";

class EduPublish extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    const button = this.querySelector<HTMLButtonElement>("[data-action=delete]");
    button?.addEventListener("click", (event) => {
      event.preventDefault();
      this.ask(() => { button.form?.submit(); });
    }, { signal: this.listeners.signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private ask(onYes: () => void): void {
    const dialog = document.createElement("dialog");
    const sentence = document.createElement("p");
    sentence.textContent = t("Delete this lesson with its media, captions and danmaku? This cannot be undone.");
    const actions = document.createElement("div");
    actions.className = "actions";
    const yes = button(t("Delete"), "button danger", onYes);
    const no = button(t("Keep it"), "button quiet", () => { dialog.close(); });
    actions.append(yes, no);
    dialog.append(sentence, actions);
    dialog.addEventListener("close", () => { dialog.remove(); });
    this.append(dialog);
    dialog.showModal();
    no.focus();
  }
}

function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  Object.assign(element, { type: "button", textContent: text, className });
  element.addEventListener("click", onClick);
  return element;
}

customElements.define("edu-publish", EduPublish);

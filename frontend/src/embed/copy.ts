/** `<edu-copy>`: a button that copies the field beside it; without script the field is there to be copied by hand. */
import { t } from "../i18n";

class EduCopy extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    const button = this.querySelector("button");
    const field = this.querySelector<HTMLInputElement | HTMLTextAreaElement>("input, textarea");
    if (!button || !field) return;
    const { signal } = this.listeners;
    button.hidden = false;
    button.addEventListener("click", () => void this.copy(button, field), { signal });
    field.addEventListener("focus", () => { field.select(); }, { signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private async copy(button: HTMLButtonElement, field: HTMLInputElement | HTMLTextAreaElement): Promise<void> {
    const isCopied = await copied(field);
    const status = this.querySelector("[role=status]");
    if (status) status.textContent = isCopied ? t("Copied.") : t("Press Ctrl+C to copy.");
    (isCopied ? button : field).focus();
  }
}

/** Only secure contexts have a clipboard, and a phone in the same network has none. */
async function copied(field: HTMLInputElement | HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way where there is no clipboard
    return document.execCommand("copy");
  }
}

customElements.define("edu-copy", EduCopy);

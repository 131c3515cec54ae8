/**
 * Short messages of elements, in one place of the page that screen readers announce: `toast("Removed.", {undo})`.
 * Messages of the server's pages are in the page itself. It is above dialogs and full screen (a popover), stays while
 * it is pointed at or has the focus, and one message takes the place of the one before.
 */
import { t } from "../i18n";

const SHOWN_MS = 6_000;
const WITH_ACTION_MS = 15_000; // time to read and to get there by keyboard

export interface ToastAction {
  label: string;
  run: () => void;
}

class EduToast extends HTMLElement {
  private readonly listeners = new AbortController();
  private timer = 0;
  private showsMs = SHOWN_MS;
  private back: Element | null = null;

  connectedCallback(): void {
    this.setAttribute("role", "status");
    this.setAttribute("popover", "manual");
    const { signal } = this.listeners;
    for (const name of ["pointerenter", "focusin"]) this.addEventListener(name, () => { clearTimeout(this.timer); }, { signal });
    for (const name of ["pointerleave", "focusout"]) this.addEventListener(name, () => { this.wait(); }, { signal });
    this.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); }, { signal });
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.listeners.abort();
  }

  show(text: string, action?: ToastAction): void {
    const words = document.createElement("span");
    words.textContent = text;
    const parts: HTMLElement[] = [words];
    if (action) {
      parts.push(button(action.label, "toast-action", () => {
        this.close();
        action.run();
      }));
    }
    const close = button("", "toast-close", () => { this.close(); });
    close.setAttribute("aria-label", t("Close"));
    this.back = document.activeElement;
    // Shown first: what is not rendered is not announced.
    if (typeof this.hidePopover === "function") {
      if (this.matches(":popover-open")) this.hidePopover();
      this.showPopover(); // again, to be above a dialog that was opened since
    }
    this.hidden = false;
    this.replaceChildren(...parts, close);
    this.showsMs = action ? WITH_ACTION_MS : SHOWN_MS;
    this.wait();
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => { this.close(); }, this.showsMs);
  }

  private close(): void {
    clearTimeout(this.timer);
    const hadFocus = this.contains(document.activeElement);
    if (typeof this.hidePopover === "function" && this.matches(":popover-open")) this.hidePopover();
    this.hidden = true;
    this.replaceChildren();
    if (hadFocus && this.back instanceof HTMLElement) this.back.focus();
  }
}

/** Say something in the page's place for messages; with an action, for instance to take back what was done. */
export function toast(text: string, action?: ToastAction): void {
  const place = document.querySelector<EduToast>("edu-toast") ?? document.body.appendChild(new EduToast());
  place.show(text, action);
}

/** Say that something was done and can be taken back for a while. */
export function toastWithUndo(text: string, undo: () => void): void {
  toast(text, { label: t("Undo"), run: undo });
}

function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className, textContent: text });
  made.addEventListener("click", onClick);
  return made;
}

customElements.define("edu-toast", EduToast);

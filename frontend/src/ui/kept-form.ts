/**
 * `<edu-kept-form name="reply">` around a form: what is typed stays in this browser until the server has accepted it.
 *
 * A session that ended, a crash, a closed tab or a lost network lose nothing: when the form is shown again to the same
 * person, what was typed is offered again. It is kept by person, the form's address and `name` (where several forms have
 * one address). What somebody without an account typed stays in their tab, and is also for who signs in there next. Passwords, files and hidden fields are never kept. Acceptance is said by the server: a POST that it
 * answers with a redirect to anywhere but the sign-in comes back with a cookie (`SentForms` in site/middleware.py). An
 * element that sends the form by itself calls `accepted()`. Where storage is blocked, nothing happens and nothing is said.
 */
import { csrfToken } from "../api/client";
import { personOfPage } from "../api/person";
import { t } from "../i18n";
import { momentOf } from "./time";

const PREFIX = "eduvideo-kept:";
const COOKIE = "kept-";
const WAIT_MS = 400;
const OLDEST_MS = 30 * 86_400_000;
const UNKEPT = /^(?:password|file|hidden|submit|button|image|reset)$/;

type Fields = [name: string, value: string][];

/** `nonce` names this text to the server, which names it back when it has accepted it. */
interface Kept {
  nonce: string;
  at: number;
  page: string;
  title: string;
  fields: Fields;
}

export class EduKeptForm extends HTMLElement {
  private readonly listeners = new AbortController();
  private ticket = newNonce();
  private initial: string | undefined;
  private timer = 0;
  private offered: HTMLElement | undefined;

  connectedCallback(): void {
    if (this.initial !== undefined || !this.form) return;
    this.initial = JSON.stringify(fieldsOf(this.form));
    const { signal } = this.listeners;
    this.addEventListener("input", () => { this.soon(); }, { signal });
    this.addEventListener("change", () => { this.soon(); }, { signal });
    this.addEventListener("submit", (event) => { this.onSubmit(event); }, { signal });
    this.addEventListener("reset", () => { this.accepted(); }, { signal });
    addEventListener("pagehide", () => { this.flush(); }, { signal });
    document.addEventListener("visibilitychange", () => { this.flush(); }, { signal });
    for (const key of new Set([this.key, this.keyOf("")])) {
      const kept = load(key);
      if (!kept || JSON.stringify(kept.fields) === this.initial) continue;
      this.offer(kept, key);
      break;
    }
  }

  disconnectedCallback(): void {
    this.flush();
    this.listeners.abort();
  }

  /** Forget what was typed: it has arrived, or nobody wants it any more. */
  accepted(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    drop(this.key);
    this.offered?.remove();
    this.ticket = newNonce();
  }

  private get form(): HTMLFormElement | null {
    return this.querySelector("form");
  }

  private get key(): string {
    return this.keyOf(personOfPage());
  }

  private keyOf(person: string): string {
    const action = new URL(this.form?.getAttribute("action") ?? "", location.href).pathname;
    return `${PREFIX}${person}:${action}:${this.getAttribute("name") ?? ""}`;
  }

  private soon(): void {
    this.timer ||= window.setTimeout(() => { this.flush(); }, WAIT_MS);
  }

  private flush(): void {
    if (!this.timer || !this.form) return;
    clearTimeout(this.timer);
    this.timer = 0;
    const fields = fieldsOf(this.form);
    if (JSON.stringify(fields) === this.initial) drop(this.key);
    else save(this.key, { nonce: this.ticket, at: Date.now(), page: location.pathname, title: document.title, fields });
  }

  private onSubmit(event: Event): void {
    this.flush();
    const form = this.form;
    if (event.defaultPrevented || !form) return; // whoever sends it says when it has arrived
    hidden(form, "kept").value = this.ticket;
    // Somebody may have signed in anew in another tab; the old token would be refused.
    const token = form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]");
    if (token) token.value = csrfToken() || token.value;
  }

  private offer(kept: Kept, key: string): void {
    const box = document.createElement("div");
    box.className = "kept-offer";
    box.setAttribute("role", "status");
    const text = document.createElement("p");
    text.textContent = t("What you typed here ({when}) was not sent yet.", { when: momentOf(new Date(kept.at)) });
    const back = button(t("Put it back"), () => {
      this.offered = undefined;
      box.remove();
      this.putBack(kept);
      if (key !== this.key) drop(key); // it is this person's now
    });
    const away = button(t("Discard"), () => {
      this.accepted();
      drop(key);
      this.form?.querySelector<HTMLElement>("textarea, input:not([type=hidden]), select")?.focus();
    });
    box.append(text, back, away);
    this.offered = box;
    this.prepend(box);
  }

  private putBack({ nonce, fields }: Kept): void {
    if (!this.form) return;
    this.ticket = nonce;
    const changed = fill(this.form, fields);
    for (const control of changed) control.dispatchEvent(new Event("input", { bubbles: true }));
    for (const control of changed) control.dispatchEvent(new Event("change", { bubbles: true }));
    changed[0]?.focus();
  }
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

function controlsOf(form: HTMLFormElement): Control[] {
  return ([...form.elements] as Control[]).filter(
    (control) => control.name && /^(?:INPUT|TEXTAREA|SELECT)$/.test(control.tagName) && !UNKEPT.test(control.type),
  );
}

function isTicked(control: Control): control is HTMLInputElement {
  return control.type === "checkbox" || control.type === "radio";
}

function isMultiple(control: Control): control is HTMLSelectElement {
  return control.tagName === "SELECT" && control.type === "select-multiple";
}

function fieldsOf(form: HTMLFormElement): Fields {
  return controlsOf(form).flatMap((control): Fields => {
    if (isTicked(control)) return control.checked ? [[control.name, control.value]] : [];
    if (isMultiple(control)) return [...control.selectedOptions].map((option) => [control.name, option.value]);
    return [[control.name, control.value]];
  });
}

/** Give the controls these values; returns those that were changed. */
function fill(form: HTMLFormElement, fields: Fields): Control[] {
  const left = [...fields];
  return controlsOf(form).filter((control) => {
    const values = left.filter(([name]) => name === control.name).map(([, value]) => value);
    if (isTicked(control)) {
      const was = control.checked;
      control.checked = values.includes(control.value);
      return control.checked !== was;
    }
    if (isMultiple(control)) {
      const options = [...control.options].filter((option) => option.selected !== values.includes(option.value));
      for (const option of options) option.selected = !option.selected;
      return options.length > 0;
    }
    const at = left.findIndex(([name]) => name === control.name);
    const [found] = at < 0 ? [] : left.splice(at, 1); // several fields of one name have their values in order
    if (!found || found[1] === control.value) return false;
    control.value = found[1];
    return true;
  });
}

function hidden(form: HTMLFormElement, name: string): HTMLInputElement {
  const found = form.querySelector<HTMLInputElement>(`input[type=hidden][name=${name}]`) ?? document.createElement("input");
  Object.assign(found, { type: "hidden", name });
  form.append(found);
  return found;
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "button quiet small", textContent: text });
  made.addEventListener("click", onClick);
  return made;
}

function newNonce(): string {
  return Date.now().toString(36) + Math.random().toString(36).slice(2, 12);
}

/** Others use this browser too: what has no account's name on it ends with its tab. */
function storageOf(key: string): Storage {
  return key.startsWith(`${PREFIX}:`) ? sessionStorage : localStorage;
}

function load(key: string): Kept | undefined {
  try {
    const text = storageOf(key).getItem(key);
    return text ? (JSON.parse(text) as Kept) : undefined;
  } catch {
    return undefined; // blocked, or not ours
  }
}

function save(key: string, kept: Kept): void {
  try {
    storageOf(key).setItem(key, JSON.stringify(kept));
  } catch {
    // Blocked or full: it lasts as long as the page.
  }
}

function drop(key: string): void {
  try {
    storageOf(key).removeItem(key);
  } catch {
    // Blocked: nothing was kept.
  }
}

function keysOf(prefix: string): string[] {
  try {
    return [...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter((key) => key.startsWith(prefix));
  } catch {
    return []; // blocked
  }
}

/** Return the pages where a person's texts wait to be sent. */
export function keptTexts(person: string): { path: string; title: string; lang: string }[] {
  const kept = keysOf(`${PREFIX}${person}:`).map(load);
  return kept.flatMap((one) => (one ? [{ path: one.page, title: one.title, lang: "" }] : []));
}

/** Forget what the server has accepted since, as its cookies say, and what nobody came back for in a month. */
export function settle(now: number = Date.now()): void {
  const accepted = [...document.cookie.matchAll(/(?:^|; )kept-([a-z0-9]+)=/g)].map(([, nonce]) => nonce ?? "");
  for (const nonce of accepted) document.cookie = `${COOKIE}${nonce}=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT`;
  for (const key of keysOf(PREFIX)) {
    const kept = load(key);
    if (!kept || accepted.includes(kept.nonce) || kept.at < now - OLDEST_MS) drop(key);
  }
}

settle();
customElements.define("edu-kept-form", EduKeptForm);

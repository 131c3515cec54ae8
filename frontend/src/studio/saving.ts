/** What all editors of the studio say when they save, and how they are kept until then. */
import { html, nothing, type TemplateResult } from "lit";
import { call, csrfToken, ProblemError, problemOf } from "../api/client";
import { t } from "../i18n";
import type { EduKeptForm } from "../ui/kept-form";

const SIGNED_OUT = 401;
const FORBIDDEN = 403;
const TOO_LARGE = 413;
const MAX_PICTURE_BYTES = 5 * 1024 * 1024;
export const CHANGED = 412;

/** A sentence with, where somebody has to sign in again, the way there and back. */
export interface Notice {
  text: string;
  isWrong?: boolean;
  signsIn?: boolean;
}

/** Call the API as `call` does; where the page's token was of a session that has ended, once more with the new one. */
export async function send<T>(...request: Parameters<typeof call>): Promise<T> {
  try {
    return await call<T>(...request);
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === FORBIDDEN) return call<T>(...request);
    throw error;
  }
}

/** Send the bytes of a picture. */
export async function sendPicture<T>(method: "POST" | "PUT", path: string, picture: Blob): Promise<T> {
  if (picture.size > MAX_PICTURE_BYTES) throw new ProblemError({ title: "", status: TOO_LARGE, detail: t("A picture may have 5 MB at most.") }, 0);
  const headers = { "Accept": "application/json", "Content-Type": picture.type || "application/octet-stream", "X-CSRFToken": csrfToken() };
  const answer = await fetch(path, { method, body: picture, headers, credentials: "same-origin" });
  if (!answer.ok) throw await problemOf(answer);
  return (await answer.json()) as T;
}

export function noticeOf(error: unknown): Notice {
  if (error instanceof ProblemError) {
    const { status, detail } = error.problem;
    if (status === SIGNED_OUT) {
      return { text: t("You are signed out. What you wrote is kept in this browser."), isWrong: true, signsIn: true };
    }
    return { text: detail, isWrong: true };
  }
  if (error instanceof TypeError) return { text: t("The network is away. What you wrote is kept; save again when it is back."), isWrong: true };
  throw error;
}

export function noticeLine(notice: Notice | undefined): TemplateResult | typeof nothing {
  if (!notice) return html`<p class="form-status" role="status"></p>`;
  const back = `${location.pathname}${location.search}`;
  const way = notice.signsIn ? html` <a href="/accounts/login/?next=${encodeURIComponent(back)}">${t("Sign in again")}</a>` : nothing;
  return html`<p class=${`form-status${notice.isWrong ? " wrong" : ""}`} role="status">${notice.text}${way}</p>`;
}

/** Forget what was kept of a form: the server has it. */
export function settle(element: Element): void {
  element.closest<EduKeptForm>("edu-kept-form")?.accepted();
}

/** Let a form know of a value that an editor has given to its field, as if it had been typed. */
export function type(field: HTMLTextAreaElement, value: string): void {
  if (field.value === value) return;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

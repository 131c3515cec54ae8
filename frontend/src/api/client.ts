/** Calls of our API: same origin, session cookie, CSRF header, problem+json as a typed error. */

import { t } from "../i18n";

export interface Problem {
  /** Ends in the problem's name, for instance "/problems/quota-exceeded". */
  type?: string;
  title: string;
  status: number;
  detail: string;
  errors?: { field: string; message: string }[];
}

/** An answer that is not 2xx. `retryAfterS` comes with 429 and 503. */
export class ProblemError extends Error {
  constructor(
    readonly problem: Problem,
    readonly retryAfterS: number,
  ) {
    super(problem.detail);
  }
}

const LONGEST_MS = 30_000;

/** Return the signal for what somebody waits to see sent: what a dead network swallowed counts as lost then, to be sent again. */
export function inTime(): AbortSignal {
  return "timeout" in AbortSignal ? AbortSignal.timeout(LONGEST_MS) : new AbortController().signal; // not every browser has it
}

export function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/**
 * Send a request and return its JSON; throws ProblemError for refusals and TypeError without a network, which is also what
 * there is where somebody else answers, such as the sign-in of a school's wireless network.
 */
export async function call<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  options: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(options.body);
  }
  if (options.signal) request.signal = options.signal;
  const answer = await fetch(path, request);
  if (!answer.ok) throw await problemOf(answer);
  return (answer.status === 204 ? undefined : await jsonOf(answer)) as T;
}

async function jsonOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (error) {
    throw error instanceof SyntaxError ? new TypeError("This is no answer of ours.", { cause: error }) : error;
  }
}

/** What a refusal says; where something before our server answered, its number has to do (HTTP/2 has no other words). */
export async function problemOf(answer: Response): Promise<ProblemError> {
  const retryAfterS = Number(answer.headers.get("Retry-After") ?? 0);
  const { status, statusText: title } = answer;
  const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json().catch(() => undefined) as Problem | undefined : undefined;
  return new ProblemError(told ?? { title, status, detail: t("The server could not do that ({code}). Try again.", { code: status }) }, retryAfterS);
}

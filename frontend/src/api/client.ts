/** Calls of our API: same origin, session cookie, CSRF header, problem+json as a typed error. */

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

export function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/** Send a request and return its JSON; throws ProblemError for refusals and TypeError without a network. */
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
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function problemOf(answer: Response): Promise<ProblemError> {
  const retryAfterS = Number(answer.headers.get("Retry-After") ?? 0);
  const fallback: Problem = { title: answer.statusText, status: answer.status, detail: answer.statusText };
  if (!answer.headers.get("Content-Type")?.includes("json")) return new ProblemError(fallback, retryAfterS);
  return new ProblemError((await answer.json()) as Problem, retryAfterS);
}

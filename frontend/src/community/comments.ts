/**
 * `<edu-comments src="/watch/ID/comments">`: what is said below a lesson, put in place when it comes into view, and
 * changed without leaving the page. The server renders all of it: its forms do the same on a page of their own, and
 * answer a request with X-Part by the list, or by the thread that changed. `quiet`: only for whoever asks.
 */
import { csrfToken, inTime, type Problem, ProblemError, problemOf } from "../api/client";
import { newKey } from "../api/key";
import { t } from "../i18n";
import { tell } from "../player/link";
import { toast } from "../ui/toast";
import "./comments.css";

const SIGNED_OUT = 401;
const NEAR = "300px";

class EduComments extends HTMLElement {
  private readonly listeners = new AbortController();
  private seen: IntersectionObserver | undefined;
  private readonly busy = new Set<HTMLElement>();
  private asking = new AbortController();

  connectedCallback(): void {
    const { signal } = this.listeners;
    this.addEventListener("submit", (event) => { this.onSubmit(event); }, { signal });
    this.addEventListener("click", (event) => { this.onClick(event); }, { signal });
    const src = this.getAttribute("src");
    if (!src || this.hasAttribute("quiet")) return;
    this.seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.seen?.disconnect();
      void this.load(src);
    }, { rootMargin: NEAR });
    this.seen.observe(this);
  }

  disconnectedCallback(): void {
    this.seen?.disconnect();
    this.listeners.abort();
    this.asking.abort();
  }

  private onClick(event: MouseEvent): void {
    const link = (event.target as Element).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const startMs = link.dataset["startMs"];
    const player = document.querySelector("edu-player");
    if (startMs && player) {
      event.preventDefault();
      tell("edu-seek", Number(startMs));
      player.scrollIntoView({ block: "nearest" });
    } else if (link.matches("[data-thread]")) {
      event.preventDefault();
      void this.change(link, new Request(link.href));
    } else if (link.matches(".comment-orders a") || link.pathname === this.getAttribute("src")) {
      event.preventDefault();
      void this.load(link.href);
    }
  }

  /** Take in a whole list; of two that were asked for, the later one. */
  private async load(path: string): Promise<void> {
    this.seen?.disconnect();
    this.asking.abort();
    const { signal } = this.asking = new AbortController();
    const hadFocus = this.contains(document.activeElement);
    this.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(path, { headers: { "X-Part": "list" }, signal });
      if (!answer.ok) throw await problemOf(answer);
      const list = partOf(await answer.text());
      if (signal.aborted) return;
      this.replaceChildren(list);
      if (hadFocus) (this.querySelector<HTMLElement>(".comment-orders [aria-current]") ?? this.querySelector<HTMLElement>("a, button, textarea"))?.focus({ preventScroll: true });
    } catch (error) {
      // The link to the page is still there.
      if (!signal.aborted) toast(error instanceof ProblemError ? error.problem.detail : t("The network is away. Try again."));
    } finally {
      if (!signal.aborted) this.removeAttribute("aria-busy");
    }
  }

  private onSubmit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || form.matches("[data-page]")) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    body.set("csrfmiddlewaretoken", csrfToken()); // somebody may have signed in anew in another tab
    void this.change(form, new Request(form.action, { method: "POST", body }));
  }

  /** Send what a form or a link asks for, and put the thread that comes back into its place. */
  private async change(from: HTMLElement, request: Request): Promise<void> {
    if (this.busy.has(from)) return;
    this.busy.add(from);
    say(from, "");
    try {
      const answer = await fetch(request, { headers: { ...Object.fromEntries(request.headers), "X-Part": "thread" }, signal: inTime() });
      if (answer.ok) this.put(from, await answer.text());
      else refuse(from, (await problemOf(answer)).problem);
    } catch {
      say(from, t("The network is away. Your text is still here; send it again."));
    } finally {
      this.busy.delete(from);
    }
  }

  private put(from: HTMLElement, html: string): void {
    from.closest<HTMLElement & { accepted?: () => void }>("edu-kept-form")?.accepted?.();
    const fresh = partOf(html).querySelector("li");
    const hadFocus = from.contains(document.activeElement);
    const old = from.closest("li.thread") ?? (fresh && document.getElementById(fresh.id));
    if (from.querySelector("[name=key]")) countOne();
    if (from instanceof HTMLFormElement && from.matches("[data-new]")) {
      renew(from);
      say(from, t("Sent."));
    }
    if (old && fresh) old.replaceWith(fresh);
    else if (fresh) this.querySelector(".comments")?.prepend(fresh);
    else if (old) this.leave(old, hadFocus);
    if (fresh) this.querySelector(".list-empty")?.remove();
    if (from.querySelector("[name=act][value=report]")) toast(t("Thank you. The staff will look at it."));
    if (old && fresh) focus(fresh);
  }

  /** Take a thread away; the focus that was in it goes on to the next one. */
  private leave(thread: Element, hadFocus: boolean): void {
    const near = thread.nextElementSibling ?? thread.previousElementSibling ?? this.querySelector("textarea, .comment-orders a");
    thread.remove();
    if (!hadFocus || !(near instanceof HTMLElement)) return;
    if (near.matches("li")) focus(near);
    else near.focus();
  }
}

function partOf(html: string): DocumentFragment {
  const box = document.createElement("template");
  box.innerHTML = html; // the server's own: what people wrote is escaped in it
  return document.importNode(box.content, true);
}

/** Count what was just written with the others, in the heading. */
function countOne(): void {
  const count = document.querySelector("[data-comments]");
  if (count) count.textContent = String(Number(count.textContent) + 1);
}

/** Empty a form for the next text, which has a key of its own. */
function renew(form: HTMLFormElement): void {
  const text = form.querySelector("textarea");
  if (text) text.defaultValue = text.value = "";
  const key = form.querySelector<HTMLInputElement>("[name=key]");
  if (key) key.value = newKey();
  form.querySelector("[name=reply_to]")?.remove();
}

function refuse(from: HTMLElement, problem: Problem): void {
  say(from, problem.errors?.[0]?.message ?? problem.detail);
  if (problem.status !== SIGNED_OUT) return;
  const link = document.createElement("a");
  link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = t("Sign in; your text stays here.");
  from.querySelector(".comment-status")?.append(" ", link);
}

function say(from: HTMLElement, text: string): void {
  const status = from.querySelector(".comment-status");
  if (status) status.textContent = text;
  else if (text) toast(text);
}

function focus(thread: HTMLElement): void {
  thread.tabIndex = -1;
  thread.focus({ preventScroll: true });
}

customElements.define("edu-comments", EduComments);

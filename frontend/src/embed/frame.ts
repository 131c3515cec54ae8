/**
 * `<edu-frame>`: lets the page around a frame work the player in it (protocol.ts), and begins by itself when it was
 * asked to.
 *
 * It says nothing before it was greeted by the window around it, from an origin that may frame it; then it speaks to
 * that origin alone. Attributes: `sources` who may frame it, `name` the lesson's title, `problem` what a page without a
 * player has to say; `autoplay`, `loop`, `end-ms`, `captions`; in a playlist `playlist-id`, `playlist-name`, `number`,
 * `total`, `next`, `previous`.
 */
import { Remote, RemoteError } from "../player/remote";
import { isListed } from "./origins";
import { type Events, type EventName, hasGoodValue, type Message, type Problem, type Request, requestIn, VERSION } from "./protocol";

class EduFrame extends HTMLElement {
  private readonly listeners = new AbortController();
  /** Tells this page of the frame from the one before it. */
  private readonly session = Math.random().toString(36).slice(2);
  private remote: Promise<Remote> | undefined;
  private page: { window: Window; origin: string } | undefined;

  connectedCallback(): void {
    const { signal } = this.listeners;
    addEventListener("message", (event) => void this.hear(event), { signal });
    const host = document.querySelector<HTMLElement>("edu-player");
    if (!host) return;
    if (this.hasAttribute("autoplay")) host.setAttribute("wanted", "");
    this.remote = upgraded(host, signal).then(() => new Remote(host, {
      title: this.getAttribute("name") ?? "",
      captions: this.getAttribute("captions") ?? "",
      endMs: Number(this.getAttribute("end-ms") ?? 0),
      startMs: Number(host.getAttribute("start-ms") ?? 0),
      isLoop: this.hasAttribute("loop"),
      onEvent: (name, detail) => { this.tell(name, detail); },
    }));
    void this.remote.then((remote) => {
      signal.addEventListener("abort", () => { remote.destroy(); });
      if (this.hasAttribute("autoplay")) void remote.perform("play", undefined).catch(() => undefined); // `error` tells
    });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  /** What comes from elsewhere, or means nothing, is as if it had not come. */
  private async hear({ source, origin, data }: MessageEvent<unknown>): Promise<void> {
    const request = source === parent && parent !== window ? requestIn(data) : undefined;
    if (!request) return;
    if (!this.page) {
      if (request.type !== "hello" || !isListed(origin, this.sources(), location.origin)) return;
      this.page = { window: parent, origin };
    }
    if (origin !== this.page.origin) return;
    if (!hasGoodValue(request)) this.reply(request, { error: { code: "bad-value", message: `${request.type} does not take this value.` } });
    else if (request.type === "hello") await this.greet();
    else await this.obey(request);
  }

  private async greet(): Promise<void> {
    const problem = this.getAttribute("problem");
    if (problem !== null) this.tell("error", { code: "unavailable", message: problem });
    document.querySelector("edu-player")?.setAttribute("wanted", "");
    const remote = await this.remote;
    if (!remote) return;
    const state = remote.state();
    this.tell("ready", { version: VERSION, session: this.session, ...state });
    const id = this.getAttribute("playlist-id");
    if (id === null) return;
    const [number, total] = ["number", "total"].map((name) => Number(this.getAttribute(name)));
    this.tell("item", {
      id: state.id, title: state.title, number: number ?? 0, total: total ?? 0,
      playlist: { id, title: this.getAttribute("playlist-name") ?? "" },
    });
  }

  private async obey(request: Request): Promise<void> {
    const { type, value } = request;
    try {
      if (type === "hello") return;
      if (type === "next" || type === "previous") {
        const href = this.getAttribute(type);
        if (!href) throw new RemoteError("not-offered", `There is no ${type} lesson.`);
        this.reply(request, {});
        location.assign(href);
        return;
      }
      const remote = await this.remote;
      if (!remote) throw new RemoteError("unavailable", this.getAttribute("problem") ?? "");
      this.reply(request, { value: await remote.perform(type, value) });
    } catch (error) {
      const code = error instanceof RemoteError ? error.code : "playback";
      this.reply(request, { error: { code, message: error instanceof Error ? error.message : String(error) } });
    }
  }

  private reply({ id }: Request, { value, error }: { value?: unknown; error?: Problem }): void {
    if (id === undefined) return;
    this.post({ eduvideo: VERSION, type: "reply", id, ...(value === undefined ? {} : { value }), ...(error ? { error } : {}) });
  }

  private tell<K extends EventName>(name: K, detail: Events[K]): void {
    this.post({ eduvideo: VERSION, type: "event", name, detail });
  }

  private post(message: Message): void {
    this.page?.window.postMessage(message, this.page.origin);
  }

  private sources(): string[] {
    return this.getAttribute("sources")?.split(" ").filter(Boolean) ?? [];
  }
}

function upgraded(host: HTMLElement, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (host.hasAttribute("upgraded")) {
      resolve();
      return;
    }
    const observer = new MutationObserver(() => {
      if (!host.hasAttribute("upgraded")) return;
      observer.disconnect();
      resolve();
    });
    observer.observe(host, { attributes: true, attributeFilter: ["upgraded"] });
    signal.addEventListener("abort", () => { observer.disconnect(); });
  });
}

customElements.define("edu-frame", EduFrame);

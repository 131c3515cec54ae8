/** `<edu-danmaku-form>`: sends what is typed at the playing position, without leaving the page. */
import { call, ProblemError } from "../api/client";
import { t } from "../i18n";
import { hear, tell } from "../player/link";
import type { DanmakuItem } from "./items";

class EduDanmakuForm extends HTMLElement {
  private readonly listeners = new AbortController();
  private positionMs = 0;
  private key = "";
  private keyOf = "";

  connectedCallback(): void {
    const form = this.querySelector("form");
    if (!form) return;
    const { signal } = this.listeners;
    hear("edu-time", (timeMs) => { this.positionMs = timeMs; }, signal);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send(form);
    }, { signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private async send(form: HTMLFormElement): Promise<void> {
    const data = new FormData(form);
    const text = field(data, "text").trim();
    if (!text) return;
    // The key of a text stays until the server has answered, so that a second try never doubles.
    if (!this.key || this.keyOf !== text) this.key = newKey();
    this.keyOf = text;
    const body = { position_ms: Math.round(this.positionMs), text, mode: field(data, "mode") || "scroll", color: field(data, "color") || "#ffffff" };
    try {
      const path = `/api/v1/videos/${this.getAttribute("video-id") ?? ""}/danmaku`;
      const item = await call<DanmakuItem>("POST", path, { body, headers: { "Idempotency-Key": this.key } });
      this.key = "";
      tell("edu-danmaku-own", item);
      form.reset();
      this.say("", false);
    } catch (error) {
      if (error instanceof ProblemError) {
        this.key = "";
        this.say(error.problem.errors?.[0]?.message ?? error.problem.detail, true);
      } else this.say(t("The network is away. Your text is still here; send it again."), true);
    }
  }

  private say(text: string, isWrong: boolean): void {
    const status = this.querySelector(".form-status");
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  }
}

/** A random key; randomUUID is only there in secure contexts, and a phone in the same network has none. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");
}

function field(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

customElements.define("edu-danmaku-form", EduDanmakuForm);

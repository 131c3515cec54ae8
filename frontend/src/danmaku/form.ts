/**
 * `<edu-danmaku-form>`: sends what is typed at the playing position, without leaving the page. It flies for its sender at
 * once, and is taken back with a sentence if the server refuses. What was typed is kept until the server has it.
 */
import { call, inTime, ProblemError } from "../api/client";
import { newKey } from "../api/key";
import { t } from "../i18n";
import { hear, type SentDanmaku, tell } from "../player/link";
import { clock } from "../study/clock";
import { draftOf, keepDraft } from "./draft";
import type { DanmakuItem } from "./items";
import { type Room, roomOf } from "./room";
import { remember, takeBack, undoSeconds } from "./undo";

type Kind = DanmakuItem["kind"];
type Posted = DanmakuItem & { cursor: string };

const MOST = 100;
const COUNT_FROM = 80;
const ANSWER_AFTER_MS = 1_500;
const SIGNED_OUT = 401;
const SERVERS_FAULT = 500;
/** The API's own default, and a weight that does not matter: one's own stand above. */
const PLAIN = { size_px: 25, weight: 5 } as const;

/** An answer is shown after its question, wherever its author is, and within the lesson. */
function momentAfter({ position_ms }: DanmakuItem): number {
  const endMs = Number(document.querySelector("edu-player")?.getAttribute("duration-ms")) || Infinity;
  return Math.max(position_ms, Math.min(position_ms + ANSWER_AFTER_MS, endMs));
}

class EduDanmakuForm extends HTMLElement {
  private readonly listeners = new AbortController();
  private room: Room | undefined;
  private positionMs = 0;
  private key = "";
  private keyOf = "";
  private isBusy = false;
  private question: DanmakuItem | undefined;
  private undoId = "";
  private waitUntil = 0;
  private ticking = 0;

  connectedCallback(): void {
    const form = this.querySelector("form");
    if (!form) return;
    const { signal } = this.listeners;
    const room = roomOf(this.getAttribute("video-id") ?? "");
    this.room = room;
    void room.ready.then(() => { this.offerKinds(); });
    hear("edu-time", (timeMs) => { this.positionMs = timeMs; }, signal);
    hear("edu-danmaku-answer", (question) => { this.answer(question); }, signal);
    hear("edu-danmaku-unsent", (id) => { if (id === this.undoId) this.tick(); }, signal);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send(form);
    }, { signal });
    form.addEventListener("focusin", () => { form.classList.add("begun"); }, { signal });
    form.addEventListener("input", () => { this.typed(); }, { signal });
    this.querySelector("[type=submit]")?.removeAttribute("disabled"); // the API takes no plain form: until now there was nobody to send it
    this.querySelector(".form-undo")?.addEventListener("click", () => void this.undo(), { signal });
    this.querySelector(".form-reply button")?.addEventListener("click", () => { this.answer(undefined); }, { signal });
    this.field.value ||= draftOf(room.videoId);
    this.showCount();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    clearInterval(this.ticking);
  }

  private get field(): HTMLInputElement {
    const field = this.querySelector<HTMLInputElement>("[name=text]");
    if (!field) throw new Error("the form has no field for the text");
    return field;
  }

  private get waitS(): number {
    return Math.max(0, Math.ceil((this.waitUntil - performance.now()) / 1000)); // the clock may be set meanwhile
  }

  /** Those who teach the lesson may speak as teachers too; answers are begun at their question. */
  private offerKinds(): void {
    if (!this.room?.view.kinds.includes("teacher")) return;
    const option = document.createElement("option");
    option.value = "teacher";
    option.textContent = t("Teacher");
    this.querySelector("[name=kind]")?.append(option);
  }

  private answer(question: DanmakuItem | undefined): void {
    this.question = question;
    const line = this.querySelector<HTMLElement>(".form-reply");
    const choice = this.querySelector<HTMLElement>("[name=kind]");
    const text = line?.querySelector("span");
    if (line) line.hidden = !question;
    if (choice) choice.hidden = Boolean(question);
    if (text) text.textContent = question ? t("Answer to “{text}” at {time}", { text: question.text, time: clock(question.position_ms) }) : "";
    this.field.focus();
  }

  private typed(): void {
    keepDraft(this.room?.videoId ?? "", this.field.value);
    this.showCount();
  }

  private showCount(): void {
    const left = MOST - lengthOf(this.field.value);
    const count = this.querySelector(".form-count");
    if (!count) return;
    count.textContent = left <= MOST - COUNT_FROM ? String(left) : "";
    count.classList.toggle("wrong", left < 0);
  }

  private async send(form: HTMLFormElement): Promise<void> {
    const { room, question } = this;
    const data = new FormData(form);
    const text = field(data, "text").trim();
    if (!room || !text || this.isBusy) return;
    if (lengthOf(text) > MOST) {
      this.say(t("At most {n} characters.", { n: MOST }), true);
      return;
    }
    if (this.waitS) {
      this.say(t("You can send the next one in {n} s.", { n: this.waitS }), true);
      return;
    }
    const body = {
      position_ms: Math.round(question ? momentAfter(question) : this.positionMs),
      text,
      mode: (field(data, "mode") || "scroll") as DanmakuItem["mode"],
      color: field(data, "color") || "#ffffff",
      kind: question ? "answer" as const : (field(data, "kind") || "comment") as Kind,
      reply_to: question?.id ?? "",
    };
    const sendingId = `sending-${newKey()}`;
    this.isBusy = true;
    tell("edu-danmaku-sending", { ...PLAIN, ...body, id: sendingId, author_key: room.view.author_key, own: true });
    this.say(t("Sending …"), false);
    try {
      const item = await this.post(room, body);
      this.sent(room, { sendingId, item, cursor: item.cursor }, text);
    } catch (error) {
      tell("edu-danmaku-unsent", sendingId);
      this.refused(error);
    } finally {
      this.isBusy = false;
    }
  }

  /** The key of a text stays until the server has answered, so that a second try never doubles. */
  private async post(room: Room, body: { text: string; kind: Kind; reply_to: string }): Promise<Posted> {
    const keyOf = `${body.kind} ${body.reply_to} ${body.text}`;
    if (!this.key || this.keyOf !== keyOf) this.key = newKey();
    this.keyOf = keyOf;
    return await call<Posted>("POST", room.path(""), { body, headers: { "Idempotency-Key": this.key }, signal: inTime() });
  }

  private sent(room: Room, sent: SentDanmaku, text: string): void {
    this.key = "";
    remember(sent.item.id);
    this.undoId = sent.item.id;
    tell("edu-danmaku-sent", sent);
    if (this.field.value.trim() === text) this.field.value = ""; // unless somebody types on
    this.typed();
    if (this.question) this.answer(undefined);
    this.say(sent.item.kind === "answer" ? t("Answered at {time}.", { time: clock(sent.item.position_ms) }) : "", false);
    const { state, pause_s: pauseS, is_moderator: isModerator } = room.view;
    if (state === "slow" && !isModerator) this.wait(pauseS);
    this.tick();
  }

  private refused(error: unknown): void {
    if (!(error instanceof ProblemError) || error.problem.status >= SERVERS_FAULT) {
      this.say(t("The network is away. Your text is still here; send it again."), true);
      return;
    }
    this.key = "";
    const { problem, retryAfterS } = error;
    this.say(problem.errors?.[0]?.message ?? problem.detail, true);
    if (problem.status === SIGNED_OUT) this.offerSignIn();
    if (retryAfterS) this.wait(retryAfterS);
  }

  private offerSignIn(): void {
    const link = document.createElement("a");
    link.href = `/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.textContent = t("Sign in; your text stays here.");
    this.querySelector(".form-status")?.append(" ", link);
  }

  private async undo(): Promise<void> {
    if (!this.room) return;
    try {
      await takeBack(this.room, this.undoId);
      this.say(t("Taken back."), false);
    } catch (error) {
      this.say(error instanceof ProblemError ? error.problem.detail : t("The network is away. Try again."), true);
    }
    this.tick();
  }

  private wait(seconds: number): void {
    this.waitUntil = performance.now() + seconds * 1000;
    this.tick();
  }

  /** Show the seconds that are left, for taking back and until the next one; again every second while there are any. */
  private tick(): void {
    const undoS = undoSeconds(this.undoId);
    const undo = this.querySelector<HTMLElement>(".form-undo");
    if (undo) {
      undo.hidden = !undoS;
      undo.textContent = t("Take back ({n} s)", { n: undoS });
    }
    const submit = this.querySelector("[type=submit]");
    if (submit) submit.textContent = this.waitS ? t("Send in {n} s", { n: this.waitS }) : t("Send");
    clearInterval(this.ticking);
    if (undoS || this.waitS) this.ticking = window.setInterval(() => { this.tick(); }, 1000);
  }

  private say(text: string, isWrong: boolean): void {
    const status = this.querySelector(".form-status");
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("wrong", isWrong);
  }
}

/** How many characters people count, as the server counts them. */
export function lengthOf(text: string): number {
  const clean = text.trim().normalize("NFC");
  return "Segmenter" in Intl ? [...new Intl.Segmenter().segment(clean)].length : Array.from(clean).length;
}

function field(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

customElements.define("edu-danmaku-form", EduDanmakuForm);

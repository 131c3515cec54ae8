/**
 * `<edu-danmaku-menu>`: what can be done with one danmaku. There is one for the page; it opens over the picture and from
 * the list, closes by Escape or a press elsewhere, and gives the focus back to where it was.
 */
import { html, render, type TemplateResult } from "lit";
import { call, ProblemError } from "../api/client";
import { t } from "../i18n";
import { tell } from "../player/link";
import { clock } from "../study/clock";
import { block } from "./blocks";
import { type DanmakuItem, shownText } from "./items";
import type { Room } from "./room";
import { takeBack, undoSeconds } from "./undo";

interface Place {
  /** Where it opens, in CSS pixels of the window. */
  x: number;
  y: number;
  room: Room;
  onClose?: () => void;
}

const GAP_PX = 8;
const reasons = (): [string, string][] => [
  ["spam", t("Advertising or spam")], ["abuse", t("Hurts somebody")], ["off_topic", t("Not about the lesson")],
  ["personal", t("Tells private things of somebody")], ["other", t("Something else")],
];

export function openDanmakuMenu(item: DanmakuItem, place: Place): void {
  let menu = document.querySelector<EduDanmakuMenu>("edu-danmaku-menu");
  if (!menu) {
    menu = new EduDanmakuMenu();
    document.body.append(menu);
  }
  menu.open(item, place);
}

class EduDanmakuMenu extends HTMLElement {
  private item: DanmakuItem | undefined;
  private room: Room | undefined;
  private onClose: (() => void) | undefined;
  private isReporting = false;
  private status = "";

  connectedCallback(): void {
    this.popover = "auto";
    this.setAttribute("role", "dialog");
    this.setAttribute("aria-label", t("This danmaku"));
    this.addEventListener("toggle", (event) => { if (event.newState === "closed") this.closed(); });
  }

  open(item: DanmakuItem, { x, y, room, onClose }: Place): void {
    this.hidePopover();
    this.closed();
    Object.assign(this, { item, room, onClose, isReporting: false, status: "" });
    this.draw();
    this.showPopover();
    const { width, height } = this.getBoundingClientRect();
    this.style.left = `${Math.max(GAP_PX, Math.min(x, innerWidth - width - GAP_PX))}px`;
    this.style.top = `${Math.max(GAP_PX, Math.min(y + GAP_PX, innerHeight - height - GAP_PX))}px`;
    this.querySelector("button")?.focus();
  }

  private closed(): void {
    this.onClose?.();
    this.onClose = undefined;
  }

  private say(status: string): void {
    this.status = status;
    this.draw();
  }

  private draw(): void {
    const { item, room } = this;
    if (!item || !room) return;
    const hadFocus = this.contains(document.activeElement);
    render(html`<p class="menu-text" dir="auto">${shownText(item)}</p>
      <div class="menu-actions">${this.isReporting ? this.reasons(room, item) : this.actions(room, item)}</div>
      <p class="menu-status" role="status">${this.status}</p>`, this);
    if (hadFocus && !this.contains(document.activeElement)) this.querySelector("button")?.focus(); // its button has gone
  }

  private actions(room: Room, item: DanmakuItem): TemplateResult {
    const mayAnswer = item.kind === "question" && room.view.kinds.includes("answer");
    return html`
      <button type="button" @click=${() => void this.copy(item)}>${t("Copy")}</button>
      <button type="button" @click=${() => { this.seek(item); }}>${t("Go to {time}", { time: clock(item.position_ms) })}</button>
      ${mayAnswer ? html`<button type="button" @click=${() => { this.answer(item); }}>${t("Answer")}</button>` : ""}
      ${item.own ? this.ownActions(room, item) : this.othersActions(room, item)}`;
  }

  private ownActions(room: Room, item: DanmakuItem): TemplateResult {
    if (!undoSeconds(item.id)) return html``;
    return html`<button type="button" @click=${() => void this.takeOff(room, item, t("Taken back."))}>${t("Take back")}</button>`;
  }

  private othersActions(room: Room, item: DanmakuItem): TemplateResult {
    const isLiked = room.liked.has(item.id);
    return html`
      <button type="button" aria-pressed=${isLiked ? "true" : "false"} @click=${() => void this.like(room, item, !isLiked)}>${t("Like")}${item.likes ? ` ${item.likes}` : ""}</button>
      <button type="button" @click=${() => { this.askReason(); }}>${t("Report")}</button>
      ${item.author_key ? html`<button type="button" @click=${() => void this.block(room, item)}>${t("Block this person")}</button>` : ""}
      ${room.view.is_moderator ? html`<button type="button" @click=${() => void this.takeOff(room, item, t("Hidden from everyone."))}>${t("Hide from everyone")}</button>` : ""}`;
  }

  private reasons(room: Room, item: DanmakuItem): TemplateResult {
    return html`${reasons().map(([reason, text]) => html`<button type="button" @click=${() => void this.report(room, item, reason)}>${text}</button>`)}`;
  }

  private async like(room: Room, item: DanmakuItem, isLiked: boolean): Promise<void> {
    await this.ask(async () => {
      const { likes } = await call<{ likes: number }>(isLiked ? "POST" : "DELETE", room.path(`/${item.id}/like`));
      if (isLiked) room.liked.add(item.id);
      else room.liked.delete(item.id);
      item.likes = likes;
      tell("edu-danmaku", [item]);
      return "";
    });
  }

  private async copy(item: DanmakuItem): Promise<void> {
    try {
      await navigator.clipboard.writeText(item.text);
      this.say(t("Copied."));
    } catch {
      // Only secure contexts have a clipboard, and a phone in the same network has none.
      const text = this.querySelector(".menu-text");
      if (text) getSelection()?.selectAllChildren(text);
      this.say(t("Press Ctrl+C to copy."));
    }
  }

  private seek(item: DanmakuItem): void {
    tell("edu-seek", item.position_ms);
    this.hidePopover();
  }

  private answer(item: DanmakuItem): void {
    this.hidePopover();
    tell("edu-danmaku-answer", item); // and the form takes the focus
  }

  private askReason(): void {
    this.isReporting = true;
    this.say(t("What is wrong with it?"));
    this.querySelector("button")?.focus();
  }

  private async report(room: Room, item: DanmakuItem, reason: string): Promise<void> {
    await this.ask(async () => {
      await call("POST", room.path(`/${item.id}/report`), { body: { reason } });
      if (this.item === item) this.isReporting = false;
      return t("Thank you. Somebody will look at it.");
    });
  }

  private async block(room: Room, item: DanmakuItem): Promise<void> {
    await this.ask(async () => {
      await block(room, item);
      return t("You will see nothing more of this person. The danmaku settings of the player can undo it.");
    });
  }

  private async takeOff(room: Room, item: DanmakuItem, said: string): Promise<void> {
    await this.ask(async () => {
      await takeBack(room, item.id);
      return said;
    });
  }

  /** Do what the server must agree to, and say what came of it, unless the menu is another danmaku's by then. */
  private async ask(action: () => Promise<string>): Promise<void> {
    const { item } = this;
    const said = await action().catch((error: unknown) => (
      error instanceof ProblemError ? error.problem.detail : t("The network is away. Try again.")
    ));
    if (this.item === item) this.say(said);
  }
}

customElements.define("edu-danmaku-menu", EduDanmakuMenu);

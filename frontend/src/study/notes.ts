/**
 * `<edu-notes>`: one's own notes on a lesson, written beside it. What is typed is kept on this device at once and in the
 * account soon after; without a network, without a session or without an account it stays here until it can be sent.
 *
 * It takes the place of what the server put into it. `lesson` is the lesson, `user` the account (empty for none),
 * `sign-in` where one signs in.
 */
import { t } from "../i18n";
import { call } from "../api/client";
import { newKey } from "../api/key";
import { areKeysHereOnly } from "../player/key-scope";
import { hear, tell } from "../player/link";
import { clock } from "./clock";
import { element } from "./markup";
import { type KeptNote, type NoteStore, noteStore } from "./note-store";
import { type Outcome, type SavedNote, type Waiting, sendNotes } from "./sync";
import "./notes.css";

const KEEP_MS = 250;
const SEND_MS = 1_500;
const UNDO_MS = 8_000;
const KEY = "n";

interface Shown {
  id: string;
  text: string;
  positionMs: number | null;
  version: number;
  /** Whether the server has it as it is. */
  isSaved: boolean;
  /** Why the server does not take it. */
  why: string;
}

class EduNotes extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly rows = new Map<Shown, HTMLLIElement>();
  private readonly list = element("ol", { className: "notes-list" });
  private readonly field = element("textarea", { rows: 3, maxLength: 40_000 });
  private readonly stamp = element("button", { type: "button", className: "notes-stamp" });
  private readonly status = element("p", { className: "notes-status", role: "status" });
  private readonly foreign = element("div");
  private store: NoteStore | undefined;
  /** What is being written in the field above the list. */
  private draft: Shown | undefined;
  private player: HTMLVideoElement | null = null;
  private keepTimer = 0;
  private sendTimer = 0;
  private readonly unkept = new Set<Shown>();
  private keeping = 0;
  private readonly meanwhile = new Set<Shown>();
  private isSending = false;

  connectedCallback(): void {
    if (this.store) return;
    const { signal } = this.listeners;
    hear("edu-time", () => { if (!this.draft) this.showStamp(); }, signal);
    document.addEventListener("keydown", (event) => { this.onKey(event); }, { signal });
    void this.start();
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    clearTimeout(this.sendTimer);
    void this.keep();
  }

  private get lesson(): string { return this.getAttribute("lesson") ?? ""; }
  private get owner(): string { return this.getAttribute("user") ?? ""; }

  /** Where the lesson is now; null where there is no player. */
  private get timeMs(): number | null { return this.player && Math.round(this.player.currentTime * 1000); }

  private async start(): Promise<void> {
    const store = await noteStore();
    if (this.store) return;
    this.store = store;
    this.player = document.querySelector("edu-player video");
    // One writes at once; what the server has put here stays until its answer has come.
    const there = [...this.children];
    const rendered = this.rendered();
    this.prepend(this.composer(), this.status, this.foreign, this.list);
    for (const form of there) if (form instanceof HTMLFormElement) this.takeOver(form);
    this.showStamp();
    const { signal } = this.listeners;
    addEventListener("online", () => void this.send(), { signal });
    addEventListener("pagehide", () => void this.keep(), { signal });
    document.addEventListener("visibilitychange", () => { if (document.hidden) void this.keep(); }, { signal });
    await this.load(rendered);
    for (const one of there) one.remove();
    await this.offerForeign();
    await this.send();
  }

  /** Take the place of the form that works without script, with what was typed into it already. */
  private takeOver(form: HTMLFormElement): void {
    const typed = form.querySelector("textarea")?.value;
    const hadFocus = form.contains(document.activeElement);
    form.remove();
    if (hadFocus) this.field.focus();
    if (!typed) return;
    this.field.value = typed;
    this.field.dispatchEvent(new Event("input"));
  }

  /** Show what the server has and, above it, what is kept here. */
  private async load(rendered: readonly Shown[]): Promise<void> {
    const found = new Map<string, Shown>();
    if (this.owner) {
      try {
        const { items } = await call<{ items: SavedNote[] }>("GET", `/api/v1/videos/${this.lesson}/notes`);
        for (const note of items) found.set(note.id, shownOf(note));
      } catch {
        for (const note of rendered) found.set(note.id, note);
        this.say(t("Your notes could not be fetched; what you write is kept on this device."));
      }
    }
    for (const kept of await this.kept()) {
      if (kept.isDeleted) found.delete(kept.id);
      else found.set(kept.id, { id: kept.id, text: kept.text, positionMs: kept.positionMs, version: kept.version, isSaved: false, why: "" });
    }
    const begun = new Set(this.written().map(({ id }) => id)); // written meanwhile
    for (const note of found.values()) if (!begun.has(note.id)) this.insert(note);
  }

  private async kept(): Promise<KeptNote[]> {
    const all = (await this.store?.all()) ?? [];
    return all.filter((kept) => kept.owner === this.owner && kept.lesson === this.lesson);
  }

  /** The notes that the server put into the page, where it did. */
  private rendered(): Shown[] {
    return [...this.querySelectorAll<HTMLElement>("[data-note]")].map(({ dataset }) => ({
      id: dataset["note"] ?? "",
      text: dataset["text"] ?? "",
      positionMs: dataset["positionMs"] ? Number(dataset["positionMs"]) : null,
      version: Number(dataset["version"]),
      isSaved: true,
      why: "",
    }));
  }

  private composer(): HTMLElement {
    const done = element("button", { type: "button", className: "button small", textContent: t("Done") });
    this.field.setAttribute("aria-label", t("New note"));
    this.field.placeholder = this.player ? t("Write a note at this moment") : t("Write a note");
    this.field.addEventListener("input", () => {
      this.draft ??= { id: newKey(), text: "", positionMs: this.timeMs, version: 0, isSaved: false, why: "" };
      this.change(this.draft, this.field.value);
    });
    this.field.addEventListener("keydown", (event) => { if (isDone(event)) this.finish(); });
    done.addEventListener("click", () => { this.finish(); });
    this.stamp.addEventListener("click", () => {
      if (!this.draft || !this.player) return;
      this.draft.positionMs = this.draft.positionMs === null ? this.timeMs : null;
      this.change(this.draft, this.draft.text);
      this.showStamp();
    });
    const row = element("div", { className: "notes-actions" }, this.stamp, done);
    return element("div", { className: "notes-new" }, this.field, row);
  }

  private showStamp(): void {
    const atMs = this.draft ? this.draft.positionMs : this.timeMs;
    this.stamp.hidden = !this.player;
    this.stamp.textContent = atMs === null ? t("Whole lesson") : t("At {time}", { time: clock(atMs) });
    this.stamp.disabled = !this.draft;
  }

  /** Put what was written into the list, and begin anew. */
  private finish(): void {
    const note = this.draft;
    this.draft = undefined;
    this.field.value = "";
    this.showStamp();
    this.field.focus();
    if (note) this.leave(note);
  }

  /** End the writing of a note: one without text is not kept. */
  private leave(note: Shown): void {
    if (note.text.trim()) {
      this.insert(note);
      void this.send();
    } else {
      this.drop(note);
      void this.discard(note, 0).then(() => this.send());
    }
  }

  private change(note: Shown, text: string): void {
    Object.assign(note, { text, isSaved: false, why: "" });
    this.unkept.add(note);
    if (this.isSending) this.meanwhile.add(note);
    clearTimeout(this.keepTimer);
    this.keepTimer = window.setTimeout(() => void this.keep(), KEEP_MS);
    this.sendSoon();
  }

  /** Keep what was typed on this device. */
  private async keep(): Promise<void> {
    clearTimeout(this.keepTimer);
    const { store } = this;
    const notes = [...this.unkept];
    this.unkept.clear();
    this.keeping++;
    if (store) await Promise.all(notes.map((note) => store.put(this.keptOf(note, false))));
    this.keeping--;
  }

  /** The notes of this page, and the one that is being written. */
  private written(): Shown[] {
    return [...this.rows.keys(), ...(this.draft ? [this.draft] : [])];
  }

  private markSaved(note: Shown): void {
    note.isSaved = true;
    this.mark(note);
  }

  private keptOf({ id, text, positionMs, version }: Shown, isDeleted: boolean): KeptNote {
    return { id, owner: this.owner, lesson: this.lesson, text, positionMs, version, isDeleted, changedAt: Date.now() };
  }

  private async send(): Promise<void> {
    clearTimeout(this.sendTimer);
    await this.keep();
    if (!this.store) return;
    if (this.isSending) {
      this.sendSoon();
      return;
    }
    this.isSending = true;
    let waiting: Waiting = "session";
    const told: Outcome[] = [];
    if (this.owner) {
      waiting = await sendNotes(this.store, this.owner, (outcome) => { if (this.hearOf(outcome)) told.push(outcome); });
    }
    this.isSending = false;
    // What was typed meanwhile may have been kept as a change of the version before.
    for (const note of this.meanwhile) this.unkept.add(note);
    this.meanwhile.clear();
    const isDue = this.unkept.size > 0;
    if (isDue) {
      await this.keep();
      this.sendSoon();
    }
    // What has to be told stays in sight; where the others are says itself again with the next change.
    if (!told.length && (waiting || !isDue)) await this.sayWhere(waiting);
  }

  private sendSoon(): void {
    clearTimeout(this.sendTimer);
    this.sendTimer = window.setTimeout(() => void this.send(), SEND_MS);
  }

  /** Follow what became of a note; returns whether it was something to tell. */
  private hearOf(outcome: Outcome): boolean {
    const note = this.written().find(({ id }) => id === outcome.id);
    if (outcome.kind === "stays") {
      this.say(t("This note was changed on another device; it was not deleted. Load the page again to see it."));
      return true;
    }
    if (!note) return false;
    if (outcome.kind === "saved") {
      note.version = outcome.note.version;
      note.isSaved = outcome.note.text === note.text;
    } else if (outcome.kind === "refused") {
      note.why = outcome.why;
    } else if (outcome.kind === "split") {
      Object.assign(note, { id: outcome.newId, version: 1, isSaved: true });
      if (outcome.theirs) this.insert(shownOf(outcome.theirs));
    }
    this.mark(note);
    if (outcome.kind === "split") {
      this.say(t("This note was changed on another device too. Both are kept: yours is a note of its own now."));
    }
    return outcome.kind === "split";
  }

  private async sayWhere(waiting: Waiting): Promise<void> {
    const count = (await this.kept()).filter((kept) => !kept.isDeleted).length;
    if (!count) {
      if (this.unkept.size || this.keeping) return; // typed meanwhile: it is sent soon, and says then where it is
      for (const note of this.written()) this.markSaved(note); // another page may have sent them
      this.say(this.written().length ? t("Saved") : "");
      return;
    }
    const lasting = this.store?.isLasting
      ? t("Kept on this device.")
      : t("This browser keeps nothing: what you write is lost when you leave the page.");
    const why = waiting === "network" ? t("It is sent when you are online again.") : waiting === "session" ? "" : t("See below why it was not saved.");
    this.say(`${lasting} ${why}`);
    if (waiting !== "session") return;
    const link = element("a", { href: this.getAttribute("sign-in") ?? "/accounts/login/", textContent: t("Sign in to keep your notes in your account") });
    this.status.append(link);
  }

  private say(text: string): void {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** Offer to take over what was written here by somebody without an account. */
  private async offerForeign(): Promise<void> {
    const store = this.store;
    const found = this.owner && store ? (await store.all()).filter((kept) => !kept.owner && !kept.isDeleted) : [];
    this.foreign.hidden = !found.length;
    if (!found.length || !store) return;
    const take = element("button", { type: "button", className: "button small", textContent: t("Take them over") });
    take.addEventListener("click", () => {
      void (async () => {
        for (const kept of found) {
          await store.put({ ...kept, owner: this.owner });
          if (kept.lesson === this.lesson) this.insert({ id: kept.id, text: kept.text, positionMs: kept.positionMs, version: 0, isSaved: false, why: "" });
        }
        this.foreign.hidden = true;
        this.field.focus();
        await this.send();
      })();
    });
    const text = t("Written on this device without an account: {n}", { n: found.length });
    this.foreign.replaceChildren(element("p", { className: "notes-foreign" }, `${text} `, take));
  }

  private insert(note: Shown): void {
    const row = this.rows.get(note) ?? element("li");
    this.rows.set(note, row);
    const after = [...this.rows.keys()].filter((other) => other !== note && isAfter(other, note))
      .sort((a, b) => (isAfter(a, b) ? 1 : -1))[0];
    this.list.insertBefore(row, (after && this.rows.get(after)) ?? null);
    this.show(note, row);
  }

  private show(note: Shown, row: HTMLLIElement): void {
    const text = element("p", { className: "notes-text", dir: "auto", textContent: note.text });
    const edit = element("button", { type: "button", className: "notes-act", textContent: t("Edit") });
    const remove = element("button", { type: "button", className: "notes-act", textContent: t("Delete") });
    edit.addEventListener("click", () => { this.edit(note, row); });
    remove.addEventListener("click", () => void this.takeOff(note, row));
    const mark = element("span", { className: "notes-mark" });
    row.replaceChildren(element("div", { className: "notes-head" }, this.place(note), mark, edit, remove), text);
    this.mark(note);
  }

  private place(note: Shown): HTMLElement {
    const at = note.positionMs;
    if (at === null) return element("span", { className: "notes-place", textContent: t("Whole lesson") });
    const link = element("a", { className: "notes-place", href: `/watch/${this.lesson}?t=${String(Math.floor(at / 1000))}`, textContent: clock(at) });
    link.addEventListener("click", (event) => {
      if (!this.player || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      tell("edu-seek", at);
    });
    return link;
  }

  private mark(note: Shown): void {
    const mark = this.rows.get(note)?.querySelector(".notes-mark");
    if (mark) mark.textContent = note.isSaved ? "" : note.why || t("on this device");
  }

  private edit(note: Shown, row: HTMLLIElement): void {
    const field = element("textarea", { rows: 4, maxLength: 40_000, value: note.text });
    const done = element("button", { type: "button", className: "button small", textContent: t("Done") });
    field.setAttribute("aria-label", t("Note"));
    field.addEventListener("input", () => { this.change(note, field.value); });
    const end = (): void => {
      this.leave(note);
      row.querySelector<HTMLElement>(".notes-act")?.focus();
    };
    field.addEventListener("keydown", (event) => { if (isDone(event)) end(); });
    done.addEventListener("click", end);
    row.replaceChildren(field, element("div", { className: "notes-actions" }, this.place(note), done));
    field.focus();
  }

  /** Delete a note. That is kept at once, and sent when it cannot be undone any more. */
  private async takeOff(note: Shown, row: HTMLLIElement): Promise<void> {
    const undo = element("button", { type: "button", className: "button quiet small", textContent: t("Undo") });
    row.replaceChildren(element("p", { className: "notes-gone" }, `${t("Deleted.")} `, undo));
    undo.focus();
    await this.discard(note, UNDO_MS);
    const timer = window.setTimeout(() => {
      this.drop(note);
      void this.send();
    }, UNDO_MS + 1);
    undo.addEventListener("click", () => {
      clearTimeout(timer);
      void (note.isSaved ? this.store?.remove(note.id) : this.store?.put(this.keptOf(note, false)));
      this.show(note, row);
      row.querySelector<HTMLElement>(".notes-act")?.focus();
    });
  }

  /** Keep that a note is deleted, in so many milliseconds; what the server has never had is only forgotten. */
  private async discard(note: Shown, inMs: number): Promise<void> {
    this.unkept.delete(note);
    const version = Math.max(note.version, (await this.store?.get(note.id))?.version ?? 0);
    if (this.owner && version) await this.store?.put({ ...this.keptOf(note, true), version, changedAt: Date.now() + inMs });
    else await this.store?.remove(note.id);
  }

  private drop(note: Shown): void {
    this.rows.get(note)?.remove();
    this.rows.delete(note);
  }

  private onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    const isTyping = target instanceof HTMLElement && (target.closest("input, textarea, select, dialog, [popover]") !== null || target.isContentEditable);
    // In a field there are keys without a name: browsers that fill it in say so by one.
    if (isTyping || event.key.toLowerCase() !== KEY || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!this.field.isConnected || areKeysHereOnly()) return;
    event.preventDefault();
    this.field.focus();
  }
}

function shownOf(note: SavedNote): Shown {
  return { id: note.id, text: note.text, positionMs: note.position_ms, version: note.version, isSaved: true, why: "" };
}

/** Notes about the whole lesson come first, the others in its order. */
function isAfter(a: Shown, b: Shown): boolean {
  return (a.positionMs ?? -1) > (b.positionMs ?? -1);
}

function isDone(event: KeyboardEvent): boolean {
  return event.key === "Enter" && (event.ctrlKey || event.metaKey);
}

customElements.define("edu-notes", EduNotes);

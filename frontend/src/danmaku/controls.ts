/** What the viewer chooses about danmaku: the content of a panel of the player, loaded when it is first opened. */
import { html, render, type TemplateResult } from "lit";
import { ProblemError } from "../api/client";
import { t } from "../i18n";
import { percent } from "../i18n/percent";
import { choice } from "../player/panel";
import { type Blocked, blockedPeople, unblock } from "./blocks";
import type { DanmakuItem } from "./items";
import { choicesIn, type Preference } from "./preference";
import type { Room } from "./room";
import "../ui/danmaku-panel.css";

type Mode = DanmakuItem["mode"];

const MOST_WORDS = 200;
const LONGEST_WORD = 40;
const areas = (): [number, string][] => [[0.25, "¼"], [0.5, "½"], [0.75, "¾"], [1, t("Full")]];
const onScreen = (): [number, string][] => [[20, "20"], [60, "60"], [120, "120"], [0, t("All")]];
const per10s = (): [number, string][] => [[10, "10"], [30, "30"], [60, "60"], [0, t("All")]];
const modes = (): [Mode, string][] => [["scroll", t("Flying")], ["reverse", t("Flying back")], ["top", t("Top")], ["bottom", t("Bottom")]];

/** Draw the panel and keep it right until the signal ends; `items` are those that are known. */
export function showDanmakuControls(into: HTMLElement, room: Room, items: () => readonly DanmakuItem[], signal: AbortSignal): void {
  const panel = new Panel(into, room, items);
  panel.draw();
  document.addEventListener("edu-danmaku-chosen", () => { panel.draw(); }, { signal });
}

class Panel {
  private status = "";

  constructor(private readonly into: HTMLElement, private readonly room: Room, private readonly items: () => readonly DanmakuItem[]) {}

  draw(): void {
    const now = choicesIn(this.room).now;
    render(html`
      <div class="panel-row switches">
        ${toggle(t("Show danmaku"), now.on, (on) => { this.change({ on }); })}
        ${toggle(t("Only teacher and questions"), now.only_learning, (isOnly) => { this.change({ only_learning: isOnly }); })}
        ${toggle(t("Without overlap"), now.avoid_overlap, (isAvoided) => { this.change({ avoid_overlap: isAvoided }); })}
      </div>
      ${range(t("Opacity"), { value: now.opacity, min: 0.1, max: 1, step: 0.05 }, percent, (opacity) => { this.change({ opacity }); })}
      ${range(t("Size"), { value: now.size, min: 0.5, max: 2, step: 0.1 }, percent, (size) => { this.change({ size }); })}
      ${range(t("Flying speed"), { value: now.speed, min: 0.5, max: 2, step: 0.1 }, times, (speed) => { this.change({ speed }); })}
      ${choice("area", t("Area"), now.area, areas(), (area) => { this.change({ area }); })}
      ${choice("on-screen", t("Most at once"), now.max_on_screen, onScreen(), (most) => { this.change({ max_on_screen: most }); })}
      ${choice("per-10s", t("Most in ten seconds"), now.max_per_10s, per10s(), (most) => { this.change({ max_per_10s: most }); })}
      ${this.types(now.hidden_modes)}
      <label class="panel-row"><span>${t("Time offset in seconds")}</span>
        <input type="number" min="-60" max="60" step="0.5" .value=${String(now.offset_ms / 1000)} @change=${(event: Event) => { this.shift(event); }}></label>
      ${this.words(now.block_words)}
      ${this.people()}
      <div class="panel-row"><button type="button" class="panel-button" @click=${() => { choicesIn(this.room).reset(); }}>${t("Back to the defaults")}</button></div>`,
    this.into);
  }

  private change(changes: Partial<Preference>): void {
    choicesIn(this.room).change(changes);
  }

  private types(hidden: readonly Mode[]): TemplateResult {
    return html`<div class="panel-row" role="group" aria-label=${t("Show")}><span aria-hidden="true">${t("Show")}</span><div class="segments">
      ${modes().map(([mode, name]) => html`<label><input type="checkbox" .checked=${!hidden.includes(mode)} @change=${(event: Event) => {
        const others = hidden.filter((other) => other !== mode);
        this.change({ hidden_modes: isChecked(event) ? others : [...others, mode] });
      }}><span>${name}</span></label>`)}</div></div>`;
  }

  private shift(event: Event): void {
    const input = event.target as HTMLInputElement;
    const seconds = Math.min(60, Math.max(-60, Number(input.value)));
    input.value = String(seconds);
    this.change({ offset_ms: Math.round(seconds * 1000) });
  }

  private words(words: readonly string[]): TemplateResult {
    const add = (event: SubmitEvent): void => {
      event.preventDefault();
      const input = (event.currentTarget as HTMLFormElement).elements[0] as HTMLInputElement;
      const word = input.value.trim();
      input.value = "";
      if (word) this.change({ block_words: [word, ...words.filter((other) => other !== word)].slice(0, MOST_WORDS) });
    };
    return html`<div class="panel-row" role="group" aria-label=${t("Blocked words")}><span aria-hidden="true">${t("Blocked words")}</span><div>
      <form class="panel-add" @submit=${add}><input type="text" maxlength=${LONGEST_WORD} autocomplete="off" aria-label=${t("A word to block")}>
        <button class="panel-button">${t("Add")}</button></form>
      ${words.length ? html`<ul class="panel-list">${words.map((word) => html`<li><span>${word}</span>
        <button type="button" class="panel-button" aria-label=${t("Unblock “{text}”", { text: word })}
          @click=${() => { this.change({ block_words: words.filter((other) => other !== word) }); }}>✕</button></li>`)}</ul>` : ""}</div></div>`;
  }

  private people(): TemplateResult {
    const people = blockedPeople(this.room, this.items());
    const others = this.room.blocked.size - people.filter(({ videoId }) => videoId === this.room.videoId).length;
    return html`<div class="panel-row" role="group" aria-label=${t("Blocked people")}><span aria-hidden="true">${t("Blocked people")}</span><div>
      ${people.length ? html`<ul class="panel-list">${people.map((person) => html`<li><span dir="auto">${person.text}</span>
        <button type="button" class="panel-button" aria-label=${t("Unblock who wrote “{text}”", { text: person.text })}
          @click=${() => void this.show(person)}>✕</button></li>`)}</ul>`
      : html`<p class="panel-note">${others > 0 ? "" : t("Nobody. The menu of a danmaku blocks who wrote it.")}</p>`}
      ${others > 0 ? html`<p class="panel-note">${t("{n} more, of whom nothing is known here.", { n: others })}</p>` : ""}
      <p class="panel-note" role="status">${this.status}</p></div></div>`;
  }

  private async show(person: Blocked): Promise<void> {
    try {
      await unblock(this.room, person);
      this.status = "";
    } catch (error) {
      this.status = error instanceof ProblemError ? error.problem.detail : t("The network is away. Try again.");
    }
    this.draw();
  }
}

const times = (value: number): string => `${Math.round(value * 10) / 10}×`;

function toggle(label: string, isOn: boolean, onChange: (isOn: boolean) => void): TemplateResult {
  return html`<label class="panel-switch"><input type="checkbox" role="switch" .checked=${isOn}
    @change=${(event: Event) => { onChange(isChecked(event)); }}><span>${label}</span></label>`;
}

function range(
  label: string,
  { value, min, max, step }: { value: number; min: number; max: number; step: number },
  shown: (value: number) => string,
  onChange: (value: number) => void,
): TemplateResult {
  return html`<label class="panel-row range"><span>${label}</span><input type="range" min=${min} max=${max} step=${step} .value=${String(value)}
    aria-valuetext=${shown(value)} @input=${(event: Event) => { onChange(Number((event.target as HTMLInputElement).value)); }}>
    <output>${shown(value)}</output></label>`;
}

function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}

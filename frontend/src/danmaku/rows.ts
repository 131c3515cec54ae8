/** What a row of the list says: the time, the kind, the text, how many said it and like it. All of it is text. */
import { t } from "../i18n";
import { clock } from "../study/clock";
import type { DanmakuItem } from "./items";

interface Around {
  isSending: boolean;
  /** Of an answer, the text of its question where that is known. */
  question: string | undefined;
}

/** The buttons of a row: to its moment, and to what can be done with it. */
export function buttonsOf(item: DanmakuItem, { isSending, question }: Around): HTMLButtonElement[] {
  const said = document.createElement("span");
  const kind = kindOf(item);
  if (kind) said.append(piece("kind", kind), " ");
  if (question) said.append(piece("to", `“${question}”`), " ");
  said.append(item.text);
  const { count = 1, likes = 0 } = item;
  if (count > 1) said.append(" ", piece("count", `×${count}`, t("said {n} times", { n: count })));
  if (likes) said.append(" ", piece("likes", `♥ ${likes}`, t("Likes: {n}", { n: likes })));
  if (isSending) said.append(" ", piece("sending", t("Sending …")));
  const time = document.createElement("time");
  time.textContent = clock(item.position_ms);
  const row = buttonWith(time, said);
  row.value = String(item.position_ms);
  if (isSending) return [row];
  const more = buttonWith("⋯");
  more.dataset["id"] = item.id;
  more.setAttribute("aria-label", t("More about “{text}”", { text: item.text }));
  more.setAttribute("aria-haspopup", "dialog");
  return [row, more];
}

function kindOf({ kind }: DanmakuItem): string {
  if (kind === "teacher") return t("Teacher");
  if (kind === "question") return t("Question");
  return kind === "answer" ? t("Answer") : "";
}

function buttonWith(...content: (string | Node)[]): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.append(...content);
  return button;
}

/** A part of a row; `spoken` is read instead of it. */
function piece(className: string, text: string, spoken?: string): HTMLSpanElement {
  const part = document.createElement("span");
  part.className = className;
  part.textContent = text;
  if (spoken) {
    part.setAttribute("role", "img");
    part.setAttribute("aria-label", spoken);
  }
  return part;
}

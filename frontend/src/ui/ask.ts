/** A question before something that cannot be undone. */

/** Ask in a dialog within an element; `onYes` runs only after a yes. The cautious answer has the focus. */
export function ask(host: HTMLElement, texts: { question: string; yes: string; no: string }, onYes: () => void): void {
  const dialog = document.createElement("dialog");
  const sentence = document.createElement("p");
  sentence.textContent = texts.question;
  dialog.setAttribute("aria-label", texts.question);
  const actions = document.createElement("div");
  actions.className = "actions";
  const close = (): void => { dialog.close(); };
  const yes = button(texts.yes, "button danger", () => {
    close();
    onYes();
  });
  const no = button(texts.no, "button quiet", close);
  actions.append(yes, no);
  dialog.append(sentence, actions);
  dialog.addEventListener("close", () => { dialog.remove(); });
  host.append(dialog);
  dialog.showModal();
  no.focus();
}

function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  Object.assign(element, { type: "button", textContent: text, className });
  element.addEventListener("click", onClick);
  return element;
}

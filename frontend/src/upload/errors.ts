/** Saying what is wrong with a form: at its fields, and in its one line of status. */

export class FormErrors {
  constructor(readonly form: HTMLFormElement) {}

  /** Say it at a field; one that the form does not have gets it in the status line. */
  wrong(field: string, message: string): void {
    const place = this.form.querySelector(`[data-field="${CSS.escape(field)}"]`);
    if (!place) {
      this.say(message);
      return;
    }
    const line = document.createElement("p");
    line.textContent = message;
    place.setAttribute("role", "alert");
    place.replaceChildren(line);
    place.closest(".field")?.classList.add("wrong");
  }

  say(text: string): void {
    const status = this.form.querySelector(".form-status");
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("wrong", text !== "");
  }

  clear(): void {
    for (const place of this.form.querySelectorAll("[data-field]")) place.replaceChildren();
    for (const field of this.form.querySelectorAll(".wrong")) field.classList.remove("wrong");
    this.say("");
  }

  /** Go to the first field that is wrong: on a phone it may be far above the button. */
  toFirst(): void {
    this.form.querySelector<HTMLElement>(".wrong :is(input, select, textarea)")?.focus();
  }
}

/** `<edu-new-lesson>`: the draft first, then its bytes; what was typed survives every failure. */
import { call, ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { CANCELLED, EduUpload } from "./upload";

type Draft = components["schemas"]["DraftOut"];

class EduNewLesson extends HTMLElement {
  private readonly listeners = new AbortController();

  connectedCallback(): void {
    const form = this.querySelector("form");
    const { signal } = this.listeners;
    const file = form?.querySelector<HTMLInputElement>("input[type=file]");
    const title = form?.querySelector<HTMLInputElement>("input[name=title]");
    file?.addEventListener("change", () => {
      const name = file.files?.[0]?.name;
      if (title && name && !title.value) title.value = name.replace(/\.[^.]+$/, "").slice(0, 120);
    }, { signal });
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit(form);
    }, { signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  private async submit(form: HTMLFormElement): Promise<void> {
    const file = form.querySelector<HTMLInputElement>("input[type=file]")?.files?.[0];
    this.clear(form);
    if (!file) {
      this.wrong(form, "file", t("Please choose a recording."));
      this.toFirstWrong(form);
      return;
    }
    const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
    if (button) button.disabled = true;
    try {
      const texts = Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "file" && name !== "csrfmiddlewaretoken"));
      const draft = await call<Draft>("POST", "/api/v1/videos", { body: { ...texts, filename: file.name, size_bytes: file.size } });
      this.send(form, draft, file);
    } catch (error) {
      if (error instanceof ProblemError) this.explain(form, error);
      else this.say(form, t("The network is away. What you typed is still here; try again."));
    } finally {
      if (button) button.disabled = false;
    }
  }

  private send(form: HTMLFormElement, draft: Draft, file: File): void {
    const upload = new EduUpload();
    upload.setAttribute("video-id", draft.id);
    upload.setAttribute("upload-url", draft.upload.url);
    upload.setAttribute("protocol", draft.upload.protocol);
    upload.file = file;
    upload.addEventListener(CANCELLED, (event) => {
      event.preventDefault();
      this.replaceChildren(form); // with all that was typed
      void this.forget(draft);
    });
    this.replaceChildren(upload);
    upload.scrollIntoView({ block: "center" }); // the form was longer, on a phone its end was in sight
  }

  /** Delete the draft of a cancelled upload; where that fails it stands among the creator's lessons. */
  private async forget(draft: Draft): Promise<void> {
    try {
      await call("DELETE", `/api/v1/videos/${draft.id}`);
    } catch (error) {
      console.warn("The draft of the cancelled upload is still there", error);
    }
  }

  private explain(form: HTMLFormElement, error: ProblemError): void {
    const fields = error.problem.errors ?? [];
    for (const { field, message } of fields) this.wrong(form, field === "size_bytes" ? "file" : field, message);
    if (!fields.length) this.say(form, error.problem.detail);
    this.toFirstWrong(form);
  }

  /** Go to the first field that is wrong: on a phone it may be far above the button. */
  private toFirstWrong(form: HTMLFormElement): void {
    form.querySelector<HTMLElement>(".field.wrong :is(input, select, textarea)")?.focus();
  }

  private wrong(form: HTMLFormElement, field: string, message: string): void {
    const place = form.querySelector(`[data-field="${CSS.escape(field)}"]`);
    if (!place) {
      this.say(form, message);
      return;
    }
    const line = document.createElement("p");
    line.textContent = message;
    place.setAttribute("role", "alert");
    place.replaceChildren(line);
    place.closest(".field")?.classList.add("wrong");
  }

  private clear(form: HTMLFormElement): void {
    for (const place of form.querySelectorAll("[data-field]")) place.replaceChildren();
    for (const field of form.querySelectorAll(".wrong")) field.classList.remove("wrong");
    this.say(form, "");
  }

  private say(form: HTMLFormElement, text: string): void {
    const status = form.querySelector(".form-status");
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("wrong", text !== "");
  }
}

customElements.define("edu-new-lesson", EduNewLesson);

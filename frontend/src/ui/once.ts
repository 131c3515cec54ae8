/**
 * A form that is on its way is not sent a second time: two taps on a slow network would make two playlists. The button
 * shows that it works; it works again when the page comes back, or when nothing has come for a while.
 */

const PATIENCE_MS = 10_000;

const sent = new Map<HTMLFormElement, { by: HTMLElement | null; at: number }>();

addEventListener("submit", (event) => {
  const { target: form, submitter: by } = event;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return; // sent by an element
  const before = sent.get(form);
  if (before?.by === by && before.at > Date.now() - PATIENCE_MS) {
    event.preventDefault();
    return;
  }
  sent.set(form, { by, at: Date.now() });
  by?.setAttribute("aria-busy", "true");
});

addEventListener("pageshow", () => {
  for (const { by } of sent.values()) by?.removeAttribute("aria-busy");
  sent.clear();
});

export {};

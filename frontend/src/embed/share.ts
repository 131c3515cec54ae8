/** What a page has to be shared by: the buttons that copy, and, once somebody looks for it, the code that follows options. */
import "./copy";

function load(): void {
  void import("./code").catch(() => undefined); // the plain code is there
}

document.addEventListener("toggle", (event) => {
  if (event.target instanceof HTMLDetailsElement && event.target.matches(".share[open]")) load();
}, { capture: true }); // it does not bubble
if (document.querySelector("details.share[open] edu-embed-code, edu-embed-code:not(details *)")) load();

/** Where the single keys of a watch page work: whoever speaks to type sets them off without meaning to (WCAG 2.1.4). */

/** Let the keys work in the whole page, or where the player has the focus. */
export function limitKeys(host: HTMLElement, isHereOnly: boolean): void {
  host.toggleAttribute("keys-here-only", isHereOnly);
}

/** Whether the viewer wants the page's single keys to be silent. */
export function areKeysHereOnly(): boolean {
  return document.querySelector("edu-player[keys-here-only]") !== null;
}

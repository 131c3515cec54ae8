/** Theatre: on wide screens the picture takes the page's whole width. The style sheet says from which width on. */

const WIDE = matchMedia("(min-width: 1024px)");

/** Whether this page has room for it. */
export function mayBeTheatre(): boolean {
  return WIDE.matches && stage() !== null;
}

export function showTheatre(isOn: boolean): void {
  stage()?.classList.toggle("theatre", isOn);
}

function stage(): Element | null {
  return document.querySelector(".watch:not(:has(edu-player[portrait]))");
}

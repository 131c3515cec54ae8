/** Pictures of buttons, drawn like those of the site's own sheet. */
import { svg, type TemplateResult } from "lit";

const PATHS = {
  play: "M7 5v14l12-7z",
  here: "M12 3v5m0 8v5M3 12h5m8 0h5M12 12h.01",
  picture: "M4 5h16v14H4zm0 11 5-5 4 4 3-3 4 4M9 9h.01",
  remove: "M6 6l12 12M18 6L6 18",
};

export function icon(name: keyof typeof PATHS): TemplateResult {
  return svg`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[name]}></path></svg>`;
}

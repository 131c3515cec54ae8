/**
 * `<edu-embed-code>`: what the frame of the code may ask for (embedding/options.py), the code that follows it, and the
 * frame itself, loaded when somebody wants to see it. Without script the code is there as the server wrote it.
 */
import "./code.css";

/** What was chosen; an empty text leaves a thing as it is. */
export interface Chosen {
  /** `640x360`; empty fills the place of the frame. */
  size: string;
  startS: number;
  captions: string;
  lang: string;
  hasDanmaku: boolean;
  hasControls: boolean;
  isAutoplay: boolean;
  isLoop: boolean;
}

/** The query of a frame's address, with its question mark; empty for a frame as it is by itself. Pure. */
export function queryOf(chosen: Chosen): string {
  const values = {
    t: chosen.startS ? String(chosen.startS) : "",
    autoplay: chosen.isAutoplay ? "1" : "",
    muted: chosen.isAutoplay ? "1" : "", // browsers allow no other
    loop: chosen.isLoop ? "1" : "",
    controls: chosen.hasControls ? "" : "0",
    danmaku: chosen.hasDanmaku ? "" : "0",
    captions: chosen.captions,
    lang: chosen.lang,
  };
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value)).toString();
  return query && `?${query}`;
}

/** The server's code with another address and size. Pure. */
export function codeWith(code: string, chosen: Chosen): string {
  const [width = "100%", height = ""] = chosen.size ? chosen.size.split("x") : [];
  const style = chosen.size ? "border:0;max-width:100%" : "border:0;width:100%;height:auto;aspect-ratio:16/9";
  return code
    .replace(/ src="([^"?]*)[^"]*"/, (_whole, url: string) => ` src="${url}${queryOf(chosen).replaceAll("&", "&amp;")}"`)
    .replace(/ width="[^"]*" height="[^"]*"/, ` width="${width}"${height && ` height="${height}"`}`)
    .replace(/ style="[^"]*"/, ` style="${style}"`);
}

/** Seconds of `90`, `1:30` or `1:02:03`; 0 for everything else. Pure. */
export function secondsOf(text: string): number {
  if (!/^\d{1,6}$|^(?:\d{1,2}:)?\d{1,3}:\d{2}$/.test(text.trim())) return 0;
  return text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

class EduEmbedCode extends HTMLElement {
  private readonly listeners = new AbortController();
  private preview: HTMLIFrameElement | undefined;

  connectedCallback(): void {
    const { signal } = this.listeners;
    const area = this.querySelector("textarea");
    const options = this.querySelector<HTMLFieldSetElement>(".embed-options");
    const link = this.querySelector<HTMLAnchorElement>(".embed-preview a");
    if (!area || !options || !link) return;
    const code = area.value;
    options.hidden = false;
    const follow = (): void => {
      area.value = codeWith(code, this.chosen());
      if (this.preview) this.show(link, this.preview);
    };
    options.addEventListener("change", follow, { signal });
    follow();
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (this.preview) return;
      this.preview = document.createElement("iframe");
      Object.assign(this.preview, { className: "preview", title: link.textContent, allow: "autoplay; fullscreen; picture-in-picture" });
      this.show(link, this.preview);
      link.closest("p")?.after(this.preview);
    }, { signal });
  }

  disconnectedCallback(): void {
    this.listeners.abort();
  }

  /** From our own host, whatever the address in the code: it is the same frame. */
  private show(link: HTMLAnchorElement, preview: HTMLIFrameElement): void {
    const path = `${new URL(link.href).pathname}${queryOf(this.chosen())}`;
    const [width = 0, height = 0] = this.chosen().size.split("x").map(Number);
    preview.style.cssText = width ? `width:${width}px;height:${height}px;max-width:100%;aspect-ratio:auto` : "";
    if (preview.getAttribute("src") !== path) preview.src = path;
  }

  private chosen(): Chosen {
    const text = (name: string): string => this.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`)?.value ?? "";
    const isOn = (name: string): boolean => this.querySelector<HTMLInputElement>(`[name=${name}]`)?.checked ?? false;
    return {
      size: text("size"),
      startS: secondsOf(text("t")),
      captions: text("captions"),
      lang: text("lang"),
      hasDanmaku: isOn("danmaku"),
      hasControls: isOn("controls"),
      isAutoplay: isOn("autoplay"),
      isLoop: isOn("loop"),
    };
  }
}

customElements.define("edu-embed-code", EduEmbedCode);

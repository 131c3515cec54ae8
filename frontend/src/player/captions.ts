/**
 * Captions over the picture, in one language or in two, the first above the second, as the viewer likes them.
 *
 * A track that is "showing" is drawn here and not by the browser (the style sheet hides its own), so that two never
 * cover each other and none covers the controls. Where the browser takes the picture out of the page (a phone's own
 * full screen, picture in picture), it draws them by itself.
 */
import type { Preferences } from "./stored";

export function captionTracks(video: HTMLVideoElement): TextTrack[] {
  return [...video.textTracks].filter((track) => track.kind === "captions" || track.kind === "subtitles");
}

/** Return the tracks for the wanted languages, the upper first; the first may be any, the second only what was chosen. */
export function chosenTracks(tracks: readonly TextTrack[], languages: readonly string[]): TextTrack[] {
  const { lang } = document.documentElement;
  const first = inLanguage(tracks, languages[0]) ?? inLanguage(tracks, lang) ?? tracks[0];
  const second = inLanguage(tracks.filter((track) => track !== first), languages[1]);
  return [first, second].filter((track) => track !== undefined);
}

function inLanguage(tracks: readonly TextTrack[], tag: string | undefined): TextTrack | undefined {
  if (!tag) return undefined;
  const primary = (of: string): string => of.toLowerCase().split("-")[0] ?? "";
  return tracks.find(({ language }) => language === tag) ?? tracks.find(({ language }) => primary(language) === primary(tag));
}

export interface CaptionsOptions {
  /** Gets the captions, and the classes by which the page makes room for them. */
  around: HTMLElement;
  preferences: Readonly<Preferences>;
  /** Something else of the page or the browser has changed the tracks. */
  onChoice: (changes: Partial<Preferences>) => void;
  /** Whether any show, when that has changed. */
  onShow: (areShown: boolean) => void;
}

export class Captions {
  private readonly layer = document.createElement("div");
  private readonly followed = new WeakSet<TextTrack>();
  private shown: TextTrack[] = [];
  private isElsewhere = false;
  /** Browsers turn captions on by themselves while a lesson loads and when it gets a track: until it plays on, only we choose. */
  private isSettled = false;

  constructor(private readonly video: HTMLVideoElement, private readonly options: CaptionsOptions, private readonly signal: AbortSignal) {
    this.layer.className = "caption-layer";
    this.layer.setAttribute("noautohide", "");
    options.around.prepend(this.layer); // below danmaku and controls
    video.textTracks.addEventListener("change", () => { this.follow(); }, { signal });
    for (const target of [video, video.textTracks]) {
      for (const name of ["loadstart", "addtrack", "removetrack"]) target.addEventListener(name, () => { this.hold(); }, { signal });
    }
    for (const name of ["playing", "timeupdate"]) video.addEventListener(name, () => { this.settle(); }, { signal });
    for (const name of ["webkitbeginfullscreen", "enterpictureinpicture"]) video.addEventListener(name, () => { this.move(true); }, { signal });
    for (const name of ["webkitendfullscreen", "leavepictureinpicture"]) video.addEventListener(name, () => { this.move(false); }, { signal });
    this.apply();
  }

  get areShown(): boolean {
    return this.shown.length > 0;
  }

  /** Bring tracks, layer and page in line with what the viewer prefers. */
  apply(): void {
    const { around, preferences: { captions, captionLanguages, look }, onShow } = this.options;
    const tracks = captionTracks(this.video);
    const before = this.areShown;
    this.shown = captions ? chosenTracks(tracks, captionLanguages) : [];
    for (const track of tracks) {
      const mode = this.shown.includes(track) ? "showing" : "disabled";
      if (track.mode !== mode) track.mode = mode;
      if (this.followed.has(track)) continue;
      this.followed.add(track);
      track.addEventListener("cuechange", () => { this.draw(); }, { signal: this.signal });
    }
    this.layer.dataset["background"] = look.background;
    this.layer.style.setProperty("--caption-size", String(look.size));
    this.layer.style.setProperty("--caption-color", look.color);
    around.classList.toggle("captions-top", this.areShown && look.place === "top");
    around.classList.toggle("captions-two", this.shown.length > 1);
    around.classList.toggle("captions-elsewhere", this.isElsewhere);
    this.draw();
    if (before !== this.areShown) onShow(this.areShown);
  }

  private hold(): void {
    this.isSettled = false;
    this.apply();
  }

  private settle(): void {
    if (this.isSettled || this.video.paused) return;
    this.apply();
    this.isSettled = true;
  }

  /** Hold the tracks to what was chosen, or let a change of them be a choice. */
  private follow(): void {
    const showing = captionTracks(this.video).filter(({ mode }) => mode === "showing");
    const isOurs = showing.length === this.shown.length && showing.every((track) => this.shown.includes(track));
    if (!isOurs && this.isSettled) {
      const captionLanguages = showing.map(({ language }) => language);
      this.options.onChoice(showing.length ? { captions: true, captionLanguages } : { captions: false });
    } else this.apply();
  }

  private move(isElsewhere: boolean): void {
    this.isElsewhere = isElsewhere;
    this.apply();
  }

  private draw(): void {
    this.layer.replaceChildren(...this.isElsewhere ? [] : this.shown.flatMap((track) => {
      const cues = [...track.activeCues ?? []] as VTTCue[];
      return cues.length ? [lineOf(track.language, cues)] : [];
    }));
  }
}

function lineOf(language: string, cues: readonly VTTCue[]): HTMLElement {
  const line = document.createElement("p");
  line.lang = language;
  line.dir = "auto";
  for (const cue of cues) {
    const text = document.createElement("span");
    text.append(cue.getCueAsHTML()); // the browser's reading of WebVTT, which knows no scripts
    line.append(text);
  }
  return line;
}

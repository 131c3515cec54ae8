/**
 * `<edu-poster>` around the forms of the poster: a choice, an upload or the picture of the preview is saved at once, and
 * shown. Without script the forms do the first two.
 */
import { ProblemError } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { PosterOffer } from "./offer";
import { previewVideo } from "./preview";
import { type Notice, noticeLine, noticeOf, send, sendPicture } from "./saving";
import { render } from "lit";

type Poster = components["schemas"]["PosterOut"];

const JPEG_QUALITY = 0.92;

class EduPoster extends HTMLElement {
  private readonly listeners = new AbortController();
  private readonly status = document.createElement("div");
  private queue: Promise<void> = Promise.resolve();
  private waiting = 0;
  private offer: PosterOffer | undefined;

  connectedCallback(): void {
    if (this.status.isConnected) return;
    const { signal } = this.listeners;
    this.append(this.status);
    this.hideButtons();
    const place = this.querySelector<HTMLElement>(".poster-offer");
    if (place) this.offer = new PosterOffer(place, this.path, () => void this.showCandidates(place));
    this.addEventListener("change", (event) => {
      const input = event.target;
      if (!(input instanceof HTMLInputElement)) return;
      if (input.type === "radio") void this.save(() => this.choose(input.value));
      const file = input.files?.[0];
      if (file) void this.save(() => this.upload(file)).then(() => { input.value = ""; });
    }, { signal });
    this.addEventListener("submit", (event) => { event.preventDefault(); }, { signal });
    if (previewVideo()) this.addCapture(signal);
    this.say(undefined);
  }

  disconnectedCallback(): void {
    this.listeners.abort();
    this.offer?.destroy();
  }

  private hideButtons(): void {
    for (const button of this.querySelectorAll<HTMLElement>("form button")) button.hidden = true;
  }

  /** Put the pictures, as the page shows them when it is loaded anew, in the place where they were waited for. */
  private async showCandidates(place: HTMLElement): Promise<void> {
    const text = await fetch(location.pathname, { credentials: "same-origin" }).then((answer) => answer.text()).catch(() => undefined);
    if (text === undefined) {
      addEventListener("online", () => void this.showCandidates(place), { once: true, signal: this.listeners.signal });
      return;
    }
    const form = new DOMParser().parseFromString(text, "text/html").querySelector("edu-poster .posters")?.closest("form");
    if (!form) return;
    place.replaceWith(document.adoptNode(form));
    this.hideButtons();
  }

  private addCapture(signal: AbortSignal): void {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button quiet small", textContent: t("Use the picture of the preview") });
    button.addEventListener("click", () => void this.save(async () => this.upload(await pictureOf(previewVideo()))), { signal });
    this.status.before(button);
  }

  private get path(): string {
    return `/api/v1/videos/${this.getAttribute("video-id")}/poster`;
  }

  private choose(value: string): Promise<Poster> {
    return value === "automatic"
      ? send<undefined>("DELETE", this.path).then(() => send<Poster>("GET", this.path))
      : send<Poster>("PUT", this.path, { body: { at_ms: Number(value) } });
  }

  private upload(picture: Blob): Promise<Poster> {
    return sendPicture<Poster>("PUT", `${this.path}/picture`, picture);
  }

  /** One after the other: what was chosen last is the poster in the end, and what is shown. */
  private save(action: () => Promise<Poster>): Promise<void> {
    this.waiting += 1;
    this.say({ text: t("Saving.") });
    return this.queue = this.queue.then(async () => {
      try {
        const poster = await action();
        this.waiting -= 1;
        if (this.waiting) return;
        this.show(poster);
        this.say({ text: t("Saved. This is the poster now.") });
      } catch (error) {
        this.waiting -= 1;
        this.say(noticeOf(error));
      }
    });
  }

  private show({ origin, at_ms: atMs, poster_url: url }: Poster): void {
    const image = this.querySelector<HTMLImageElement>(".poster-now img");
    if (image && url) image.src = url;
    const chosen = origin === "automatic" ? "automatic" : String(atMs);
    for (const input of this.querySelectorAll<HTMLInputElement>("input[type=radio]")) input.checked = input.value === chosen;
    const video = previewVideo();
    if (video && url) video.poster = url;
  }

  private say(notice: Notice | undefined): void {
    render(noticeLine(notice), this.status);
  }
}

async function pictureOf(video: HTMLVideoElement | null): Promise<Blob> {
  const refused = new ProblemError({ title: "", status: 0, detail: t("This browser does not give the picture. Go to the moment in the preview first, or upload a picture.") }, 0);
  if (!video?.videoWidth) throw refused;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  try {
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    const picture = await new Promise<Blob | null>((resolve) => { canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY); });
    if (picture) return picture;
  } catch {
    // Media of another origin: the browser keeps them from scripts.
  }
  throw refused;
}

customElements.define("edu-poster", EduPoster);

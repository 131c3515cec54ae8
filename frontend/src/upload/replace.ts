/** `<edu-replace>`: a new recording for a lesson that is there, in place of the old one (`has-recording`) or of none. */
import { html, nothing, render } from "lit";
import { call } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n";
import { fingerprintOf } from "./fingerprint";
import { sentenceOf } from "./problems";
import { SEND, sourcesOf, type Way, waysOf } from "./sources";
import { askStorage, lackOf, roomFor } from "./storage";
import { EduUpload } from "./upload";
import { question } from "./ways";

type UploadOut = components["schemas"]["UploadOut"];

class EduReplace extends HTMLElement {
  private file: File | undefined;
  private fingerprint = "";
  private ways: Way[] = [SEND];
  private way: Way = SEND;
  private problem = "";
  private isBusy = false;

  connectedCallback(): void {
    this.draw();
  }

  private get videoId(): string {
    return this.getAttribute("video-id") ?? "";
  }

  private get hasRecording(): boolean {
    return this.hasAttribute("has-recording");
  }

  /** Look whether the file was sent before; where that cannot be told it can be sent all the same. */
  private async choose(file: File | undefined): Promise<void> {
    this.file = file;
    this.fingerprint = this.problem = "";
    this.ways = [SEND];
    this.way = SEND;
    if (file?.size) await this.occupied(() => this.recognize(file));
    this.draw();
  }

  private async recognize(file: File): Promise<void> {
    this.fingerprint = await fingerprintOf(file);
    try {
      const sources = await sourcesOf(file.size, this.fingerprint);
      this.ways = waysOf(sources.filter(({ upload }) => upload.state === "completed"));
      this.way = this.ways[0] ?? SEND;
    } catch (error) {
      console.warn("Whether this file was sent before cannot be told now", error);
    }
  }

  private async send(): Promise<void> {
    const { file, way } = this;
    if (!file) {
      this.problem = t("Please choose a recording.");
      this.draw();
      return;
    }
    await this.occupied(async () => {
      this.problem = way.kind === "send" ? await lack(this.getAttribute("organization") ?? "", file.size) : "";
      if (this.problem) return;
      const recording = way.kind === "reuse" ? { same_as: way.source.upload.id } : {};
      const body = { filename: file.name, size_bytes: file.size, fingerprint: this.fingerprint, ...recording };
      const made = await call<UploadOut>("POST", `/api/v1/videos/${this.videoId}/upload`, { body });
      this.show(made, file);
    });
    this.draw();
  }

  private show(made: UploadOut, file: File): void {
    const next = made.state === "completed" ? document.createElement("edu-processing") : new EduUpload();
    next.setAttribute("video-id", this.videoId);
    next.toggleAttribute("has-recording", this.hasRecording);
    next.setAttribute("upload-url", made.url);
    next.setAttribute("protocol", made.protocol);
    if (next instanceof EduUpload) next.file = file;
    this.replaceWith(next);
    next.scrollIntoView({ block: "nearest" });
  }

  /** Do something that takes a while, once, and say what went wrong. */
  private async occupied(action: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    this.draw();
    try {
      await action();
    } catch (error) {
      this.problem = sentenceOf(error);
    } finally {
      this.isBusy = false;
    }
  }

  private draw(): void {
    if (!this.isConnected) return;
    const choose = (event: Event): void => { void this.choose((event.target as HTMLInputElement).files?.[0]); };
    const label = this.hasRecording ? t("Replace the recording") : t("Upload a recording");
    render(html`
      <p class="help">${this.hasRecording
        ? t("The lesson keeps its address, its danmaku and its notes. The old recording plays until the new one is ready.")
        : t("The lesson keeps its address and all that belongs to it.")}</p>
      <div class="field ${this.problem ? "wrong" : ""}"><input type="file" accept="video/*,audio/*,.mkv,.ts,.flv" aria-label=${t("Recording")} @change=${choose}></div>
      ${question(`way-of-${this.videoId}`, this.ways, this.way, (way) => { this.way = way; })}
      <p class="form-status wrong" role="alert">${this.problem || nothing}</p>
      <p class="actions"><button type="button" class="button quiet" ?disabled=${this.isBusy} @click=${() => void this.send()}>${label}</button></p>`, this);
  }
}

/** Return why a file does not fit; "" where it does, or where that is told later by the server. */
async function lack(organization: string, sizeBytes: number): Promise<string> {
  try {
    const room = roomFor(await askStorage(), organization);
    return room ? lackOf(room, sizeBytes) : "";
  } catch {
    return "";
  }
}

customElements.define("edu-replace", EduReplace);

/**
 * Feeds a media element from HLS: hls.js where it works, the browser's own HLS where not.
 *
 * An asset that is still being encoded has EVENT playlists that grow; the player starts at 0 and hls.js reads only the
 * media playlists again, never the multivariant one.
 *
 * What is not public comes by a playback session (DESIGN, rule 10). When that has ended, or the lesson has moved, both
 * ask for its address as it is now and go on at the same second.
 */
import Hls, { type ErrorData } from "hls.js";
import { rememberBps, startEstimateBps } from "./bandwidth";
import { hasPlace } from "./progress";
import { Reconnection } from "./reconnection";

export interface Quality {
  /** Index for `setQuality`. */
  index: number;
  heightPx: number;
}

export const AUTOMATIC = -1;
export const SAVER = -2;

/** Why a lesson cannot go on: what came cannot be decoded, this browser lacks its kind of media, or it is not there. */
export type Fault = "decode" | "unsupported" | "missing";

export interface Source {
  qualities(): Quality[];
  /** Choose one of them, or that it is chosen by what the line carries (`AUTOMATIC`), or by that up to 360p (`SAVER`). */
  setQuality(index: number): void;
  quality(): number;
  /** Load again after a fault, or at once while the network is away; at the same position. */
  retry(): void;
  destroy(): void;
}

export interface SourceOptions {
  url: string;
  startS: number;
  savesData: boolean;
  /** Return the lesson's address as it is now, or null when the viewer may not watch it any more. */
  renew: () => Promise<string | null>;
  onRenewed: (url: string) => void;
  onGone: () => void;
  onFault: (fault: Fault) => void;
  /** Nothing comes, and it is tried again until this is called once more. */
  onAway: (isAway: boolean) => void;
  onQualities: () => void;
}

const RETRIES = 2; // for what a moment heals; a longer outage is the reconnection's
const REFUSALS = [403, 404];
const SAVER_PX = 360;
/** How far ahead is loaded, at least and, if its bytes are few, at most: what is not watched costs phones their data. */
const AHEAD_S = [30, 60] as const;
const SAVER_AHEAD_S = [10, 10] as const;
const SAVER_START_BPS = 500_000;
const UNSUPPORTED: string[] = [
  Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR,
  Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR,
  Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR,
];
const MEDIA_FAULTS: Partial<Record<number, Fault>> = { 3: "decode", 4: "unsupported" }; // by the code of a MediaError

/** Whether an answer says that it may be otherwise in a while: none at all, or of a server that cannot now. */
export function isPassing(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500;
}

export function attachSource(media: HTMLVideoElement, options: SourceOptions): Source {
  return Hls.isSupported() ? new HlsSource(media, options) : new NativeSource(media, options);
}

/** Goes on with another address when one is refused; gives up when that does not help. */
class Renewal {
  url: string;
  /** Whether it could not be asked for, and is to be. */
  isOwed = false;
  private isPlaying: boolean;
  private isRunning = false;
  private isUseless = false;

  constructor(
    private readonly media: HTMLVideoElement,
    private readonly options: SourceOptions,
    private readonly signal: AbortSignal,
    private readonly load: () => void,
    private readonly onLost: () => void,
  ) {
    this.url = options.url;
    this.isPlaying = !media.paused;
    media.addEventListener("play", () => { this.isPlaying = true; }, { signal });
    // Browsers also pause what has failed.
    media.addEventListener("pause", () => { this.isPlaying &&= Boolean(media.error); }, { signal });
  }

  /** Call this when media have come, so that the address is good, or when the viewer wants another try. */
  proven(): void {
    this.isUseless = false;
  }

  /** Ask for another address; `fault` is what is wrong if the one before was new already, undefined for the network. */
  async run(fault: Fault | undefined): Promise<void> {
    if (this.isRunning) return;
    if (this.isUseless) {
      if (fault) this.options.onFault(fault);
      else {
        this.isUseless = false;
        this.owe();
      }
      return;
    }
    this.isRunning = this.isUseless = true;
    try {
      const url = await this.options.renew();
      if (this.signal.aborted) return;
      if (url === null) this.options.onGone();
      else this.goOn(url);
    } catch {
      this.isUseless = false;
      if (!this.signal.aborted) this.owe();
    } finally {
      this.isRunning = false;
    }
  }

  private owe(): void {
    this.isOwed = true;
    this.onLost();
  }

  private goOn(url: string): void {
    const { isPlaying } = this;
    this.url = url;
    this.isOwed = false;
    this.load();
    this.options.onRenewed(url);
    if (isPlaying) void this.media.play().catch(() => undefined); // a browser may want a click first
  }
}

/** Where it is, in seconds, or where it was to begin if nothing has come since: what is loaded anew stands at 0 until then. */
function placeIn(media: HTMLVideoElement, startS: number): number {
  return hasPlace(media) ? media.currentTime : startS;
}

class HlsSource implements Source {
  private readonly listeners = new AbortController();
  private readonly renewal: Renewal;
  private readonly reconnection: Reconnection;
  private isSaving: boolean;
  private startS: number;
  private hls: Hls;
  private repairs = 0;

  constructor(
    private readonly media: HTMLVideoElement,
    private readonly options: SourceOptions,
  ) {
    const { signal } = this.listeners;
    this.isSaving = options.savesData;
    this.startS = options.startS;
    this.reconnection = new Reconnection(() => { this.again(); }, options.onAway, signal);
    this.renewal = new Renewal(media, options, signal, () => { this.reload(); }, () => { this.reconnection.lost(); });
    this.hls = this.load();
    addEventListener("pagehide", () => {
      if (media.played.length) rememberBps(this.hls.bandwidthEstimate);
    }, { signal });
  }

  qualities(): Quality[] {
    return this.hls.levels.map((level, index) => ({ index, heightPx: Math.min(level.height, level.width) }));
  }

  setQuality(index: number): void {
    if (index < 0) {
      this.isSaving = index === SAVER;
      this.limit();
    }
    this.hls.nextLevel = Math.max(AUTOMATIC, index);
  }

  quality(): number {
    if (!this.hls.autoLevelEnabled) return this.hls.nextLevel;
    return this.isSaving ? SAVER : AUTOMATIC;
  }

  retry(): void {
    this.renewal.proven();
    if (this.renewal.isOwed) void this.renewal.run(undefined);
    else this.reload();
  }

  destroy(): void {
    this.listeners.abort();
    this.hls.destroy();
  }

  private again(): void {
    if (this.renewal.isOwed) void this.renewal.run(undefined);
    else if (this.hls.levels.length) this.hls.startLoad();
    else this.reload();
  }

  private reload(): void {
    const isPlaying = !this.media.paused;
    this.startS = placeIn(this.media, this.startS);
    this.hls.destroy(); // this pauses
    this.repairs = 0;
    this.hls = this.load();
    if (isPlaying) void this.media.play().catch(() => undefined); // a browser may want a click first
  }

  private load(): Hls {
    const patient = { maxNumRetry: RETRIES, retryDelayMs: 500, maxRetryDelayMs: 8000, backoff: "exponential" as const };
    const policy = {
      default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 60_000, timeoutRetry: patient, errorRetry: patient },
    };
    const hls = new Hls({
      enableWorker: false, // fragmented MP4 needs no transmuxing
      startPosition: this.startS,
      // A growing playlist is a recording, not a broadcast: never jump to its end.
      liveSyncDurationCount: 3,
      liveMaxLatencyDurationCount: Number.POSITIVE_INFINITY,
      liveDurationInfinity: false,
      capLevelToPlayerSize: !this.isSaving,
      abrEwmaDefaultEstimate: Math.min(startEstimateBps(), this.isSaving ? SAVER_START_BPS : Number.POSITIVE_INFINITY),
      backBufferLength: 60,
      fragLoadPolicy: policy,
      playlistLoadPolicy: policy,
      manifestLoadPolicy: policy,
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      this.limit();
      this.options.onQualities();
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.renewal.proven();
      this.reconnection.found();
    });
    hls.on(Hls.Events.ERROR, (_name, data) => {
      this.onError(data);
    });
    hls.loadSource(this.renewal.url);
    hls.attachMedia(this.media);
    return hls;
  }

  /** Load no more than was asked for. The cap by the size of the picture and that of the saver are the same one of hls.js. */
  private limit(): void {
    const { hls, isSaving } = this;
    [hls.config.maxBufferLength, hls.config.maxMaxBufferLength] = isSaving ? SAVER_AHEAD_S : AHEAD_S;
    hls.capLevelToPlayerSize = !isSaving;
    if (!isSaving) return;
    const small = this.qualities().filter(({ heightPx }) => heightPx <= SAVER_PX);
    hls.autoLevelCapping = small.at(-1)?.index ?? 0;
  }

  private onError({ type, details, fatal, response }: ErrorData): void {
    const status = response?.code ?? 0;
    if (REFUSALS.includes(status)) {
      this.hls.stopLoad();
      void this.renewal.run("missing");
      return;
    }
    // While the browser is offline, hls.js tries on without end and without a word.
    if (!fatal && type === Hls.ErrorTypes.NETWORK_ERROR && !navigator.onLine) this.reconnection.lost();
    if (!fatal) return;
    const isRead = details === Hls.ErrorDetails.MANIFEST_PARSING_ERROR; // it came, and is no playlist
    if (type === Hls.ErrorTypes.NETWORK_ERROR && !isRead && isPassing(status)) this.reconnection.lost();
    else if (type === Hls.ErrorTypes.NETWORK_ERROR) this.options.onFault("missing");
    else if (UNSUPPORTED.includes(details)) this.options.onFault("unsupported");
    else if (type === Hls.ErrorTypes.MEDIA_ERROR && this.repairs++ < 2) this.hls.recoverMediaError();
    else this.options.onFault("decode");
  }
}

class NativeSource implements Source {
  private readonly listeners = new AbortController();
  private readonly renewal: Renewal;
  private readonly reconnection: Reconnection;
  private startS: number;

  constructor(
    private readonly media: HTMLVideoElement,
    options: SourceOptions,
  ) {
    const { signal } = this.listeners;
    this.startS = options.startS;
    this.reconnection = new Reconnection(() => { this.again(); }, options.onAway, signal);
    this.renewal = new Renewal(media, options, signal, () => { this.reload(); }, () => { this.reconnection.lost(); });
    // The browser does not say why: the API tells whether the right to watch has ended.
    media.addEventListener("error", () => void this.renewal.run(MEDIA_FAULTS[media.error?.code ?? 0]), { signal });
    media.addEventListener("timeupdate", () => {
      if (media.readyState <= 2) return;
      this.renewal.proven();
      this.reconnection.found();
    }, { signal });
    this.load();
  }

  qualities(): Quality[] {
    return [];
  }

  setQuality(): void {
    // The browser chooses by itself and offers no choice.
  }

  quality(): number {
    return AUTOMATIC;
  }

  retry(): void {
    this.renewal.proven();
    void this.renewal.run(undefined);
  }

  destroy(): void {
    this.listeners.abort();
  }

  /** The browser tries by itself while it has not failed. */
  private again(): void {
    if (this.media.error || this.renewal.isOwed) void this.renewal.run(undefined);
  }

  private reload(): void {
    this.startS = placeIn(this.media, this.startS);
    this.load();
  }

  private load(): void {
    this.media.src = this.startS > 0 ? `${this.renewal.url}#t=${this.startS}` : this.renewal.url;
  }
}

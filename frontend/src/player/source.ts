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

export interface Quality {
  /** Index for `setQuality`; -1 is automatic. */
  index: number;
  heightPx: number;
}

export interface Source {
  qualities(): Quality[];
  setQuality(index: number): void;
  quality(): number;
  /** Load again after a fatal error, at the same position. */
  retry(): void;
  destroy(): void;
}

export interface SourceOptions {
  url: string;
  startS: number;
  /** Return the lesson's address as it is now, or null when the viewer may not watch it any more. */
  renew: () => Promise<string | null>;
  onRenewed: (url: string) => void;
  onGone: () => void;
  onFatal: (isNetwork: boolean) => void;
  onQualities: () => void;
}

const RETRIES = 8;
const NETWORK_ERROR = 2; // MediaError.MEDIA_ERR_NETWORK
const REFUSALS = [403, 404];

export function attachSource(media: HTMLVideoElement, options: SourceOptions): Source {
  return Hls.isSupported() ? new HlsSource(media, options) : new NativeSource(media, options);
}

/** Goes on with another address when one is refused; gives up when that does not help. */
class Renewal {
  url: string;
  private isPlaying: boolean;
  private isRunning = false;
  private isUseless = false;

  constructor(
    private readonly media: HTMLVideoElement,
    private readonly options: SourceOptions,
    private readonly signal: AbortSignal,
    private readonly load: (positionS: number) => void,
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

  async run(isNetwork: boolean): Promise<void> {
    if (this.isRunning) return;
    if (this.isUseless) {
      this.options.onFatal(isNetwork);
      return;
    }
    this.isRunning = this.isUseless = true;
    try {
      const url = await this.options.renew();
      if (this.signal.aborted) return;
      if (url === null) this.options.onGone();
      else this.goOn(url);
    } catch {
      this.options.onFatal(true);
    } finally {
      this.isRunning = false;
    }
  }

  private goOn(url: string): void {
    const { isPlaying } = this;
    this.url = url;
    this.load(this.media.currentTime);
    this.options.onRenewed(url);
    if (isPlaying) void this.media.play().catch(() => undefined); // a browser may want a click first
  }
}

class HlsSource implements Source {
  private readonly listeners = new AbortController();
  private readonly renewal: Renewal;
  private hls: Hls;
  private restarts = 0;
  private repairs = 0;

  constructor(
    private readonly media: HTMLVideoElement,
    private readonly options: SourceOptions,
  ) {
    const { signal } = this.listeners;
    this.renewal = new Renewal(media, options, signal, (positionS) => { this.reload(positionS); });
    this.hls = this.load(options.startS);
    addEventListener("online", () => { this.hls.startLoad(); }, { signal });
    addEventListener("pagehide", () => {
      if (media.played.length) rememberBps(this.hls.bandwidthEstimate);
    }, { signal });
  }

  qualities(): Quality[] {
    return this.hls.levels.map((level, index) => ({ index, heightPx: Math.min(level.height, level.width) }));
  }

  setQuality(index: number): void {
    this.hls.nextLevel = index;
  }

  quality(): number {
    return this.hls.autoLevelEnabled ? -1 : this.hls.nextLevel;
  }

  retry(): void {
    this.renewal.proven();
    this.reload(this.media.currentTime);
  }

  destroy(): void {
    this.listeners.abort();
    this.hls.destroy();
  }

  private reload(positionS: number): void {
    this.hls.destroy();
    this.restarts = this.repairs = 0;
    this.hls = this.load(positionS);
  }

  private load(startS: number): Hls {
    const patient = { maxNumRetry: RETRIES, retryDelayMs: 500, maxRetryDelayMs: 8000, backoff: "exponential" as const };
    const policy = {
      default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 60_000, timeoutRetry: patient, errorRetry: patient },
    };
    const hls = new Hls({
      enableWorker: false, // fragmented MP4 needs no transmuxing
      startPosition: startS,
      // A growing playlist is a recording, not a broadcast: never jump to its end.
      liveSyncDurationCount: 3,
      liveMaxLatencyDurationCount: Number.POSITIVE_INFINITY,
      liveDurationInfinity: false,
      capLevelToPlayerSize: true,
      abrEwmaDefaultEstimate: startEstimateBps(),
      maxBufferLength: 30,
      backBufferLength: 60,
      fragLoadPolicy: policy,
      playlistLoadPolicy: policy,
      manifestLoadPolicy: policy,
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      this.options.onQualities();
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => { this.renewal.proven(); });
    hls.on(Hls.Events.ERROR, (_name, data) => {
      this.onError(data);
    });
    hls.loadSource(this.renewal.url);
    hls.attachMedia(this.media);
    return hls;
  }

  private onError(data: ErrorData): void {
    if (REFUSALS.includes(data.response?.code ?? 0)) {
      this.hls.stopLoad();
      void this.renewal.run(true);
      return;
    }
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && this.repairs++ < 2) {
      this.hls.recoverMediaError();
      return;
    }
    const isNetwork = data.type === Hls.ErrorTypes.NETWORK_ERROR;
    if (isNetwork && !navigator.onLine) return; // `online` goes on
    if (isNetwork && data.details !== Hls.ErrorDetails.MANIFEST_LOAD_ERROR && this.restarts++ < 3) {
      this.hls.startLoad();
      return;
    }
    this.options.onFatal(isNetwork);
  }
}

class NativeSource implements Source {
  private readonly listeners = new AbortController();
  private readonly renewal: Renewal;

  constructor(
    private readonly media: HTMLVideoElement,
    options: SourceOptions,
  ) {
    const { signal } = this.listeners;
    this.renewal = new Renewal(media, options, signal, (positionS) => { this.load(positionS); });
    // The browser does not say why: the API tells whether the right to watch has ended.
    media.addEventListener("error", () => void this.renewal.run(media.error?.code === NETWORK_ERROR), { signal });
    media.addEventListener("timeupdate", () => { if (media.readyState > 2) this.renewal.proven(); }, { signal });
    this.load(options.startS);
  }

  qualities(): Quality[] {
    return [];
  }

  setQuality(): void {
    // The browser chooses by itself and offers no choice.
  }

  quality(): number {
    return -1;
  }

  retry(): void {
    this.renewal.proven();
    this.load(this.media.currentTime);
  }

  destroy(): void {
    this.listeners.abort();
  }

  private load(startS: number): void {
    this.media.src = startS > 0 ? `${this.renewal.url}#t=${startS}` : this.renewal.url;
  }
}

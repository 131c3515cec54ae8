/**
 * Feeds a media element from HLS: hls.js where it works, the browser's own HLS where not.
 *
 * An asset that is still being encoded has EVENT playlists that grow; the player starts at 0 and hls.js reads only the
 * media playlists again, never the multivariant one.
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

const RETRIES = 8;

export function attachSource(
  media: HTMLVideoElement,
  options: { url: string; startS: number; onFatal: (isNetwork: boolean) => void; onQualities: () => void },
): Source {
  return Hls.isSupported() ? new HlsSource(media, options) : new NativeSource(media, options);
}

type Options = Parameters<typeof attachSource>[1];

class HlsSource implements Source {
  private hls: Hls;
  private restarts = 0;
  private repairs = 0;

  constructor(
    private readonly media: HTMLVideoElement,
    private readonly options: Options,
  ) {
    this.hls = this.load(options.startS);
    addEventListener("online", this.onOnline);
    addEventListener("pagehide", this.onPageHide);
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
    const position = this.media.currentTime;
    this.hls.destroy();
    this.restarts = this.repairs = 0;
    this.hls = this.load(position);
  }

  destroy(): void {
    removeEventListener("online", this.onOnline);
    removeEventListener("pagehide", this.onPageHide);
    this.hls.destroy();
  }

  private readonly onOnline = (): void => {
    this.hls.startLoad();
  };

  private readonly onPageHide = (): void => {
    if (this.media.played.length) rememberBps(this.hls.bandwidthEstimate);
  };

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
    hls.on(Hls.Events.ERROR, (_name, data) => {
      this.onError(data);
    });
    hls.loadSource(this.options.url);
    hls.attachMedia(this.media);
    return hls;
  }

  private onError(data: ErrorData): void {
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

  constructor(
    private readonly media: HTMLVideoElement,
    private readonly options: Options,
  ) {
    const { signal } = this.listeners;
    media.addEventListener("error", () => { this.options.onFatal(media.error?.code === 2); }, { signal });
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
    this.load(this.media.currentTime);
  }

  destroy(): void {
    this.listeners.abort();
  }

  private load(startS: number): void {
    this.media.src = startS > 0 ? `${this.options.url}#t=${startS}` : this.options.url;
  }
}

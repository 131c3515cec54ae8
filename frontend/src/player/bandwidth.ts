/** How fast this device's line probably is, so that the first segment is of a rung that it can carry. */

const KEY = "eduvideo-bandwidth";
const UNKNOWN_BPS = 2_000_000;
const LOWEST_BPS = 100_000;
const HIGHEST_BPS = 20_000_000;
/** A network changes; the browser's own guess and old measurements are trusted only in part. */
const TRUST = 0.8;

interface NetworkInformation {
  downlink?: number;
}

/** Bits per second to begin with: what the last lesson measured, but never more than the browser thinks now. */
export function startEstimateBps(): number {
  const { downlink } = (navigator as Navigator & { connection?: NetworkInformation }).connection ?? {};
  const told = downlink ? downlink * 1_000_000 : undefined;
  const known = [stored(), told].filter((bps) => bps !== undefined);
  const bps = known.length ? Math.min(...known) * TRUST : UNKNOWN_BPS;
  return Math.min(HIGHEST_BPS, Math.max(LOWEST_BPS, bps));
}

/** Keep what was measured; storage may be blocked or full, then every lesson begins afresh. */
export function rememberBps(bps: number): void {
  if (!Number.isFinite(bps) || bps <= 0) return;
  try {
    localStorage.setItem(KEY, String(Math.round(bps)));
  } catch {
    // Blocked or full.
  }
}

function stored(): number | undefined {
  try {
    const bps = Number(localStorage.getItem(KEY));
    return bps > 0 ? bps : undefined;
  } catch {
    return undefined;
  }
}

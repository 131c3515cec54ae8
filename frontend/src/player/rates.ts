/** The speeds that panel and keys offer. */
export const RATES = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];

/** Return the next slower or faster one, at most the slowest and the fastest. */
export function nextRate(now: number, step: 1 | -1): number {
  const index = RATES.findIndex((rate) => rate >= now);
  return RATES[Math.min(RATES.length - 1, Math.max(0, (index < 0 ? RATES.length - 1 : index) + step))] ?? 1;
}

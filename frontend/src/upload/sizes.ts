/** Sizes as people read them. Pure. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** Return a number of bytes in the largest fitting unit of 1024, as file managers show it: 1.5 GB. */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power && value < 100 ? value.toFixed(1).replace(/\.0$/, "") : Math.floor(value)} ${UNITS[power] ?? ""}`;
}

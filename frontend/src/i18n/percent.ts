/** Write a share from 0 to 1 in whole percent, as the reader's language does. */
export function percent(share: number): string {
  return new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" }).format(share);
}

/** Media times as a creator types and reads them. */

const TIME = /^(?:(\d+):)?(?:(\d{1,3}):)?(\d{1,6})(?:[.,](\d{1,3}))?$/;

/** Read "1:02:03.250", "62:03" or "90" as milliseconds; undefined for what is no time. */
export function parseTime(text: string): number | undefined {
  const match = TIME.exec(text.trim());
  if (!match) return undefined;
  const [, first, second, last = "0", fraction = ""] = match;
  const seconds = Number(last);
  const minutes = Number(second ?? first ?? 0);
  const hours = second === undefined ? 0 : Number(first ?? 0);
  if ((first !== undefined && seconds > 59) || (second !== undefined && minutes > 59)) return undefined;
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number(fraction.padEnd(3, "0"));
}

/** Write milliseconds so that parseTime reads them back: "1:02:03", with a fraction where there is one. */
export function exactTime(timeMs: number): string {
  const whole = Math.max(0, Math.round(timeMs));
  const seconds = Math.floor(whole / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  const fraction = whole % 1000 ? `.${String(whole % 1000).padStart(3, "0")}` : "";
  return `${h ? `${h}:${two(m)}` : m}:${two(s)}${fraction}`;
}

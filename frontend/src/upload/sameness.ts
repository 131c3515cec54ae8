/** Whether a chosen file is the one that an upload was begun with. Pure. */

/** What the server knows of an upload's file; without a fingerprint it was begun by an older page or a program. */
export interface BegunFile {
  filename: string;
  size_bytes: number | null;
  fingerprint: string;
}

/** A fingerprint settles it, whatever the file is called by now; without one the name has to be the same. */
export function isSameFile(chosen: { name: string; size: number; fingerprint: string }, begun: BegunFile): boolean {
  if (chosen.size !== begun.size_bytes) return false;
  return begun.fingerprint ? chosen.fingerprint === begun.fingerprint : isSameName(chosen.name, begun.filename);
}

/** Tell whether a chosen file has the name that the server shows of one; systems write and cut the same name differently. */
export function isSameName(chosen: string, shown: string): boolean {
  const [one, other] = [plain(chosen), plain(shown)];
  return one === other || (shown.length >= 255 && one.startsWith(other));
}

function plain(name: string): string {
  return name.normalize("NFC").replace(/[\p{C}\s]/gu, "");
}

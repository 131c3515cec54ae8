/** Reading a file piece by piece, and noticing that it is no longer the file that was chosen. */
import { t } from "../i18n";

/** The file was changed, moved or taken away (a memory stick) since it was chosen. */
export class ChangedFileError extends Error {
  constructor() {
    super(t("This file was changed, moved or taken away since it was chosen. Choose it again to go on; if it was changed, cancel this upload and begin a new one."));
  }
}

/** Return the bytes [begin, end) of a file; throws ChangedFileError where they cannot be had. */
export async function readBytes(file: Blob, begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await file.slice(begin, end).arrayBuffer());
  } catch (error) {
    console.warn("The file cannot be read", error); // NotReadableError, NotFoundError
    throw new ChangedFileError();
  }
  if (bytes.length !== end - begin) throw new ChangedFileError();
  return bytes;
}

/** Remembers what a file was, for browsers that read on in a changed one. */
export class FileWatch {
  private readonly sizeBytes: number;
  private readonly modifiedMs: number;

  constructor(private readonly file: File) {
    this.sizeBytes = file.size;
    this.modifiedMs = file.lastModified;
  }

  /** Return the bytes [begin, end); throws ChangedFileError where the file is another by now. */
  async read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await readBytes(this.file, begin, end);
    if (this.file.size !== this.sizeBytes || this.file.lastModified !== this.modifiedMs) throw new ChangedFileError();
    return bytes;
  }
}

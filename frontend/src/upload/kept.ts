/** What was typed and not sent yet, kept in this browser for a person; where storage is blocked, nothing is kept. */

export interface KeptFile {
  name: string;
  size: number;
  title: string;
  description: string;
}

export interface Kept {
  /** Fields of the form by name. */
  fields: Record<string, string>;
  files: KeptFile[];
}

export class KeptForm {
  private readonly key: string;

  constructor(person: string) {
    this.key = `edu-new-lesson-${person}`;
  }

  read(): Kept | undefined {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "null") as unknown;
      return isKept(kept) ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  write(kept: Kept): void {
    try {
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      // Blocked or full: what was typed is in the form all the same.
    }
  }

  clear(): void {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Blocked: nothing is there.
    }
  }
}

function isKept(value: unknown): value is Kept {
  const { fields, files } = (value ?? {}) as Partial<Kept>;
  return typeof fields === "object" && Array.isArray(files);
}

/** Notes that the server does not have yet, kept in this browser (IndexedDB), or as long as the page where that is blocked. */

export interface KeptNote {
  id: string;
  /** The account that it is for; empty for whoever has none here. */
  owner: string;
  lesson: string;
  text: string;
  /** Null for the lesson as a whole. */
  positionMs: number | null;
  /** The version that it was made from; 0 for one that the server has never had. */
  version: number;
  isDeleted: boolean;
  /** When it was changed last, in milliseconds of the clock: notes are sent in this order, and none before that. */
  changedAt: number;
}

export interface NoteStore {
  /** Whether what is kept is still there when the page is loaded again. */
  readonly isLasting: boolean;
  /** All of them, the earliest change first. */
  all(): Promise<KeptNote[]>;
  get(id: string): Promise<KeptNote | undefined>;
  put(note: KeptNote): Promise<void>;
  remove(id: string): Promise<void>;
}

const NAME = "eduvideo-notes";
const NOTES = "notes";
const FLAG = "eduvideo-unsent";

let opened: Promise<NoteStore> | undefined;

/** Return the store of this page. */
export function noteStore(): Promise<NoteStore> {
  opened ??= openDatabase().then((database) => new LastingStore(database, openDatabase), () => new MemoryStore());
  return opened;
}

/** Let every page of the site know, at no cost, whether there is something to send (unsent.ts). */
export function markUnsent(isUnsent: boolean): void {
  try {
    if (isUnsent) localStorage.setItem(FLAG, "1");
    else localStorage.removeItem(FLAG);
  } catch {
    // Blocked: the pages with notes look by themselves.
  }
}

export class MemoryStore implements NoteStore {
  readonly isLasting = false;
  private readonly notes = new Map<string, KeptNote>();

  all(): Promise<KeptNote[]> {
    return Promise.resolve(inOrder([...this.notes.values()]));
  }

  get(id: string): Promise<KeptNote | undefined> {
    return Promise.resolve(this.notes.get(id));
  }

  put(note: KeptNote): Promise<void> {
    this.notes.set(note.id, { ...note });
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.notes.delete(id);
    return Promise.resolve();
  }
}

/**
 * Notes in a database of the browser. What it does not take (a full disk) or give stays in memory, and `isLasting` says so;
 * one that the browser has closed, as Safari does behind a page that was long away, is opened again.
 */
export class LastingStore implements NoteStore {
  private readonly spare = new MemoryStore();
  private readonly spared = new Set<string>();

  constructor(private database: IDBDatabase, private readonly open: () => Promise<IDBDatabase>) {}

  get isLasting(): boolean {
    return this.spared.size === 0;
  }

  async all(): Promise<KeptNote[]> {
    const there = await this.read((notes) => notes.getAll() as IDBRequest<KeptNote[]>, []);
    return inOrder([...there.filter(({ id }) => !this.spared.has(id)), ...await this.spare.all()]);
  }

  async get(id: string): Promise<KeptNote | undefined> {
    return await this.spare.get(id) ?? this.read((notes) => notes.get(id) as IDBRequest<KeptNote | undefined>, undefined);
  }

  async put(note: KeptNote): Promise<void> {
    if (note.owner) markUnsent(true);
    try {
      await this.write((notes) => notes.put(note));
      await this.unspare(note.id);
    } catch {
      this.spared.add(note.id);
      await this.spare.put(note);
    }
  }

  async remove(id: string): Promise<void> {
    await this.unspare(id);
    await this.write((notes) => notes.delete(id));
  }

  private async unspare(id: string): Promise<void> {
    this.spared.delete(id);
    await this.spare.remove(id);
  }

  private async read<T>(ask: (notes: IDBObjectStore) => IDBRequest<T>, otherwise: T): Promise<T> {
    try {
      const request = ask((await this.begin("readonly")).objectStore(NOTES));
      return await new Promise<T>((resolve, reject) => {
        request.onsuccess = () => { resolve(request.result); };
        request.onerror = () => { reject(request.error ?? new Error("the store failed")); };
      });
    } catch {
      return otherwise;
    }
  }

  /** Written is what the transaction has kept: a full disk shows only then. */
  private async write(ask: (notes: IDBObjectStore) => IDBRequest): Promise<void> {
    const transaction = await this.begin("readwrite");
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => { resolve(); };
      transaction.onabort = () => { reject(transaction.error ?? new Error("the store failed")); };
      ask(transaction.objectStore(NOTES));
    });
  }

  private async begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    try {
      return this.database.transaction(NOTES, mode);
    } catch {
      this.database = await this.open();
      return this.database.transaction(NOTES, mode);
    }
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1); // throws where storage is blocked
    request.onupgradeneeded = () => { request.result.createObjectStore(NOTES, { keyPath: "id" }); };
    request.onsuccess = () => { resolve(request.result); };
    request.onerror = () => { reject(request.error ?? new Error("no database")); };
  });
}

function inOrder(notes: KeptNote[]): KeptNote[] {
  return notes.sort((a, b) => a.changedAt - b.changedAt);
}

import { beforeEach, describe, expect, it } from "vitest";
import { type KeptNote, LastingStore } from "../../src/study/note-store";

/** A database of the browser, as far as the store uses one. */
class FakeDatabase {
  isFull = false;
  isClosed = false;

  constructor(readonly kept = new Map<string, KeptNote>()) {}

  transaction(): IDBTransaction {
    if (this.isClosed) throw new DOMException("closing", "InvalidStateError");
    const transaction = { error: null } as { error: unknown; oncomplete?: () => void; onabort?: () => void };
    const answer = (result: unknown): unknown => {
      const request: { result: unknown; onsuccess?: () => void } = { result };
      queueMicrotask(() => request.onsuccess?.());
      return request;
    };
    const change = (action: () => void): unknown => {
      queueMicrotask(() => {
        if (!this.isFull) action();
        (this.isFull ? transaction.onabort : transaction.oncomplete)?.();
      });
      return {};
    };
    const notes = {
      getAll: () => answer([...this.kept.values()]),
      get: (id: string) => answer(this.kept.get(id)),
      put: (note: KeptNote) => change(() => { this.kept.set(note.id, note); }),
      delete: (id: string) => change(() => { this.kept.delete(id); }),
    };
    return Object.assign(transaction, { objectStore: () => notes }) as unknown as IDBTransaction;
  }
}

function note(id: string, text: string): KeptNote {
  return { id, owner: "me", lesson: "abc", text, positionMs: null, version: 0, isDeleted: false, changedAt: Number(id) };
}

let database: FakeDatabase;
let store: LastingStore;

beforeEach(() => {
  database = new FakeDatabase();
  store = new LastingStore(database as unknown as IDBDatabase, () => {
    database = new FakeDatabase(database.kept);
    return Promise.resolve(database as unknown as IDBDatabase);
  });
});

async function texts(): Promise<string[]> {
  return (await store.all()).map(({ text }) => text);
}

describe("the store of notes", () => {
  it("keeps what it is given, the earliest change first", async () => {
    await store.put(note("2", "b"));
    await store.put(note("1", "a"));
    expect(await texts()).toEqual(["a", "b"]);
    await store.remove("1");
    expect(await texts()).toEqual(["b"]);
    expect(store.isLasting).toBe(true);
  });

  it("keeps in memory what a full disk does not take, and says that it does not last", async () => {
    await store.put(note("1", "a"));
    database.isFull = true;
    await store.put(note("1", "a and more"));
    await store.put(note("2", "b"));
    expect(await texts()).toEqual(["a and more", "b"]);
    expect((await store.get("1"))?.text).toBe("a and more");
    expect(store.isLasting).toBe(false);
    database.isFull = false;
    await store.put(note("1", "a and more"));
    await store.remove("2");
    expect([...database.kept.values()].map(({ text }) => text)).toEqual(["a and more"]);
    expect(store.isLasting).toBe(true);
  });

  it("opens its database again when the browser has closed it", async () => {
    await store.put(note("1", "a"));
    database.isClosed = true;
    await store.put(note("2", "b"));
    expect(await texts()).toEqual(["a", "b"]);
    expect(store.isLasting).toBe(true);
  });
});

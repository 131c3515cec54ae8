import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type KeptNote, MemoryStore } from "../../src/study/note-store";
import { type Outcome, type SavedNote, sendNotes } from "../../src/study/sync";

/** The notes of the API, with faults that can be switched on. */
class FakeServer {
  readonly notes = new Map<string, SavedNote>();
  readonly calls: string[] = [];
  /** What happens to the next calls instead of an answer, or after the work was done. */
  faults: ("offline" | "lost" | number)[] = [];
  /** The method of calls that never arrive. */
  failing = "";

  fetch = (path: string, request: RequestInit): Promise<Response> => {
    const id = path.split("/notes/")[1] ?? "";
    this.calls.push(`${request.method ?? ""} ${id}`.trim());
    const fault = this.faults.shift();
    if (fault === "offline" || request.method === this.failing) return Promise.reject(new TypeError("no network"));
    if (typeof fault === "number") return Promise.resolve(problem(fault));
    const answer = this.answer(id, request);
    return fault === "lost" ? Promise.reject(new TypeError("no network")) : Promise.resolve(answer);
  };

  private answer(id: string, request: RequestInit): Response {
    const body = JSON.parse((request.body as string | undefined) ?? "{}") as Partial<SavedNote>;
    if (request.method === "GET") return Response.json({ items: [...this.notes.values()] });
    if (request.method === "POST") {
      const note = this.notes.get(body.id ?? "") ?? { ...(body as SavedNote), version: 1 };
      this.notes.set(note.id, note);
      return Response.json(note);
    }
    const known = this.notes.get(id);
    if (!known) return problem(404);
    const isSame = body.text === known.text && body.position_ms === known.position_ms;
    if (new Headers(request.headers).get("If-Match") !== `"${String(known.version)}"` && !isSame) return problem(412);
    if (request.method === "DELETE") {
      this.notes.delete(id);
      return new Response(null, { status: 204 });
    }
    const changed = isSame ? known : { ...known, ...body, version: known.version + 1 };
    this.notes.set(id, changed);
    return Response.json(changed);
  }
}

function problem(status: number): Response {
  return Response.json({ title: "", status, detail: `problem ${String(status)}` }, { status });
}

let server: FakeServer;
let store: MemoryStore;
let clock: number;

function kept(id: string, text: string, more: Partial<KeptNote> = {}): KeptNote {
  clock += 1;
  return { id, owner: "me", lesson: "abc", text, positionMs: 1000, version: 0, isDeleted: false, changedAt: clock, ...more };
}

async function send(): Promise<[string, Outcome[]]> {
  const outcomes: Outcome[] = [];
  return [await sendNotes(store, "me", (outcome) => { outcomes.push(outcome); }), outcomes];
}

function texts(): string[] {
  return [...server.notes.values()].map((note) => note.text);
}

beforeEach(() => {
  server = new FakeServer();
  store = new MemoryStore();
  clock = 0;
  localStorage.clear();
  vi.stubGlobal("fetch", server.fetch);
});

afterEach(() => { vi.unstubAllGlobals(); });

describe("kept notes", () => {
  it("are sent in the order of their changes, each account's own, and forgotten then", async () => {
    await store.put(kept("second", "b", { changedAt: 2 }));
    await store.put(kept("first", "a", { changedAt: 1 }));
    await store.put(kept("foreign", "c", { owner: "" }));
    await store.put(kept("others", "d", { owner: "you" }));
    const [waiting, outcomes] = await send();
    expect(waiting).toBe("");
    expect(outcomes.map(({ kind, id }) => `${kind} ${id}`)).toEqual(["saved first", "saved second"]);
    expect(texts()).toEqual(["a", "b"]);
    expect((await store.all()).map(({ id }) => id)).toEqual(["foreign", "others"]);
  });

  it.each([["offline", "network"], [503, "network"], [429, "network"], [401, "session"], [403, "session"]] as const)(
    "stay whole after %s, which is said, and come later",
    async (fault, why) => {
      await store.put(kept("first", "a"));
      await store.put(kept("second", "b"));
      server.faults = [fault];
      expect((await send())[0]).toBe(why);
      expect(server.calls).toHaveLength(1); // the others wait, for the order
      expect(await send()).toMatchObject(["", [{ kind: "saved" }, { kind: "saved" }]]);
      expect(texts()).toEqual(["a", "b"]);
    },
  );

  it("are not held up by a network that swallows them", async () => {
    await store.put(kept("first", "a"));
    const late = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(late.signal);
    vi.stubGlobal("fetch", (_path: string, { signal }: RequestInit) => new Promise((_, reject) => {
      signal?.addEventListener("abort", () => { reject(new DOMException("late", "TimeoutError")); });
    }));
    const sending = send();
    await Promise.resolve();
    late.abort();
    expect(await sending).toEqual(["network", []]);
    vi.restoreAllMocks();
    vi.stubGlobal("fetch", server.fetch);
    await send();
    expect(texts()).toEqual(["a"]);
  });

  it("come once when our answer was lost, also when they were changed since", async () => {
    await store.put(kept("n1", "a"));
    server.faults = ["lost"];
    await send();
    await store.put(kept("n1", "a and more"));
    await send();
    expect(texts()).toEqual(["a and more"]);
    await store.put(kept("n1", "third", { version: 2 }));
    server.faults = ["lost"];
    await send();
    await send();
    expect([...server.notes.values()]).toEqual([{ id: "n1", text: "third", position_ms: 1000, version: 3 }]);
    expect(await store.all()).toEqual([]);
  });

  it("that are changed while they are sent are changes of what was sent", async () => {
    await store.put(kept("n1", "a"));
    const sending = send();
    await store.put(kept("n1", "ab"));
    await sending;
    expect(await store.all()).toMatchObject([{ text: "ab", version: 1 }]);
    await send();
    expect([...server.notes.values()]).toMatchObject([{ text: "ab", version: 2 }]);
  });

  it("and another device's change are both kept", async () => {
    server.notes.set("n1", { id: "n1", text: "theirs", position_ms: 1000, version: 2 });
    await store.put(kept("n1", "mine", { version: 1 }));
    const [, outcomes] = await send();
    expect(outcomes).toMatchObject([{ kind: "split", id: "n1", theirs: { text: "theirs", version: 2 } }]);
    expect(texts()).toEqual(["theirs", "mine"]);
    expect(await store.all()).toEqual([]);
  });

  it("come back where another device deleted them", async () => {
    await store.put(kept("n1", "mine", { version: 3 }));
    const [, outcomes] = await send();
    expect(outcomes).toMatchObject([{ kind: "split", theirs: undefined }]);
    expect(texts()).toEqual(["mine"]);
  });

  it("that were split and could not be sent are sent the next time", async () => {
    server.notes.set("n1", { id: "n1", text: "theirs", position_ms: 1000, version: 2 });
    await store.put(kept("n1", "mine", { version: 1 }));
    server.failing = "POST";
    await send();
    expect(await store.all()).toMatchObject([{ text: "mine", version: 0 }]);
    server.failing = "";
    await send();
    expect(texts()).toEqual(["theirs", "mine"]);
  });

  it("are deleted there, but not where they were changed since", async () => {
    server.notes.set("n1", { id: "n1", text: "a", position_ms: 1000, version: 1 });
    server.notes.set("n2", { id: "n2", text: "changed", position_ms: 1000, version: 2 });
    await store.put(kept("n1", "a", { version: 1, isDeleted: true }));
    await store.put(kept("n2", "b", { version: 1, isDeleted: true }));
    await store.put(kept("n3", "c", { version: 1, isDeleted: true })); // gone already
    await store.put(kept("n4", "d", { isDeleted: true })); // the server has never had it
    const [, outcomes] = await send();
    expect(outcomes.map(({ kind }) => kind)).toEqual(["deleted", "stays", "deleted", "deleted"]);
    expect(texts()).toEqual(["changed"]);
    expect(await store.all()).toEqual([]);
  });

  it("are not deleted while that can be undone", async () => {
    server.notes.set("n1", { id: "n1", text: "a", position_ms: 1000, version: 1 });
    await store.put(kept("n1", "a", { version: 1, isDeleted: true, changedAt: Date.now() + 8_000 }));
    expect(await send()).toEqual(["", []]);
    expect(server.calls).toEqual([]);
    expect(await store.all()).toHaveLength(1);
    expect(localStorage.getItem("eduvideo-unsent")).toBe("1"); // the next page looks again
  });

  it("that a wrong clock has dated to tomorrow do not wait for it", async () => {
    const tomorrow = Date.now() + 86_400_000;
    server.notes.set("n2", { id: "n2", text: "b", position_ms: 1000, version: 1 });
    await store.put(kept("n1", "a", { changedAt: tomorrow }));
    await store.put(kept("n2", "b", { version: 1, isDeleted: true, changedAt: tomorrow }));
    await send();
    expect(texts()).toEqual(["a"]);
    expect(await store.all()).toEqual([]);
  });

  it("that are refused stay here with the reason, and the others go on", async () => {
    await store.put(kept("long", "x"));
    await store.put(kept("fine", "y"));
    server.faults = [422];
    const [waiting, outcomes] = await send();
    expect(waiting).toBe("");
    expect(outcomes).toMatchObject([{ kind: "refused", id: "long", why: "problem 422" }, { kind: "saved" }]);
    expect(await store.all()).toMatchObject([{ id: "long" }]);
  });
});

/**
 * Sends kept notes in the order of their changes. Nothing is lost and nothing comes twice: a note keeps its id, so that
 * the server knows it again; a change names the version that it was made from; and what cannot be written over another
 * device's change becomes a note of its own beside it.
 */
import { ProblemError, call, inTime } from "../api/client";
import { newKey } from "../api/key";
import { type KeptNote, type NoteStore, markUnsent } from "./note-store";

/** A note as the server has it. */
export interface SavedNote {
  id: string;
  text: string;
  position_ms: number | null;
  version: number;
}

/** What became of a note; `id` is the one that it had before. */
export type Outcome =
  | { kind: "saved"; id: string; note: SavedNote }
  | { kind: "deleted"; id: string }
  /** Changed, or deleted (`theirs` is undefined), elsewhere: ours is kept under a new id. */
  | { kind: "split"; id: string; newId: string; theirs: SavedNote | undefined }
  /** Changed elsewhere while it was deleted here: it stays. */
  | { kind: "stays"; id: string }
  | { kind: "refused"; id: string; why: string };

/** Why notes are still here: the server cannot be reached, the session has ended, or each has its own reason. */
export type Waiting = "" | "network" | "session";

const GONE = 404, CHANGED = 412;
/** No deletion can be undone longer than this. A later time is one of a clock that was wrong, and nothing to wait for. */
const LONGEST_UNDO_MS = 60_000;
const SIGNED_OUT = [401, 403];

/** Send what is kept for an account and say what became of each; one page at a time does so. */
export async function sendNotes(store: NoteStore, owner: string, tell: (outcome: Outcome) => void): Promise<Waiting> {
  const send = (): Promise<Waiting> => sendInOrder(store, owner, tell);
  // Only pages that are served securely have locks; without them a note may be sent twice, which changes nothing.
  const locks = navigator.locks as LockManager | null | undefined;
  return locks ? locks.request("eduvideo-notes", send) : send();
}

async function sendInOrder(store: NoteStore, owner: string, tell: (outcome: Outcome) => void): Promise<Waiting> {
  for (const kept of await store.all()) {
    if (kept.owner !== owner || canBeUndone(kept)) continue;
    try {
      tell(await sendOne(store, kept));
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.status >= 500 || error.problem.status === 429) return "network";
      if (SIGNED_OUT.includes(error.problem.status)) return "session";
      tell({ kind: "refused", id: kept.id, why: error.problem.errors?.[0]?.message ?? error.problem.detail });
    }
  }
  markUnsent((await store.all()).some((kept) => kept.owner !== ""));
  return "";
}

function canBeUndone({ isDeleted, changedAt }: KeptNote): boolean {
  const leftMs = changedAt - Date.now();
  return isDeleted && leftMs > 0 && leftMs <= LONGEST_UNDO_MS;
}

async function sendOne(store: NoteStore, kept: KeptNote): Promise<Outcome> {
  if (kept.isDeleted) return remove(store, kept);
  try {
    const saved = await write(kept);
    if (saved.text !== kept.text || saved.position_ms !== kept.positionMs) return await split(store, kept, saved);
    await settle(store, kept, saved.version);
    return { kind: "saved", id: kept.id, note: saved };
  } catch (error) {
    const status = error instanceof ProblemError ? error.problem.status : 0;
    if (!kept.version || (status !== GONE && status !== CHANGED)) throw error;
    return split(store, kept, status === GONE ? undefined : await theirs(kept));
  }
}

/** Write a note; the answer to a new one may be what another try of ours has written before. */
async function write(kept: KeptNote): Promise<SavedNote> {
  const body = { text: kept.text, position_ms: kept.positionMs };
  if (kept.version) return change(kept, kept.version, body);
  const saved = await call<SavedNote>("POST", path(kept), { body: { id: kept.id, ...body }, signal: inTime() });
  const isOlderTry = saved.version === 1 && (saved.text !== kept.text || saved.position_ms !== kept.positionMs);
  return isOlderTry ? change(kept, 1, body) : saved;
}

function change(kept: KeptNote, version: number, body: object): Promise<SavedNote> {
  return call<SavedNote>("PATCH", path(kept, kept.id), { body, headers: { "If-Match": `"${String(version)}"` }, signal: inTime() });
}

async function remove(store: NoteStore, kept: KeptNote): Promise<Outcome> {
  let stays = false;
  if (kept.version) {
    try {
      await call("DELETE", path(kept, kept.id), { headers: { "If-Match": `"${String(kept.version)}"` }, signal: inTime() });
    } catch (error) {
      const status = error instanceof ProblemError ? error.problem.status : 0;
      if (status !== GONE && status !== CHANGED) throw error;
      stays = status === CHANGED;
    }
  }
  await store.remove(kept.id);
  return { kind: stays ? "stays" : "deleted", id: kept.id };
}

/** Keep ours as a note that the server has never had; it is sent at once. */
async function split(store: NoteStore, kept: KeptNote, saved: SavedNote | undefined): Promise<Outcome> {
  const latest = (await store.get(kept.id)) ?? kept;
  const copy: KeptNote = { ...latest, id: newKey(), version: 0 };
  await store.put(copy);
  await store.remove(kept.id);
  const outcome: Outcome = { kind: "split", id: kept.id, newId: copy.id, theirs: saved };
  await call<SavedNote>("POST", path(copy), { body: { id: copy.id, text: copy.text, position_ms: copy.positionMs }, signal: inTime() }).then(
    (answer) => settle(store, copy, answer.version),
    () => undefined, // it is kept, and is sent with the others the next time
  );
  return outcome;
}

async function theirs(kept: KeptNote): Promise<SavedNote | undefined> {
  const { items } = await call<{ items: SavedNote[] }>("GET", path(kept), { signal: inTime() });
  return items.find((item) => item.id === kept.id);
}

/** Forget what was sent, unless it was changed meanwhile: then the change is one of the version that the server has. */
async function settle(store: NoteStore, sent: KeptNote, version: number): Promise<void> {
  const latest = await store.get(sent.id);
  if (!latest || latest.changedAt === sent.changedAt) await store.remove(sent.id);
  else await store.put({ ...latest, version });
}

function path(note: KeptNote, id = ""): string {
  return `/api/v1/videos/${note.lesson}/notes${id && `/${id}`}`;
}

/** Sends what this browser keeps for the account that is signed in here: notes, and places in lessons. */
import { call } from "../api/client";
import { sendPlaces } from "../player/unsent-places";
import { noteStore } from "./note-store";
import { sendNotes } from "./sync";

/** Send all of it; what cannot be sent stays for the next page. */
export async function sendAll(): Promise<void> {
  try {
    const { id } = await call<{ id: string }>("GET", "/api/v1/me");
    await sendPlaces(id);
    await sendNotes(await noteStore(), id, () => undefined);
  } catch {
    // No network or nobody is signed in: it stays.
  }
}

/** On every page: what was written while the server was out of reach is sent when it may be there again. */

const KEPT = ["eduvideo-unsent", "eduvideo-unsent-places"]; // study/note-store.ts, player/unsent-places.ts

function send(): void {
  try {
    if (!KEPT.some((key) => localStorage.getItem(key))) return;
  } catch {
    return; // blocked storage keeps nothing
  }
  import("./send").then(({ sendAll }) => sendAll()).catch(() => undefined); // offline once more: the next page tries
}

addEventListener("online", send);
send();

/**
 * A random key, for what may be sent twice and counts once. randomUUID is only there in secure contexts, and a phone in the
 * same network has none.
 */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36).padStart(7, "0")).join("-");
}

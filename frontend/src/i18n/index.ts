/** Texts of the elements. The server renders the reader's language as JSON; the key is the English text. */

let catalog: Record<string, string> | undefined;

/** Return a text in the reader's language, with {names} filled in. */
export function t(text: string, values: Record<string, string | number> = {}): string {
  catalog ??= read();
  const found = catalog[text] ?? text;
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function read(): Record<string, string> {
  const source = document.getElementById("edu-i18n")?.textContent;
  if (!source) return {};
  try {
    return JSON.parse(source) as Record<string, string>;
  } catch {
    return {}; // English is better than no page
  }
}

/** Strings as JSON. */

/** What JSON forbids in a string, and DEL, which terminals obey. */
const SPECIAL = /[\u0000-\u001f"\\\u007f]/;
const EVERY_SPECIAL = /[\u0000-\u001f"\\\u007f]/g;

const SHORT: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A JSON string, quotes included. */
export function jsonString(text: string): string {
  return SPECIAL.test(text) ? `"${text.replace(EVERY_SPECIAL, escaped)}"` : `"${text}"`;
}

function escaped(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

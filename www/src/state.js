/** What the address of the page says: `?url=…&columns=a,b&row=1500000`. */

/**
 * @typedef {object} State
 * @property {string | undefined} url Of the file, relative to the page or not.
 * @property {string[] | undefined} columns Names in the order they are shown; `undefined`: all.
 * @property {number | undefined} row At the top, counted from 0; in the address, which people read, from 1.
 */

/**
 * @param {string} search
 * @returns {State}
 */
export function readState(search) {
  const query = new URLSearchParams(search);
  const row = Number(query.get('row'));
  return {
    url: query.get('url') || undefined,
    columns: query.get('columns')?.split(',').filter(Boolean).map(plain),
    row: Number.isSafeInteger(row) && row > 1 ? row - 1 : undefined,
  };
}

/**
 * @param {State} state
 * @returns {string} The query, or the page itself where there is nothing to say.
 */
export function writeState({ url, columns, row }) {
  const query = new URLSearchParams();
  if (url) query.set('url', url);
  if (columns) query.set('columns', columns.map((name) => name.replace(/[%,]/g, encodeURIComponent)).join(','));
  if (row) query.set('row', String(row + 1));
  // Slashes, colons and commas are fine in a query, and a link is there to be read.
  const text = query.toString().replace(/%(2F|3A|2C)/g, (code) => decodeURIComponent(code));
  return text === '' ? './' : `?${text}`;
}

/** A name may have commas: those are written as `%2C`. */
function plain(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

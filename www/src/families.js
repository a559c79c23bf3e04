/** Types of columns in a few families, each with a colour of its own: `--family-…` in the style sheet. */

/** Families in the order of the legend, and what people call them. */
export const FAMILIES = {
  number: 'numbers',
  text: 'text',
  time: 'times',
  nested: 'nested',
  other: 'other',
  meta: 'index and footer',
};

/** The family of a field of the schema. */
export function familyOf({ type, children }) {
  const value = /^(?:dictionary|run_end_encoded)<[^,<]+, (.*)>$/s.exec(type)?.[1] ?? type;
  if (children !== undefined) return 'nested';
  if (/^(u?int|float|decimal)\d/.test(value)) return 'number';
  if (/^(date|time|timestamp|duration|interval)/.test(value)) return 'time';
  return /utf8/.test(value) ? 'text' : 'other';
}

/** Colours as the style sheet has them at the moment. */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    families: Object.fromEntries(Object.keys(FAMILIES).map((name) => [name, colour(`--family-${name}`)])),
    text: colour('--text'),
    muted: colour('--muted'),
    faint: colour('--soft'),
  };
}

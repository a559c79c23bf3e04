/** The schema as a tree. */

import { element } from './dom.js';
import { familyOf } from './families.js';

/**
 * Draws the tree of a schema.
 *
 * @param {HTMLElement} box
 * @param {{ fields: readonly object[] }} schema
 * @param {(name: string | undefined) => void} mark Told the column that is pointed at.
 */
export function showSchema(box, schema, mark) {
  const list = element('ul', { class: 'tree' }, ...schema.fields.map((field) => branch(field, 0)));
  [...list.children].forEach((item, index) => {
    item.addEventListener('pointerenter', () => mark(schema.fields[index].name));
    item.addEventListener('pointerleave', () => mark(undefined));
  });
  box.replaceChildren(list);
}

function branch(field, depth) {
  const line = [
    element('i', { class: `dot ${familyOf(field)}`, 'aria-hidden': 'true' }),
    element('span', { class: 'name', title: field.name }, field.name),
    element('span', { class: 'type', title: field.type }, shortType(field)),
    element('span', { class: 'null' }, field.nullable ? 'nullable' : 'required'),
  ];
  const children = field.children ?? [];
  if (children.length === 0) return element('li', {}, element('div', { class: 'field' }, ...line));
  const inner = element('ul', {}, ...children.map((child) => branch(child, depth + 1)));
  const details = element('details', {}, element('summary', { class: 'field' }, ...line), inner);
  details.open = depth === 0 && children.length <= 4;
  return element('li', {}, details);
}

/** The name of a type without what the branches below say again. */
function shortType({ type, children }) {
  if (children === undefined) return type.replace(/^large_/, '');
  return /^\w+/.exec(type)?.[0].replace(/^large_|^fixed_size_|_view$/, '') ?? type;
}

/** What sort of value a column has, from its type. */

import type { Field } from '../schema.js';
import { counted } from './amounts.js';

/** How values of a type are shown. */
export type Kind = 'number' | 'bool' | 'time' | 'text' | 'binary' | 'nested' | 'other';

/** The kind of a field's values. */
export function kindOf(field: Field): Kind {
  const type = valueType(field.type);
  if (/^(u?int|float|decimal)\d/.test(type)) return 'number';
  if (type === 'bool') return 'bool';
  if (/^(date|time|timestamp|duration|interval)/.test(type)) return 'time';
  if (/utf8/.test(type) && !type.includes('<')) return 'text';
  if (isUuid(field)) return 'text';
  if (/^(large_)?binary|^fixed_size_binary/.test(type)) return 'binary';
  if (field.children !== undefined) return 'nested';
  return 'other';
}

/** The type of the values themselves, without how they are put down. */
export function valueType(type: string): string {
  const encoded = /^(?:dictionary|run_end_encoded)<[^,<]+, (.*)>$/s.exec(type);
  return encoded?.[1] === undefined ? type : valueType(encoded[1]);
}

/** A type short enough for a header: what is in a nested one is left out. */
export function shortType(field: Field): string {
  const type = valueType(field.type);
  if (isUuid(field)) return 'uuid';
  const [first, second] = field.children ?? [];
  if (/^map</.test(type) && first && second) return `map ${shortType(first)} → ${shortType(second)}`;
  if (/list/.test(type) && first) return `list of ${shortType(first)}`;
  if (type.startsWith('struct')) return `struct of ${field.children?.length ?? 0}`;
  if (/^(large_)?utf8/.test(type)) return 'text';
  if (/^(large_)?binary/.test(type)) return 'binary';
  const name = type.replace(/^fixed_size_binary/, 'binary').replace(/^timestamp\[(\w+), (.*)\]$/, 'timestamp $1 $2');
  return name.replace(/[[\]]/g, ' ').trim();
}

/** What stands below a column's name: its type, and how many nulls there are, if any. */
export function typeLine(field: Field, nulls: number | undefined): string {
  return nulls === undefined || nulls === 0 ? shortType(field) : `${shortType(field)} · ${counted(nulls, 'null')}`;
}

function isUuid(field: Field): boolean {
  return field.metadata.get('ARROW:extension:name') === 'arrow.uuid';
}

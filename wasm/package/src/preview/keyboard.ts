/** What keys do in the grid. Pure. */

/** A cell; the header is row -1. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** How far there is to go. */
export interface Bounds {
  rows: number;
  columns: number;
  /** Rows of a page. */
  page: number;
}

/** A key as events have it. */
export type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Where a key leads from a cell; `undefined` if it isn't one that moves. */
export function moved({ key, ctrlKey, metaKey, altKey }: Key, from: Place, bounds: Bounds): Place | undefined {
  if (altKey) return undefined;
  const far = ctrlKey || metaKey;
  const { row, column } = from;
  const [lastRow, lastColumn] = [bounds.rows - 1, bounds.columns - 1];
  const to = (row: number, column: number): Place => ({
    row: Math.min(Math.max(-1, row), lastRow),
    column: Math.min(Math.max(0, column), Math.max(0, lastColumn)),
  });
  switch (key) {
    case 'ArrowUp':
      return far ? to(0, column) : to(row - 1, column);
    case 'ArrowDown':
      return far ? to(lastRow, column) : to(row + 1, column);
    case 'ArrowLeft':
      return far ? to(row, 0) : to(row, column - 1);
    case 'ArrowRight':
      return far ? to(row, lastColumn) : to(row, column + 1);
    case 'PageUp':
      return to(Math.max(Math.min(row, 0), row - bounds.page), column);
    case 'PageDown':
      return to(row + bounds.page, column);
    case 'Home':
      return far ? to(Math.min(0, lastRow), 0) : to(row, 0);
    case 'End':
      return far ? to(lastRow, lastColumn) : to(row, lastColumn);
    default:
      return undefined;
  }
}

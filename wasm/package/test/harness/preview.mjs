/** `<parqlet-preview>` on a page of a stage. */

import { settled } from './stage.mjs';

/** Two million rows of three columns; four row groups, some 37 MB. */
export const DEEP = { deep: ['--rows', '2000000', '--row-groups', '4', '--wide', '3'] };

/** A preview in a page. Selectors go through its open shadow root. */
export class Preview {
  page;

  /** Puts one into the page, with these attributes and properties, and waits for what comes of it. */
  static async show(page, attributes, { properties = {}, until = 'load' } = {}) {
    const preview = new Preview();
    preview.page = page;
    await page.evaluate(
      async ({ attributes, properties, until }) => {
        document.querySelector('parqlet-preview')?.remove();
        globalThis.preview = document.createElement('parqlet-preview');
        globalThis.heard = [];
        for (const type of ['open', 'load', 'error', 'stats', 'view', 'columns']) {
          preview.addEventListener(type, ({ detail }) => heard.push({ type, detail }));
        }
        for (const [name, value] of Object.entries(attributes)) preview.setAttribute(name, value);
        Object.assign(preview, properties);
        const there = until && new Promise((resolve) => preview.addEventListener(until, resolve, { once: true }));
        document.body.append(preview);
        await there;
      },
      { attributes, properties, until },
    );
    return preview;
  }

  locator(selector) {
    return this.page.locator(`parqlet-preview ${selector}`);
  }

  /** The cell of a row and column, both counted from 0, with the focus or without. */
  cell(row, column) {
    return this.locator(`[aria-rowindex="${row + 2}"] [aria-colindex="${column + 2}"]`);
  }

  /** Texts of a row's cells, once they are all there. */
  async row(row) {
    await this.locator(`[aria-rowindex="${row + 2}"]:not(:has(.pending))`).waitFor({ state: 'attached' });
    return await this.locator(`[aria-rowindex="${row + 2}"] [role="gridcell"]`).allTextContents();
  }

  /** What the same rows are by the package's own reading, in the page's memory of the file. */
  async truth(rows, columns) {
    return await this.page.evaluate(
      async ({ rows, columns }) => {
        const file = preview.file;
        const [start, end] = [Math.min(...rows), Math.max(...rows) + 1];
        const read = await file.rows({ columns, offset: start, limit: end - start });
        return rows.map((row) => Object.values(read[row - start]).map(String));
      },
      { rows, columns },
    );
  }

  /** The row at the top, counted from 0. */
  async top() {
    return await this.page.evaluate(() => heard.findLast(({ type }) => type === 'view')?.detail.start);
  }

  /** What was asked of a server until nothing is on its way any more, nor follows: what is near is read after that. */
  async asked(server) {
    await this.page.waitForFunction(() => {
      const grid = preview.shadowRoot.querySelector('[role="grid"]');
      return grid === null || grid.getAttribute('aria-busy') === 'false';
    });
    for (let log = await settled(server); ;) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      const later = await settled(server);
      if (later.requests.length === log.requests.length) return later;
      log = later;
    }
  }

  /** The row and column, counted from 0, of the cell that has the focus; the head is row -1. */
  async focused() {
    return await this.page.evaluate(() => {
      const cell = preview.shadowRoot.activeElement;
      const row = cell?.closest('[role="row"]')?.getAttribute('aria-rowindex');
      return row && [Number(row) - 2, Number(cell.getAttribute('aria-colindex')) - 2];
    });
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }
}

/** Bytes that were sent for a log. */
export function bytes(log) {
  return log.requests.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}

/** Ways for a file to come: dropped anywhere on the page, or chosen. */

import { byId } from './dom.js';

/**
 * @param {object} to
 * @param {(file: File) => void} to.file
 * @param {(url: string) => void} to.address Of a link that was dropped.
 */
export function receiveFiles({ file, address }) {
  const input = byId('file');
  for (const id of ['choose', 'start-choose']) byId(id).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    if (input.files?.[0]) file(input.files[0]);
    input.value = '';
  });

  const over = (on) => document.body.classList.toggle('dropping', on);
  addEventListener('dragover', (event) => {
    event.preventDefault();
    over(true);
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) over(false);
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    over(false);
    const [found] = event.dataTransfer?.files ?? [];
    const link = event.dataTransfer?.getData('text/uri-list').split('\n')[0].trim();
    if (found) file(found);
    else if (link) address(link);
  });
}

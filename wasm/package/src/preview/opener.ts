/** Opens a file where it is read best: in a worker, or here where no worker can be started. */

import type { FallbackOptions, FileSource, ParquetFile } from '../api.js';
import type { ViaFile } from '../via/api.js';
import { open as openInWorker, type WorkerFile } from '../worker/index.js';
import { workersStart } from '../worker/link.js';

/** A file that is shown: read in a worker or by a service, where `plan()` gives a promise, or in the page. */
export type PreviewFile = ParquetFile | WorkerFile | ViaFile;

let inWorker: Promise<boolean> | undefined;

/** Opens it. Rejects as `open` does. */
export async function openFile(source: FileSource, options: FallbackOptions): Promise<PreviewFile> {
  inWorker ??= workersStart();
  if (await inWorker) return await openInWorker(source, options);
  // Loaded only here: whoever has workers need not download it twice.
  const { open } = await import('../entry/browser.js');
  return await open(source, options);
}

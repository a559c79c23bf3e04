/** What is other with a file that is open in a worker. */

import type { ParquetFile, Selection } from '../api.js';
import type { Plan } from '../glue.js';

/** As {@link ParquetFile}, but that a plan is made in the worker, so it comes later. */
export interface WorkerFile extends Omit<ParquetFile, 'plan'> {
  /** What a read would fetch, without I/O. */
  plan(selection?: Selection): Promise<Plan>;
}

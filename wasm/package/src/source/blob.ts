/** Blobs and Files: dropped, picked, or from a `blob:` address. */

import { messageOf } from '../error.js';
import { blobLink } from '../link.js';
import { Failure, type Source } from './index.js';
import { LocalSource } from './local.js';

/** A Blob as source. A File's time of change is its version. */
export function blobSource(blob: Blob): Source {
  const { name, lastModified } = blob as Partial<File>;
  return new LocalSource({
    name: name ?? 'Blob',
    length: blob.size,
    link: blobLink,
    lastModified: lastModified === undefined ? undefined : new Date(lastModified).toUTCString(),
    read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
    failure,
  });
}

/** Browsers say NotReadableError when the file on disk is no longer what was picked. */
function failure(error: unknown): Failure {
  const name = error instanceof Error ? error.name : undefined;
  if (name === 'NotReadableError') {
    return new Failure('changed', 'the file changed or went away since it was chosen: choose it again', false, error);
  }
  if (name === 'NotFoundError') {
    return new Failure('not_found', 'the file is gone: choose it again', false, error);
  }
  return new Failure('network', `the file can't be read (${messageOf(error)})`, false, error);
}

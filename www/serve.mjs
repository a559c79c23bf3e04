/** Serves the built site with range requests: `node serve.mjs [--port 8000] [--folder dist]`. For looking at it. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { parseArgs } from 'node:util';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/**
 * Starts a server for a folder, on this machine alone.
 *
 * @param {string} folder
 * @param {number} port 0: any.
 * @param {(request: { method: string, path: string, range: string | undefined, bytes: number }) => void} [onRequest]
 *   Told of each answer.
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serve(folder, port, onRequest) {
  const server = createServer((request, response) => {
    answer(folder, request, response, onRequest).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

async function answer(folder, request, response, onRequest) {
  const { method = '', url = '/', headers } = request;
  const name = path.posix.normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
  const file = path.join(folder, name.endsWith('/') ? `${name}index.html` : name);
  const found = method === 'GET' || method === 'HEAD' ? await stat(file).catch(() => undefined) : undefined;
  const say = (bytes) => onRequest?.({ method, path: name, range: headers.range, bytes });
  if (!found?.isFile()) {
    say(0);
    response.writeHead(404).end();
    return;
  }
  const { size, mtimeMs } = found;
  const common = {
    'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    etag: `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`,
  };
  if (headers['if-none-match'] === common.etag) {
    say(0);
    response.writeHead(304, common).end();
    return;
  }
  const span = spanOf(headers.range, size);
  if (span === 'outside') {
    say(0);
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const [start, end] = span ?? [0, size];
  const length = { 'content-length': end - start };
  if (span) response.writeHead(206, { ...common, ...length, 'content-range': `bytes ${start}-${end - 1}/${size}` });
  else response.writeHead(200, { ...common, ...length });
  const body = method === 'GET' && end > start;
  say(body ? end - start : 0);
  if (body) pipeline(createReadStream(file, { start, end: end - 1 }), response, () => undefined);
  else response.end();
}

/** First byte and the one behind the last; `undefined`: no range was asked for. */
function spanOf(range, size) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? [start, end] : 'outside';
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8000' },
      folder: { type: 'string', default: path.join(import.meta.dirname, 'dist') },
    },
  });
  const port = Number(values.port);
  try {
    await stat(path.join(values.folder, 'index.html'));
    const { origin, close } = await serve(values.folder, port);
    console.log(`The preview site is at ${origin}/ (Ctrl-C ends it)`);
    process.once('SIGINT', () => void close());
  } catch (error) {
    const why = {
      ENOENT: `there is no site in ${values.folder}: node www/build.mjs makes one`,
      EADDRINUSE: `port ${port} is taken: another one with --port, or PORT=… of make www`,
    };
    if (!(error.code in why)) throw error;
    console.error(`error: ${why[error.code]}`);
    process.exitCode = 1;
  }
}

// The parts of the package that need no WebAssembly, bundled from the sources, and a server to try them on.

import { buildSync } from 'esbuild';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

/** Modules of `src`, by path, as one. */
export async function sources(...paths) {
  const { outputFiles } = buildSync({
    stdin: {
      contents: paths.map((path) => `export * from './${path}';`).join('\n'),
      resolveDir: fileURLToPath(new URL('../src', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    write: false,
    target: 'es2022',
  });
  return await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/**
 * A server on a port of its own; `answer(request, response)` answers, `asked` lists what was asked for. `close()` ends
 * it with all its connections.
 */
export async function serve(answer) {
  const asked = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    asked.push({ method, url, headers });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin, asked, close };
}

/** Answers with the range that was asked for, or all. */
export function ranges(bytes, headers = {}) {
  return (request, response) => {
    const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (first === undefined || request.method === 'HEAD') {
      response
        .writeHead(200, { 'content-length': bytes.length, ...headers })
        .end(request.method === 'HEAD' ? '' : bytes);
      return;
    }
    const start = first === '' ? bytes.length - Number(last) : Number(first);
    const end = first === '' || last === '' ? bytes.length : Math.min(Number(last) + 1, bytes.length);
    const contentRange = `bytes ${start}-${end - 1}/${bytes.length}`;
    response.writeHead(206, { 'content-range': contentRange, ...headers }).end(bytes.subarray(start, end));
  };
}

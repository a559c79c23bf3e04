/** The handler in each runtime, as a service on a port of loopback; and the programs of `www/edge` in theirs. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bun, program, tool } from '../consumers/tools.mjs';
import { bundledWorker } from '../consumers/worker.mjs';
import { Project } from '../harness/packed.mjs';

export const WWW = fileURLToPath(new URL('../../../../www/edge/', import.meta.url));
/** The date and flags of `www/edge/wrangler.jsonc`. */
export const WORKER = { compatibilityDate: '2026-02-01', compatibilityFlags: ['enable_request_signal'] };

/** Runtimes of JavaScript. */
export const RUNTIMES = ['node', 'workerd', 'deno', 'bun'];
/** The native program, whose `serve` answers the same protocol: one more runtime where it is given. */
const BINARY = process.env.PARQLET_BINARY;

/**
 * Several handlers behind one door: `/name/...` is asked of the one of that name. `token` is sent upstream, `cached` lets
 * parts be kept where the platform has a cache.
 */
const ROUTE = `import { createHandler } from 'parqlet/edge';

export function route(configs) {
  const handlers = new Map(
    Object.entries(configs).map(([name, { token, cached, ...options }]) => {
      const headers = token && { headers: (url) => ({ authorization: token + ' ' + url.pathname }) };
      return [name, createHandler({ cache: cached ? undefined : false, ...options, ...headers })];
    }),
  );
  return (request, env, context) => {
    const { pathname, search } = new URL(request.url);
    const [, name, rest] = /^\\/(\\w+)(\\/.*)$/.exec(pathname);
    const { method, headers, signal } = request;
    return handlers.get(name)(new Request('http://service' + rest + search, { method, headers, signal }), env, context);
  };
}
`;

/** The programs of `www/edge`, with that door in the place of their handler. */
async function programs() {
  const files = { 'route.mjs': ROUTE };
  for (const name of ['node.mjs', 'deno.mjs', 'bun.mjs', 'worker.js']) {
    const text = await readFile(join(WWW, name), 'utf8');
    files[name] = text
      .replace("import { createHandler } from 'parqlet/edge';", "import { route } from './route.mjs';")
      .replace(/createHandler\(\{ allow: (.+?)\.split\(' '\), cors: '\*' \}\)/, 'route(JSON.parse($1))')
      // More than Node takes by itself: what is too long is for the handler to say.
      .replace('createServer((', 'createServer({ maxHeaderSize: 128 * 1024 }, (');
    if (files[name] === text) throw new Error(`${name} is not what this test knows`);
  }
  return files;
}

/**
 * Starts the handlers of `configs` in every runtime. Each service has the `address` of a path and query whose first
 * segment names the handler, and can be told to `stop`.
 */
export async function startServices(configs) {
  const project = await Project.create(await programs());
  const running = await startAll(project, JSON.stringify(configs));
  if (BINARY === undefined) return running;
  try {
    running.services.set('native', await startNative(project, configs));
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** A process for each configuration. */
async function startNative(project, configs) {
  const names = Object.keys(configs);
  const started = await Promise.allSettled(
    Object.values(configs).map((config) => startProgram(project, '', BINARY, ...nativeArguments(config))),
  );
  const stop = async () => {
    await Promise.all(started.map(({ value }) => value?.stop()));
  };
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const address = (path) => {
    const [, name, rest] = /^\/(\w+)(\/.*)$/.exec(path);
    return started[names.indexOf(name)].value.address(rest);
  };
  return { address, stop };
}

/** The options of `createHandler` as arguments; `cached` means nothing here, for there is no cache. */
function nativeArguments({ allow, cors, token, ...options }) {
  const names = {
    maxRows: '--max-rows',
    maxBytes: '--max-bytes',
    maxRequests: '--max-requests',
    memory: '--memory',
    cacheControl: '--cache-control',
    timeout: '--timeout',
  };
  const valued = Object.entries(names).filter(([name]) => options[name] !== undefined);
  return [
    'serve',
    '--listen=127.0.0.1:0',
    ...allow.map((pattern) => `--allow=${pattern}`),
    ...[cors ?? []].flat().map((origin) => `--cors=${origin}`),
    // The same for all files: there is no function to ask for each.
    ...(token === undefined ? [] : [`--header=authorization: ${token}`]),
    ...valued.map(([name, flag]) => `${flag}=${options[name]}${name === 'timeout' ? 'ms' : ''}`),
  ];
}

/** Starts the programs of `www/edge` as they are. */
export async function startWww(allow) {
  const project = await Project.create({});
  for (const name of await readdir(WWW)) await copyFile(join(WWW, name), project.path(name));
  return await startAll(project, allow);
}

async function startAll(project, allow) {
  const services = new Map();
  const stop = async () => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await project.remove();
  };
  try {
    for (const runtime of RUNTIMES) services.set(runtime, await STARTERS[runtime](project, allow));
  } catch (error) {
    await stop();
    throw error;
  }
  return { services, stop };
}

const DENO = [
  'run',
  '--no-prompt',
  '--no-lock',
  '--node-modules-dir=manual',
  '--allow-net',
  '--allow-env',
  '--allow-read',
];

const STARTERS = {
  node: (project, allow) => startProgram(project, allow, process.execPath, 'node.mjs'),
  deno: (project, allow) => startProgram(project, allow, process.execPath, program('deno', 'bin.cjs'), ...DENO, 'deno.mjs'),
  bun: (project, allow) => startProgram(project, allow, bun(), '--max-http-header-size=131072', 'bun.mjs'),
  workerd: async (project, allow) => {
    const { Miniflare } = await tool('miniflare');
    const worker = new Miniflare({ ...WORKER, modules: await bundledWorker(project), bindings: { ALLOW: allow } });
    const { origin } = await worker.ready;
    return { address: (path) => origin + path, stop: () => worker.dispose() };
  },
};

/** A program that says where it listens. */
async function startProgram(project, allow, command, ...args) {
  const env = { ...process.env, ALLOW: allow, PORT: '0' };
  const child = spawn(command, args, { cwd: project.folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  const listening = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said += `${line}\n`;
        const [origin] = /http:\/\/(127\.0\.0\.1|localhost):\d+/.exec(line) ?? [];
        if (origin !== undefined) resolve(origin);
      });
    }
    child.on('exit', () => reject(new Error(`${args.at(-1)} ended: ${said}`)));
    child.on('error', reject);
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.removeAllListeners('exit');
    const exit = once(child, 'exit');
    // With what it started itself: Deno's program in npm is a script that starts the real one.
    process.kill(-child.pid, 'SIGKILL');
    await exit;
  };
  const origin = (await listening).replace('localhost', '127.0.0.1');
  return { address: (path) => origin + path, stop };
}

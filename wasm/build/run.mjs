/** Running programs, and telling what is done. */

import { spawnSync } from 'node:child_process';

/** A failure that needs no stack: the message says it all. */
export class BuildError extends Error {}

export function say(text) {
  console.log(`  ${text}`);
}

/** Runs a program, its output going to ours. */
export function run(program, args, options = {}) {
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error) throw new BuildError(`${program} can't be run: ${error.message}`);
  if (status !== 0) throw new BuildError(`${program} ${args[0] ?? ''} failed (${signal ?? `status ${status}`})`);
}

/** What a program prints; `undefined` if it isn't there or fails. */
export function output(program, args, options = {}) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], ...options });
  return status === 0 ? stdout.trim() : undefined;
}

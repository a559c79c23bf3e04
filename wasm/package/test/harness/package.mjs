/** The package as built: where it is and which of its files an import names. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, without a slash at its end. */
export const packageFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The file that a browser without a bundler has to load for `parqlet` (`.`) or `parqlet/worker` (`./worker`). */
export function browserEntry(subpath) {
  return entry(subpath, 'browser');
}

/** The file that Node has to load for `parqlet`, by its whole path. */
export function nodeEntry() {
  return `${packageFolder}/${entry('.', 'node')}`;
}

function entry(subpath, condition) {
  const { exports } = JSON.parse(readFileSync(`${packageFolder}/package.json`, 'utf8'));
  const path = resolve(exports[subpath], condition);
  if (path === undefined || !existsSync(`${packageFolder}/${path}`)) {
    throw new Error(`the package isn't built, or has no ${subpath} (${condition}): run \`make wasm\` first`);
  }
  return path.replace(/^\.\//, '');
}

function resolve(target, wanted) {
  if (typeof target !== 'object' || target === null) return target;
  for (const [condition, inner] of Object.entries(target)) {
    if (![wanted, 'import', 'default'].includes(condition)) continue;
    const path = resolve(inner, wanted);
    if (path !== undefined) return path;
  }
  return undefined;
}

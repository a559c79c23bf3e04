/** The package as a user gets it: packed by npm, and installed from that tarball into projects of their own. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { browserEntry, packageFolder } from './package.mjs';

const execute = promisify(execFile);

/** Packs the package into a folder; answers what npm says of it, and the tarball's path. */
export async function pack(folder) {
  browserEntry('.'); // Says at once what to do where there is nothing to pack.
  const { stdout } = await npm(packageFolder, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [tarball] = Object.values(JSON.parse(stdout));
  return { ...tarball, path: join(folder, tarball.filename.replace('@', '').replace('/', '-')) };
}

/** A project with the package installed, in the system's folder for temporary files. */
export class Project {
  /** Path of the project. */
  folder;
  /** Path of the installed package. */
  installed;

  /** `files`: text by path; a package.json is made. */
  static async create(files, { type = 'module' } = {}) {
    const project = new Project();
    const folder = await mkdtemp(join(tmpdir(), 'parqlet-consumer-'));
    project.folder = folder;
    project.installed = join(folder, 'node_modules', 'parqlet');
    await project.write({ 'package.json': JSON.stringify({ private: true, type }), ...files });
    const { path } = await pack(folder);
    // Without dependencies, there is nothing to ask a registry for.
    await npm(folder, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', path);
    return project;
  }

  async write(files) {
    for (const [name, text] of Object.entries(files)) {
      const path = this.path(name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }

  path(name) {
    return join(this.folder, name);
  }

  /** Takes files of the package's dist away, as a bundler or a server may. */
  async lose(...names) {
    for (const name of names) await rm(join(this.installed, 'dist', name));
  }

  /** Runs a program in the project; answers what it printed. */
  async run(program, ...args) {
    const { stdout } = await execute(program, args, { cwd: this.folder, timeout: 180_000, env: quiet() });
    return stdout;
  }

  /** Runs a program in the project; answers its last line of output, read as JSON. */
  async report(program, ...args) {
    return JSON.parse((await this.run(program, ...args)).trim().split('\n').at(-1));
  }

  async remove() {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function npm(cwd, ...args) {
  return execute('npm', args, { cwd, timeout: 120_000, env: quiet() });
}

/** Without what npm and the test runner tell the programs they start. */
function quiet() {
  const own = (name) => !name.startsWith('npm_') && name !== 'NODE_OPTIONS' && name !== 'NODE_TEST_CONTEXT';
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => own(name)));
}

/** `parqlet serve`, the service of the native program, on a port of loopback. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Starts it with these arguments; `origin` is where it answers, `lines` is what it said of each request. */
export async function startNative(...options) {
  const binary = process.env.PARQLET_BINARY;
  if (!binary) {
    throw new Error(
      'PARQLET_BINARY is not set: run `cargo build -p parqlet --bin parqlet` at the root of the repository ' +
        'and set it to the path of target/debug/parqlet',
    );
  }
  const child = spawn(binary, ['serve', '--listen=127.0.0.1:0', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = [];
  const origin = await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [address] = lines.length === 0 ? (/http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? []) : [];
      if (address === undefined) lines.push(line);
      else resolve(address);
    });
    child.once('exit', () => reject(new Error(`parqlet serve ended: ${lines.join('\n')}`)));
    child.once('error', reject);
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };
  return { origin, lines, stop };
}

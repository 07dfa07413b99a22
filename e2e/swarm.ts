/** A swarm of agents beside the system: one for every droplet of a local cloud whose droplets are no machines. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { System } from './system.ts';

const program = fileURLToPath(new URL('../bench/dist/swarm/main.js', import.meta.url));

export type Swarm = { output(): string; stop(): Promise<void> };

/** @param flags as `citrus-swarm` takes them */
export const startSwarm = ({ home }: System, flags: Readonly<Record<string, string | number>> = {}): Swarm => {
  const { localCloud } = JSON.parse(readFileSync(join(home, 'ports.json'), 'utf8')) as { localCloud: number };
  const options: Readonly<Record<string, string | number>> = { cloud: `http://127.0.0.1:${localCloud}`, 'token-file': join(home, 'secrets', 'cloud.token'), dir: join(home, 'swarm'), ...flags };
  const child = spawn(process.execPath, ['--enable-source-maps', program, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer) => (output += chunk.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return {
    output: () => output,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
};

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Machine } from './driver.port.ts';

/** Droplet folders that no droplet of the state belongs to: left by a crash between two steps. */
export const strayMachines = (dropletsDir: string, known: readonly Machine[]): Machine[] => {
  const ids = new Set(known.map(({ id }) => String(id)));
  const names = existsSync(dropletsDir) ? readdirSync(dropletsDir) : [];
  return names
    .filter((name) => /^\d+$/.test(name) && !ids.has(name))
    .map((name) => ({ id: Number(name), name, address: '', memoryMb: 0, dir: join(dropletsDir, name) }));
};

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../cloud/durable-file.ts';
import { type Machine } from './driver.port.ts';

/** The droplet's own folder with its user data, on disk: a crash right after it leaves only a stray folder. */
export const prepareFolder = async ({ dir }: Machine, userData: string): Promise<void> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeDurably(join(dir, 'user-data'), userData);
};

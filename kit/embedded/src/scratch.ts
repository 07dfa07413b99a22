/** Where servers that live as long as a test keep their files. */
import { statfsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';
const TMPFS = 0x01021994;
const ROOM_WANTED = 4 * 1024 ** 3;

const isRoomy = (): boolean => {
  try {
    const { type, bavail, bsize } = statfsSync(IN_MEMORY);
    return type === TMPFS && bavail * bsize >= ROOM_WANTED;
  } catch {
    return false;
  }
};

/**
 * A new folder; with `inMemory` in memory where the machine has room for it there, else among the temporary files. A
 * program that is killed finds its files again in both; only the machine itself must not stop.
 */
export const scratchDir = (prefix: string, { inMemory = false }: { inMemory?: boolean } = {}): Promise<string> => mkdtemp(join(inMemory && isRoomy() ? IN_MEMORY : tmpdir(), prefix));

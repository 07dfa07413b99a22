import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const tries = 5;

/**
 * Copies a folder with owners, times, holes and extended attributes (overlayfs keeps its white-outs in them). The copy
 * appears whole or not at all. Files that a running droplet removes meanwhile make it start again.
 */
export const copyTree = async (from: string, to: string): Promise<void> => {
  const draft = `${to}.draft`;
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  for (let attempt = 1; ; attempt += 1) {
    await rm(draft, { recursive: true, force: true });
    try {
      await run('cp', ['--archive', '--no-target-directory', from, draft]);
      break;
    } catch (error) {
      if (attempt === tries) throw error;
      await wait(100);
    }
  }
  await rm(to, { recursive: true, force: true });
  await rename(draft, to);
};

/** Like `copyTree`, for what may not be there. */
export const copyIfThere = async (from: string, to: string): Promise<void> => {
  if (existsSync(from)) await copyTree(from, to);
};

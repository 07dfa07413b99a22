import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTrees } from '../driver/namespace/cgroups.ts';
import { run } from '../driver/namespace/run.ts';

/** What a test may ask the computer that the local cloud runs on. */
export const isRoot = process.getuid?.() === 0;

const systemFolders = ['/etc', '/usr', '/var/lib/dpkg', '/var/lib/systemd', '/opt', '/srv'];

/** Every file of the system with its size, times, mode and owner: two of them are equal when nothing was touched. */
export const hostFiles = (): Promise<string> => {
  const hidden = ['-type', 'd', '(', '!', '-readable', '-o', '!', '-executable', ')', '-prune'];
  return run('find', ...systemFolders.filter((path) => existsSync(path)), '-xdev', ...hidden, '-o', '!', '-type', 'd', '-printf', '%p %s %T@ %C@ %m %U %G\n');
};

/** Everything of a local cloud that is still alive on this computer. */
export const leftovers = (dir: string): string[] => {
  const { accountUuid } = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as { accountUuid: string };
  const key = accountUuid.slice(0, 6);
  const links = readdirSync('/sys/class/net').filter((name) => name.startsWith(`cb-${key}`));
  const groups = isRoot ? Object.values(findTrees()).map((tree) => join(tree, `citrus-${key}`)).filter((path) => existsSync(path)) : [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const processes = pids.filter((pid) => read(`/proc/${pid}/environ`).includes(`CITRUS_DROPLET=${accountUuid}`));
  const mounted = pids.filter((pid) => read(`/proc/${pid}/mounts`).includes(dir));
  return [...links, ...groups, ...processes.map((pid) => `process ${pid}`), ...mounted.map((pid) => `mounts of process ${pid}`)];
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

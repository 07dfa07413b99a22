import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { run, runIn } from './run.ts';

/**
 * Programs that a bare machine may lack (`nft`, `ip`) are taken from its own distribution into the local cloud's folder:
 * downloaded and unpacked, never installed, so the host stays as it was.
 */
export type Tool = {
  run: (...parameters: string[]) => Promise<string>;
  /** In the network namespace of a process. */
  runAt: (pid: number, ...parameters: string[]) => Promise<string>;
};

const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export const findTool = async (name: string, packageName: string, dir: string): Promise<Tool> => {
  const installed = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (installed) return toolAt(installed, process.env);
  const root = join(dir, 'tools', packageName);
  if (!existsSync(root)) await unpack(packageName, root);
  const path = folders.map((folder) => join(root, folder, name)).find((candidate) => existsSync(candidate));
  if (!path) throw new Error(`the package ${packageName} has no ${name}`);
  return toolAt(path, { ...process.env, LD_LIBRARY_PATH: libraries(root) });
};

const toolAt = (path: string, env: NodeJS.ProcessEnv): Tool => ({
  run: (...parameters) => runIn(env, path, ...parameters),
  runAt: (pid, ...parameters) => runIn(env, 'nsenter', `--target=${pid}`, '--net', path, ...parameters),
});

const libraries = (root: string): string => {
  const triplet = arch() === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return [join(root, 'usr/lib', triplet), join(root, 'lib', triplet)].join(':');
};

const unpack = async (packageName: string, root: string): Promise<void> => {
  const draft = `${root}.draft`;
  const archives = join(draft, 'archives');
  await rm(draft, { recursive: true, force: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await download(packageName, archives, join(draft, 'lists'));
  for (const file of await readdir(archives)) {
    if (file.endsWith('.deb')) await run('dpkg-deb', '-x', join(archives, file), join(draft, 'root'));
  }
  await rename(join(draft, 'root'), root);
  await rm(draft, { recursive: true, force: true });
};

/** With the machine's package lists, or with own ones when it has none yet. */
const download = async (packageName: string, archives: string, lists: string): Promise<void> => {
  const options = ['-o', `Dir::Cache::archives=${archives}`, '-o', 'Debug::NoLocking=1', '-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache='];
  const fetch = (...more: string[]) => run('apt-get', 'install', '-y', '--no-install-recommends', '--download-only', ...options, ...more, packageName);
  try {
    await fetch();
  } catch {
    const ownLists = ['-o', `Dir::State::lists=${lists}`];
    await mkdir(join(lists, 'partial'), { recursive: true });
    await run('apt-get', 'update', ...options, ...ownLists);
    await fetch(...ownLists);
  }
};

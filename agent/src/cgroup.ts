/**
 * A control group of its own for each attempt: whatever a script starts is in it, also what left its process group,
 * its session and its environment, and it ends with one write. Version 2 where there is one; the memory and pids
 * controllers of version 1 where they are still there instead. Whatever a machine does not offer is left out.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { readIfThere } from './files.ts';

export type Limits = { readonly memoryBytes: number; readonly processes: number };
export type Cgroup = {
  /** The script writes itself into these before it does anything else. */
  readonly entrances: readonly string[];
  readonly members: () => number[];
  /** Everybody in it, now and for good: nobody can start another process meanwhile. */
  readonly kill: () => void;
  /** Which limit was met, in words for people. */
  readonly metLimit: () => string | undefined;
  /** What the script started on purpose goes on outside of it, without its limits. */
  readonly release: () => void;
};
export type Cgroups = { readonly open: (name: string, limits: Limits) => Cgroup; readonly find: (name: string) => Cgroup };

type Hierarchy = { readonly folder: string; readonly version: 1 | 2; readonly controllers: readonly string[] };

const PREFIX = 'citrus-job-';
const SELF = 'citrus-agent';
const SERVICES = 'citrus-services';
const CONTROLLERS = ['memory', 'pids'];
const RELEASE_TRIES = 50;

const tryTo = (action: () => void): boolean => {
  try {
    action();
    return true;
  } catch {
    return false; // not offered here, not ours, or gone in the meantime
  }
};
const write = (folder: string, file: string, value: string | number): boolean => tryTo(() => appendFileSync(join(folder, file), String(value), { flag: 'r+' }));
const read = (folder: string, file: string): string => {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch {
    return '';
  }
};

/** This process' own place in each hierarchy that is of use: `8:pids:/a/b` below where pids is mounted. */
export const ownHierarchies = (mountInfo: string, own: string): Hierarchy[] => {
  const places = own.trim().split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line)?.slice(1) ?? []);
  return mountInfo.trim().split('\n').flatMap((line): Hierarchy[] => {
    const [mount = '', rest = ''] = line.split(' - ');
    const [root = '/', point = ''] = mount.split(' ').slice(3, 5);
    const [type = '', , options = ''] = rest.split(' ');
    const controllers = options.split(',').filter((option) => CONTROLLERS.includes(option));
    if (type !== 'cgroup2' && (type !== 'cgroup' || controllers.length === 0)) return [];
    const place = places.find(([names = '']) => (type === 'cgroup2' ? names === '' : names.split(',').some((name) => controllers.includes(name))))?.[1];
    const below = place === undefined ? '..' : relative(root, place);
    // Another container's view: our own place is not in it.
    return below.startsWith('..') ? [] : [{ folder: join(point, below), version: type === 'cgroup2' ? 2 : 1, controllers }];
  });
};

/** Version 2 shares out controllers only below a group that has no processes of its own: the agent makes way. */
const prepare = (hierarchy: Hierarchy): Hierarchy => {
  const folder = basename(hierarchy.folder) === SELF ? dirname(hierarchy.folder) : hierarchy.folder;
  if (hierarchy.version === 1) return { ...hierarchy, folder };
  const offered = read(folder, 'cgroup.controllers').trim().split(' ').filter((name) => CONTROLLERS.includes(name));
  const enable = () => offered.filter((name) => write(folder, 'cgroup.subtree_control', `+${name}`));
  let controllers = enable();
  if (controllers.length < offered.length && tryTo(() => mkdirSync(join(folder, SELF), { recursive: true })) && write(join(folder, SELF), 'cgroup.procs', 0)) controllers = enable();
  return { folder, version: 2, controllers };
};

const setLimits = ({ version, controllers }: Hierarchy, folder: string, { memoryBytes, processes }: Limits): void => {
  if (controllers.includes('pids')) write(folder, 'pids.max', processes);
  if (!controllers.includes('memory')) return;
  write(folder, version === 2 ? 'memory.max' : 'memory.limit_in_bytes', memoryBytes);
  // Half a script that goes on without the part that was killed does more harm than none.
  if (version === 2) write(folder, 'memory.oom.group', 1);
};

const count = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);

const membersIn = (folder: string): number[] => read(folder, 'cgroup.procs').split('\n').filter((line) => line !== '' && line !== '0').map(Number);

const signalAll = (pids: readonly number[]): void => {
  for (const pid of pids) tryTo(() => process.kill(pid, 'SIGKILL'));
};

const groupIn = (hierarchies: readonly Hierarchy[], name: string): Cgroup => {
  const folderIn = ({ folder }: Hierarchy) => join(folder, PREFIX + name);
  const folders = hierarchies.map(folderIn).filter((folder) => existsSync(folder));
  const members = () => [...new Set(folders.flatMap(membersIn))];
  return {
    entrances: folders.map((folder) => join(folder, 'cgroup.procs')),
    members,
    kill: () => {
      for (const folder of folders) {
        write(folder, 'pids.max', 0);
        // Since Linux 5.14; before that one by one, and whoever could start another one is not allowed to any more.
        if (!write(folder, 'cgroup.kill', 1)) signalAll(membersIn(folder));
      }
      signalAll(members());
    },
    metLimit: () => {
      if (folders.some((folder) => count(read(folder, 'memory.events'), 'oom_kill') + count(read(folder, 'memory.oom_control'), 'oom_kill') > 0)) return 'it needed more memory than a job may have';
      return folders.some((folder) => count(read(folder, 'pids.events'), 'max') > 0) ? 'it started more processes than a job may have' : undefined;
    },
    release: () => {
      for (const hierarchy of hierarchies) {
        const [folder, services] = [folderIn(hierarchy), join(hierarchy.folder, SERVICES)];
        for (let tries = 0; tries < RELEASE_TRIES && membersIn(folder).length > 0; tries += 1) {
          tryTo(() => mkdirSync(services, { recursive: true }));
          for (const pid of membersIn(folder)) write(services, 'cgroup.procs', pid);
        }
        tryTo(() => rmdirSync(folder));
      }
    },
  };
};

/** What this machine offers to this process; with nothing at all the groups have no entrances and no members. */
export const openCgroups = (): Cgroups => {
  const hierarchies = ownHierarchies(readIfThere('/proc/self/mountinfo') ?? '', readIfThere('/proc/self/cgroup') ?? '').map(prepare);
  return {
    find: (name) => groupIn(hierarchies, name),
    open: (name, limits) => {
      for (const hierarchy of hierarchies) {
        const folder = join(hierarchy.folder, PREFIX + name);
        if (tryTo(() => mkdirSync(folder))) setLimits(hierarchy, folder, limits);
      }
      return groupIn(hierarchies, name);
    },
  };
};

/** For machines, and for tests of machines, that have none. */
export const noCgroups: Cgroups = { find: () => groupIn([], ''), open: () => groupIn([], '') };


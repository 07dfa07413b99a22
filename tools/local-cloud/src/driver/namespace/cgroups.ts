import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * A droplet's control groups. They hold its limits, and they are how its processes are found again after the local cloud
 * died: every process of a droplet is in its group, whatever it does. Works with the one tree of cgroup v2 and with the
 * hybrid of v1 controllers and an empty v2 tree.
 */
type Mount = { path: string; options: string[] };

export type CgroupTrees = { unified: string; memory?: string; pids?: string; devices?: string };

export const findTrees = (): CgroupTrees => {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' '));
  const unified = mounts.find(([, , type]) => type === 'cgroup2')?.[1];
  if (!unified) throw new Error('no cgroup v2 tree is mounted');
  const v1: Mount[] = mounts.filter(([, , type]) => type === 'cgroup').map(([, path = '', , options = '']) => ({ path, options: options.split(',') }));
  const tree = (controller: string) => v1.find(({ options }) => options.includes(controller))?.path;
  const found = { memory: tree('memory'), pids: tree('pids'), devices: tree('devices') };
  return { unified, ...Object.fromEntries(Object.entries(found).filter(([, path]) => path !== undefined)) };
};

export class Cgroup {
  readonly #trees: CgroupTrees;
  readonly #name: string;

  /** `name`: the cloud's group and the droplet's in it. */
  constructor(trees: CgroupTrees, cloudGroup: string, droplet: string) {
    this.#trees = trees;
    this.#name = join(cloudGroup, droplet);
  }

  /** The machine lives in `payload`: it cannot lift the limits, which belong to the group above. */
  get #payload(): string {
    return join(this.#trees.unified, this.#name, 'payload');
  }

  create(memoryMb: number): void {
    mkdirSync(this.#payload, { recursive: true });
    mkdirSync(this.#launcher, { recursive: true });
    const bytes = memoryMb * 1024 * 1024;
    const tasks = Math.max(1024, memoryMb * 2);
    this.#limitUnified(bytes, tasks);
    this.#limit('memory', 'memory.limit_in_bytes', bytes);
    this.#limit('pids', 'pids.max', tasks);
    this.#allowDevices();
  }

  /** Files to write a pid into so that the process belongs to the droplet. */
  get entrances(): string[] {
    const { memory, pids, devices } = this.#trees;
    return [this.#payload, ...[memory, pids, devices].filter((tree) => tree !== undefined).map((tree) => join(tree, this.#name))].map((path) => join(path, 'cgroup.procs'));
  }

  /** The program that started the machine must not stay in its group: systemd wants that for itself. */
  setApart(pid: number): void {
    writeFileSync(join(this.#launcher, 'cgroup.procs'), String(pid));
  }

  processes(): number[] {
    return foldersBelow(join(this.#trees.unified, this.#name)).flatMap(procsIn);
  }

  /** The first process of the droplet's own pid namespace. */
  init(): number | undefined {
    return [this.#payload, join(this.#payload, 'init.scope')].flatMap(procsIn).find(isInit);
  }

  async remove(): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      if (Date.now() > deadline) throw new Error(`processes do not end: ${left.join(', ')}`);
      for (const pid of left) signal(pid, 'SIGKILL');
      await wait(20);
    }
    const { unified, memory, pids, devices } = this.#trees;
    for (const tree of [unified, memory, pids, devices]) if (tree !== undefined) await removeGroup(join(tree, this.#name), deadline);
  }

  get #launcher(): string {
    return join(this.#trees.unified, this.#name, 'launcher');
  }

  #limitUnified(bytes: number, tasks: number): void {
    const { unified } = this.#trees;
    const controllers = readFileSync(join(unified, 'cgroup.controllers'), 'utf8').trim().split(' ').filter((one) => one === 'memory' || one === 'pids');
    if (controllers.length === 0) return;
    const enable = controllers.map((one) => `+${one}`).join(' ');
    const group = join(unified, this.#name);
    for (const folder of [unified, join(group, '..')]) writeFileSync(join(folder, 'cgroup.subtree_control'), enable);
    if (controllers.includes('memory')) writeFileSync(join(group, 'memory.max'), String(bytes));
    if (controllers.includes('pids')) writeFileSync(join(group, 'pids.max'), String(tasks));
  }

  #limit(tree: 'memory' | 'pids', file: string, value: number): void {
    const path = this.#trees[tree];
    if (path === undefined) return;
    const group = join(path, this.#name);
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, file), String(value));
  }

  /** Only what a program needs: null, zero, full, random, terminals. No disk, whatever node it finds or mounts. */
  #allowDevices(): void {
    if (this.#trees.devices === undefined) return;
    const group = join(this.#trees.devices, this.#name);
    mkdirSync(group, { recursive: true });
    if (readFileSync(join(group, 'devices.list'), 'utf8').startsWith('a ')) writeFileSync(join(group, 'devices.deny'), 'a');
    for (const device of ['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:2', '136:*']) writeFileSync(join(group, 'devices.allow'), `c ${device} rwm`);
  }
}

/** All droplets that have a group under this cloud's name. */
export const groupedDroplets = (trees: CgroupTrees, cloudGroup: string): string[] => foldersIn(join(trees.unified, cloudGroup)) ?? [];

export const removeCloudGroup = async (trees: CgroupTrees, cloudGroup: string): Promise<void> => {
  const { unified, memory, pids, devices } = trees;
  for (const tree of [unified, memory, pids, devices]) if (tree !== undefined) await removeGroup(join(tree, cloudGroup), Date.now() + 2000);
};

export const signal = (pid: number, name: NodeJS.Signals | number): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Children first. A group may be busy for a moment after its last process ended. */
const removeGroup = async (path: string, deadline: number): Promise<void> => {
  for (const folder of foldersBelow(path).toReversed()) {
    for (let removed = false; !removed; ) {
      try {
        rmdirSync(folder);
        removed = true;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') removed = true;
        else if (code !== 'EBUSY' || Date.now() > deadline) throw error;
        else await wait(20);
      }
    }
  }
};

/** Undefined when it is not, or no longer, there: systemd removes groups while they are read. */
const foldersIn = (path: string): string[] | undefined => {
  try {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const foldersBelow = (path: string): string[] => {
  const below = foldersIn(path);
  return below === undefined ? [] : [path, ...below.flatMap((name) => foldersBelow(join(path, name)))];
};

/** A group or a process may vanish while it is read. */
const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const procsIn = (group: string): number[] => readIfThere(join(group, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);

const isInit = (pid: number): boolean => {
  const [, ...numbers] = /^NSpid:(.*)$/m.exec(readIfThere(`/proc/${pid}/status`))?.[1]?.trim().split(/\s+/) ?? [];
  return numbers.at(-1) === '1';
};

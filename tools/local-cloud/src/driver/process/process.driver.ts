import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Driver, type DriverInfo, type DriverParts, type Machine, type OpenedDriver } from '../driver.port.ts';
import { copyTree } from '../copy-tree.ts';
import { prepareFolder } from '../prepare-folder.ts';
import { strayMachines } from '../stray-machines.ts';
import { addressIn, claimBlock, slotsPerBlock } from './address-block.ts';
import { markerName, processesOf } from './process-table.ts';

/**
 * The driver for an ordinary user: a droplet is a folder, a loopback address of its own and a group of processes. It is
 * not a machine and says so: no root, no packages, no isolation. What starts it runs detached, so a killed local cloud
 * leaves its droplets running and finds them again by their marker.
 */
const firstBootDone = 'var/lib/cloud/instance/boot-finished';
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** $1 script, $2 marker file. The marker is written by the droplet itself: the cloud may be dead by then. */
const runUserData = '"$1"; code=$?; echo "user data ended with exit code $code"; echo "$code" > "$2"';

export const openProcessDriver = async ({ cloudId, dropletsDir, remembered }: DriverParts): Promise<OpenedDriver> => {
  const { block, release } = await claimBlock(remembered);
  return { driver: new ProcessDriver(cloudId, dropletsDir, block, release), claim: { driver: 'process', block } };
};

class ProcessDriver implements Driver {
  readonly slots = slotsPerBlock;
  readonly stopsByItself = false;
  readonly info: DriverInfo = {
    driver: 'process',
    gatewayAddress: '127.0.0.1',
    netmask: '255.0.0.0',
    isMachine: false,
    description: 'not a machine but processes of this computer under a private folder',
  };
  readonly #cloudId: string;
  readonly #dropletsDir: string;
  readonly #block: number;
  readonly #release: () => Promise<void>;

  constructor(cloudId: string, dropletsDir: string, block: number, release: () => Promise<void>) {
    this.#cloudId = cloudId;
    this.#dropletsDir = dropletsDir;
    this.#block = block;
    this.#release = release;
  }

  addressOf(slot: number): string {
    return addressIn(this.#block, slot);
  }

  prepare(machine: Machine, userData: string): Promise<void> {
    return prepareFolder(machine, userData);
  }

  async wipe(machine: Machine): Promise<void> {
    await rm(rootOf(machine), { recursive: true, force: true, maxRetries: 3 });
  }

  async saveDisk(machine: Machine, folder: string): Promise<void> {
    await copyTree(rootOf(machine), folder);
  }

  async loadDisk(machine: Machine, folder: string, asNew: boolean): Promise<void> {
    await copyTree(folder, rootOf(machine));
    if (asNew) await rm(join(rootOf(machine), firstBootDone), { force: true });
  }

  async boot(machine: Machine): Promise<void> {
    const root = rootOf(machine);
    if (existsSync(root) && this.#processes(machine).length > 0) return;
    for (const folder of ['etc/boot.d', 'var/log', 'var/lib/cloud/instance', 'tmp']) await mkdir(join(root, folder), { recursive: true, mode: 0o700 });
    if (existsSync(join(root, firstBootDone))) await this.#runBootPrograms(machine);
    else await this.#runUserData(machine);
  }

  async shutDown(machine: Machine): Promise<boolean> {
    if (await this.#signal(machine, 'SIGTERM', 5000)) return true;
    return this.#signal(machine, 'SIGKILL', 5000);
  }

  async powerOff(machine: Machine): Promise<void> {
    if (await this.#signal(machine, 'SIGKILL', 5000)) return;
    throw new Error(`Processes of droplet ${machine.id} do not end: ${this.#processes(machine).join(', ')}`);
  }

  async destroy(machine: Machine): Promise<void> {
    if (existsSync(rootOf(machine))) await this.powerOff(machine);
    await rm(machine.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** It has no power of its own: one whose programs have all ended is an idle machine, and nobody takes it for stopped. */
  isRunning(machine: Machine): Promise<boolean> {
    return Promise.resolve(existsSync(rootOf(machine)) && this.#processes(machine).length > 0);
  }

  wantsReboot(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async sweep(known: readonly Machine[]): Promise<void> {
    for (const stray of strayMachines(this.#dropletsDir, known)) await this.destroy(stray);
  }

  async stop(machines: readonly Machine[]): Promise<void> {
    await Promise.all(machines.map((machine) => this.shutDown(machine)));
    await this.#release();
  }

  abandon(): Promise<void> {
    return this.#release();
  }

  async #runUserData(machine: Machine): Promise<void> {
    const root = rootOf(machine);
    const script = join(root, 'var/lib/cloud/instance/user-data');
    const log = join(root, 'var/log/cloud-init-output.log');
    await copyFile(join(machine.dir, 'user-data'), script);
    await chmod(script, 0o700);
    const isScript = (await readFile(script, 'utf8')).startsWith('#!');
    const command = isScript ? runUserData : 'echo "no script (#!) in the user data: nothing to run"; echo 0 > "$2"';
    await this.#spawn(machine, ['/bin/sh', '-c', command, 'user-data', script, join(root, firstBootDone)], log);
  }

  /** All of them, started in the order of their names; none is waited for, because a service may stay in the foreground. */
  async #runBootPrograms(machine: Machine): Promise<void> {
    const folder = join(rootOf(machine), 'etc/boot.d');
    for (const name of (await readdir(folder)).toSorted()) {
      if (isExecutable(join(folder, name))) await this.#spawn(machine, [join(folder, name)], join(rootOf(machine), 'var/log/boot.log'));
    }
  }

  async #spawn(machine: Machine, [command = '', ...parameters]: string[], log: string): Promise<void> {
    const root = rootOf(machine);
    await mkdir(dirname(log), { recursive: true });
    const output = await open(log, 'a', 0o600);
    const env = { PATH: path, HOME: root, CITRUS_PREFIX: root, SERVER_ADDRESS: machine.address, TMPDIR: join(root, 'tmp'), [markerName]: this.#markerOf(machine) };
    try {
      const child = spawn(command, parameters, { cwd: root, env, detached: true, stdio: ['ignore', output.fd, output.fd] });
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
      child.unref();
    } finally {
      await output.close();
    }
  }

  /** Repeats the signal for whatever was started meanwhile; true when nothing is left. */
  async #signal(machine: Machine, signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
    const deadline = Date.now() + withinMs;
    for (let left = this.#processes(machine); left.length > 0; left = this.#processes(machine)) {
      if (Date.now() > deadline) return false;
      for (const pid of left) kill(pid, signal);
      await wait(50);
    }
    return true;
  }

  #markerOf({ id }: Machine): string {
    return `${this.#cloudId}:${id}`;
  }

  #processes(machine: Machine): number[] {
    return processesOf(this.#markerOf(machine), rootOf(machine));
  }
}

const rootOf = ({ dir }: Machine): string => join(dir, 'root');

const isExecutable = (file: string): boolean => (statSync(file).mode & 0o100) !== 0;

const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

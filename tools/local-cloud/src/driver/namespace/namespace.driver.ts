import { readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Driver, type DriverInfo, type DriverParts, type Machine, type OpenedDriver } from '../driver.port.ts';
import { prepareFolder } from '../prepare-folder.ts';
import { strayMachines } from '../stray-machines.ts';
import { type Base, openBase, prettyName } from './base.ts';
import { Cgroup, type CgroupTrees, findTrees, groupedDroplets, removeCloudGroup, signal } from './cgroups.ts';
import { Disk } from './disk.ts';
import { type Forwarder, forwardPort } from './forwarder.ts';
import { launch } from './machine-process.ts';
import { addressIn, claimNetwork, Network, slotsPerNetwork } from './network.ts';
import { findTool, type Tool } from './tools.ts';
import { openWayOut, type WayOut } from './way-out.ts';

/**
 * Droplets as machines of their own in the kernel's namespaces: systemd as process 1, own file system, network, host
 * name and process numbers, limits by control group. Built from what any Debian has; nothing of the host is changed but
 * one bridge and one nftables table while it runs. It keeps an honest program in, not an attacker who is root inside.
 */
const powerOffSignal = 38; // SIGRTMIN+4: systemd's "poweroff.target"
/** A whole fleet shares the processors; `npm start` itself waits a little longer. */
const stopWithinMs = 15_000;

export const openNamespaceDriver = async (parts: DriverParts): Promise<OpenedDriver> => {
  if (process.platform !== 'linux') throw new Error('it needs Linux');
  if (process.getuid?.() !== 0) throw new Error('it needs root');
  if (/[\s,:\\="]/.test(parts.dir)) throw new Error(`overlayfs cannot use the folder ${parts.dir}: choose one without spaces, commas, colons and quotes`);
  if (!existsSync(join(parts.base ?? '/', 'lib/systemd/systemd'))) throw new Error(`there is no systemd in ${parts.base ?? 'this computer'} to run in a droplet`);
  const trees = findTrees();
  const tools = { ip: await findTool('ip', 'iproute2', parts.dir), nft: await findNft(parts) };
  const base = await openBase(parts.dir, parts.base);
  const { block, release } = await claimNetwork(parts.remembered, 'namespace');
  const network = new Network(keyOf(parts.cloudId), block, tools);
  const driver = new NamespaceDriver({ parts, trees, base, block, network, release });
  try {
    await driver.open();
  } catch (error) {
    await driver.giveUp();
    throw error;
  }
  return { driver, claim: { driver: 'namespace', block } };
};

/** A machine without it can still run droplets. */
const findNft = async ({ dir, log }: DriverParts): Promise<Tool | undefined> => {
  try {
    return await findTool('nft', 'nftables', dir);
  } catch (error) {
    log(`nftables cannot be had: ${(error as Error).message}`);
    return undefined;
  }
};

type Opened = {
  parts: DriverParts;
  trees: CgroupTrees;
  base: Base;
  block: number;
  network: Network;
  release: () => Promise<void>;
};

class NamespaceDriver implements Driver {
  readonly slots = slotsPerNetwork;
  readonly stopsByItself = true;
  readonly info: DriverInfo;
  readonly #opened: Opened;
  readonly #group: string;
  #forwarders: Forwarder[] = [];
  /** By address: who asks for metadata. */
  readonly #machines = new Map<string, Machine>();
  #wayOut: WayOut = { nameServers: [], services: [] };

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#group = `citrus-${keyOf(opened.parts.cloudId)}`;
    const system = prettyName(opened.parts.base ?? '/');
    this.info = {
      driver: 'namespace',
      gatewayAddress: opened.network.gateway,
      netmask: '255.255.255.0',
      isMachine: true,
      description: `${system} under systemd in namespaces of this computer`,
    };
  }

  /** The network, then a machine that really starts: the proof that the driver works here. */
  async open(): Promise<void> {
    const { network, parts, trees } = this.#opened;
    await network.open();
    this.#wayOut = await openWayOut(network, parts.log, (address) => this.#machines.get(address));
    this.#forwarders = await Promise.all(parts.forwardPorts.map((port) => forwardPort(network.gateway, port)));
    if (groupedDroplets(trees, this.#group).length > 0) return;
    const probe = { id: 0, name: 'probe', address: this.addressOf(slotsPerNetwork), memoryMb: 512, dir: join(parts.dir, 'probe') };
    await this.destroy(probe);
    await this.boot(probe);
    await this.destroy(probe);
  }

  /** Nothing may stay behind when another driver takes over. */
  async giveUp(): Promise<void> {
    try {
      await this.stop([]);
    } catch (error) {
      this.#opened.parts.log(`the namespace driver could not clean up: ${(error as Error).message}`);
    }
  }

  addressOf(slot: number): string {
    return addressIn(this.#opened.block, slot);
  }

  prepare(machine: Machine, userData: string): Promise<void> {
    return prepareFolder(machine, userData);
  }

  wipe(machine: Machine): Promise<void> {
    return new Disk(machine).wipe();
  }

  saveDisk(machine: Machine, folder: string): Promise<void> {
    return new Disk(machine).save(folder);
  }

  loadDisk(machine: Machine, folder: string, asNew: boolean): Promise<void> {
    return new Disk(machine).load(folder, asNew);
  }

  async boot(machine: Machine): Promise<void> {
    this.#machines.set(machine.address, machine);
    if (await this.isRunning(machine)) return;
    const { network, base } = this.#opened;
    await this.#clear(machine);
    const layers = await new Disk(machine).prepare(base, this.#wayOut);
    this.#cgroup(machine).create(machine.memoryMb);
    try {
      await launch(machine, this.#cgroup(machine), layers, (init) => network.connect(machine.address, init));
    } catch (error) {
      await this.#clear(machine);
      throw error;
    }
  }

  async shutDown(machine: Machine): Promise<boolean> {
    const init = this.#cgroup(machine).init();
    if (init !== undefined) signal(init, powerOffSignal);
    for (const deadline = Date.now() + stopWithinMs; await this.isRunning(machine); await wait(20)) {
      if (Date.now() > deadline) return false;
    }
    await this.#clear(machine);
    return true;
  }

  async powerOff(machine: Machine): Promise<void> {
    await this.#clear(machine);
  }

  async destroy(machine: Machine): Promise<void> {
    await this.#clear(machine);
    if (this.#machines.get(machine.address)?.id === machine.id) this.#machines.delete(machine.address);
    await rm(machine.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  isRunning(machine: Machine): Promise<boolean> {
    return Promise.resolve(this.#cgroup(machine).init() !== undefined);
  }

  wantsReboot(machine: Machine): Promise<boolean> {
    return new Disk(machine).takeRebootWish();
  }

  async sweep(known: readonly Machine[], savedDisks: readonly string[]): Promise<void> {
    const { parts, trees } = this.#opened;
    const ids = new Set(known.map(({ id }) => String(id)));
    for (const name of groupedDroplets(trees, this.#group)) if (!ids.has(name)) await new Cgroup(trees, this.#group, name).remove();
    for (const stray of strayMachines(parts.dropletsDir, known)) await this.destroy(stray);
    await this.#removeOldBases([...known.map(({ dir }) => dir), ...savedDisks]);
  }

  async stop(machines: readonly Machine[]): Promise<void> {
    await Promise.all(machines.map(async (machine) => (await this.shutDown(machine)) || this.powerOff(machine)));
    await this.#opened.network.close();
    await removeCloudGroup(this.#opened.trees, this.#group);
    await this.abandon();
  }

  async abandon(): Promise<void> {
    await Promise.all([...this.#forwarders, ...this.#wayOut.services].map((service) => service.close()));
    this.#forwarders = [];
    this.#wayOut = { nameServers: [], services: [] };
    await this.#opened.release();
  }

  /** Every trace of a running machine; its disk stays. Mounts and cable end with its last process. */
  async #clear(machine: Machine): Promise<void> {
    await this.#cgroup(machine).remove();
  }

  #cgroup({ id }: Machine): Cgroup {
    return new Cgroup(this.#opened.trees, this.#group, String(id));
  }

  /** A base stays as long as one disk stands on it. */
  async #removeOldBases(disks: readonly string[]): Promise<void> {
    const folder = join(this.#opened.parts.dir, 'base');
    const files = disks.map((dir) => join(dir, 'layers.json')).filter((file) => existsSync(file));
    const used = [JSON.stringify(this.#opened.base.layers), ...(await Promise.all(files.map((file) => readFile(file, 'utf8'))))].join('\n');
    for (const name of await readdir(folder)) if (!used.includes(join(folder, name))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Short enough for the name of a network interface. */
const keyOf = (cloudId: string): string => cloudId.slice(0, 6);

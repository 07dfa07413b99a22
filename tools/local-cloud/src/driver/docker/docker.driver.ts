import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type Driver, type DriverInfo, type DriverParts, type Machine, type OpenedDriver } from '../driver.port.ts';
import { type Forwarder, forwardPort } from '../namespace/forwarder.ts';
import { addressIn, claimNetwork, gatewayOf, slotsPerNetwork } from '../namespace/network.ts';
import { addUnits, firstBootDone } from '../namespace/units.ts';
import { prepareFolder } from '../prepare-folder.ts';
import { strayMachines } from '../stray-machines.ts';
import { Engine } from './engine.ts';

/**
 * Droplets as containers of a local Docker engine: systemd as process 1, an address of their own on a private bridge. For
 * who may use an engine but is not root. The engine gives and keeps everything, so a killed local cloud finds its droplets
 * by their names.
 */
const stopWithinSeconds = 8;
/** systemd that cannot run in a container gives up within this. */
const provesItselfMs = 1000;
/** How a process 1 that called for a reboot ends: killed by SIGHUP (see pid_namespaces(7)). */
const rebootExitCode = 129;
/** Whose disk was another machine's begins anew. The engine shows a container its control groups (v2: one tree, v1: systemd's own) read-only; systemd manages them. */
const asProcessOne = 'for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd; do mount -o remount,rw $tree 2>/dev/null; done; [ -e /etc/citrus-as-new ] && rm -f /etc/citrus-as-new /etc/machine-id /' + firstBootDone + '; exec /lib/systemd/systemd --system';
const systemd = 'systemd systemd-sysv dbus curl ca-certificates';
const dockerfile = `FROM debian:bookworm
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${systemd} && rm -rf /var/lib/apt/lists/* /usr/sbin/policy-rc.d
`;
/** Another name for another recipe. */
export const builtImage = 'citrus-local-cloud:bookworm-1';

export const openDockerDriver = async (parts: DriverParts): Promise<OpenedDriver> => {
  if (process.platform !== 'linux') throw new Error('containers have an address that this computer reaches on Linux only');
  const engine = new Engine(socketOf(process.env['DOCKER_HOST']));
  const engineVersion = await engine.version().catch((cause: unknown) => {
    throw new Error(`no Docker engine answers: ${(cause as Error).message}`, { cause });
  });
  const image = parts.dockerImage ?? builtImage;
  if (!(await engine.hasImage(image))) {
    if (parts.dockerImage !== undefined) throw new Error(`the Docker engine has no image ${image}`);
    parts.log(`Building the image ${image} for droplets; this takes a minute, once`);
    await engine.build(image, await archiveOf(parts.dir, { Dockerfile: dockerfile }));
  }
  const { block, release } = await claimNetwork(parts.remembered, 'docker');
  const driver = new DockerDriver({ engine, engineVersion, image, parts, block, release });
  try {
    await driver.open();
  } catch (error) {
    await driver.stop([]);
    throw error;
  }
  return { driver, claim: { driver: 'docker', block } };
};

type Opened = { engine: Engine; engineVersion: string; image: string; parts: DriverParts; block: number; release: () => Promise<void> };

class DockerDriver implements Driver {
  readonly slots = slotsPerNetwork;
  readonly stopsByItself = true;
  readonly info: DriverInfo;
  readonly #opened: Opened;
  readonly #key: string;
  #forwarders: Forwarder[] = [];

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#key = opened.parts.cloudId.slice(0, 6);
    this.info = {
      driver: 'docker',
      gatewayAddress: gatewayOf(opened.block),
      netmask: '255.255.255.0',
      isMachine: true,
      description: `${opened.image} under systemd in containers of the Docker engine ${opened.engineVersion}`,
    };
  }

  /** The network, then a container that really starts: the proof that the driver works here. */
  async open(): Promise<void> {
    const { parts, block } = this.#opened;
    const gateway = gatewayOf(block);
    await this.#opened.engine.ensureNetwork(this.#network, {
      Driver: 'bridge',
      IPAM: { Config: [{ Subnet: `${gateway}/24`.replace('.1/', '.0/'), Gateway: gateway }] },
      Options: { 'com.docker.network.bridge.name': `cb-${this.#key}` },
    });
    this.#forwarders = await Promise.all(parts.forwardPorts.map((port) => forwardPort(gateway, port)));
    const probe = { id: 0, name: 'probe', address: this.addressOf(slotsPerNetwork), memoryMb: 512, dir: join(parts.dir, 'probe') };
    await this.destroy(probe);
    await this.prepare(probe, '');
    await this.boot(probe);
    await wait(provesItselfMs);
    if (!(await this.isRunning(probe))) throw new Error('a container with systemd ends at once');
    await this.destroy(probe);
  }

  addressOf(slot: number): string {
    return addressIn(this.#opened.block, slot);
  }

  prepare(machine: Machine, userData: string): Promise<void> {
    return prepareFolder(machine, userData);
  }

  async wipe(machine: Machine): Promise<void> {
    for (const mark of ['disk-of', 'seeded']) await rm(join(machine.dir, mark), { force: true });
    await this.#opened.engine.remove(this.#nameOf(machine));
    await this.#opened.engine.removeImage(this.#imageOf(machine));
  }

  async saveDisk(machine: Machine, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await this.#opened.engine.save(this.#nameOf(machine), join(folder, 'disk.tar'));
  }

  /** Its disk becomes an image of its own, which it is made from. */
  async loadDisk(machine: Machine, folder: string, asNew: boolean): Promise<void> {
    await this.wipe(machine);
    await this.#opened.engine.importImage(this.#imageOf(machine), join(folder, 'disk.tar'));
    await writeFile(join(machine.dir, 'disk-of'), asNew ? 'another' : 'itself');
  }

  async boot(machine: Machine): Promise<void> {
    const { engine } = this.#opened;
    const found = await engine.find(this.#nameOf(machine));
    if (found?.State.Running) return;
    // one whose seed did not arrive has never run
    if (!found || !existsSync(join(machine.dir, 'seeded'))) await this.#create(machine);
    await engine.start(this.#nameOf(machine));
  }

  async shutDown(machine: Machine): Promise<boolean> {
    await this.#opened.engine.stop(this.#nameOf(machine), stopWithinSeconds);
    return !(await this.isRunning(machine));
  }

  async powerOff(machine: Machine): Promise<void> {
    await this.#opened.engine.kill(this.#nameOf(machine));
  }

  async destroy(machine: Machine): Promise<void> {
    await this.wipe(machine);
    await rm(machine.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  async isRunning(machine: Machine): Promise<boolean> {
    return (await this.#opened.engine.find(this.#nameOf(machine)))?.State.Running ?? false;
  }

  async wantsReboot(machine: Machine): Promise<boolean> {
    return (await this.#opened.engine.find(this.#nameOf(machine)))?.State.ExitCode === rebootExitCode;
  }

  async sweep(known: readonly Machine[]): Promise<void> {
    const names = new Set(known.map((machine) => this.#nameOf(machine)));
    for (const name of await this.#opened.engine.labelled(`citrus.cloud=${this.#key}`)) if (!names.has(name)) await this.#opened.engine.remove(name);
    for (const stray of strayMachines(this.#opened.parts.dropletsDir, known)) await this.destroy(stray);
  }

  /** Stopped containers keep the disks, and hold on to their network. */
  async stop(machines: readonly Machine[]): Promise<void> {
    await Promise.all(machines.map((machine) => this.shutDown(machine)));
    if (machines.length === 0) await this.#opened.engine.removeNetwork(this.#network);
    await this.abandon();
  }

  async abandon(): Promise<void> {
    await Promise.all(this.#forwarders.map((forwarder) => forwarder.close()));
    this.#forwarders = [];
    await this.#opened.release();
  }

  /** It may mount, because systemd does: for honest programs, as with the other drivers. */
  async #create(machine: Machine): Promise<void> {
    const { engine, image, parts } = this.#opened;
    const name = this.#nameOf(machine);
    const own = this.#imageOf(machine);
    await rm(join(machine.dir, 'seeded'), { force: true });
    await engine.remove(name);
    await engine.create(name, {
      Image: (await engine.hasImage(own)) ? own : image,
      Hostname: machine.name,
      Cmd: ['/bin/sh', '-c', asProcessOne],
      Env: ['container=docker'],
      StopSignal: 'SIGRTMIN+3',
      Labels: { 'citrus.cloud': this.#key },
      HostConfig: { CapAdd: ['SYS_ADMIN', 'NET_ADMIN'], SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'], CgroupnsMode: 'private', Memory: machine.memoryMb * 1024 ** 2, PidsLimit: 4096, Tmpfs: { '/run': 'mode=755', '/run/lock': '' } },
      NetworkingConfig: { EndpointsConfig: { [this.#network]: { IPAMConfig: { IPv4Address: machine.address } } } },
    });
    await engine.put(name, await this.#seed(machine, parts.dir));
    await writeFile(join(machine.dir, 'seeded'), '');
  }

  /** What makes it this droplet: the unit that runs user data once, and the user data. */
  async #seed(machine: Machine, dir: string): Promise<Readable> {
    const root = join(machine.dir, 'seed');
    const instance = join(root, 'var/lib/cloud/instance');
    await rm(root, { recursive: true, force: true });
    if (existsSync(join(machine.dir, 'disk-of')) && (await readFile(join(machine.dir, 'disk-of'), 'utf8')) === 'itself') return archiveOf(dir, {});
    await addUnits(root, machine.dir);
    if (existsSync(join(machine.dir, 'disk-of'))) await writeFile(join(root, 'etc/citrus-as-new'), '');
    await mkdir(instance, { recursive: true });
    await copyFile(join(machine.dir, 'user-data'), join(instance, 'user-data'));
    await chmod(join(instance, 'user-data'), 0o700);
    const isScript = (await readFile(join(instance, 'user-data'), 'utf8')).startsWith('#!');
    if (!isScript) await writeFile(join(root, firstBootDone), 'no script (#!) in the user data\n');
    return tar(root);
  }

  get #network(): string {
    return `citrus-${this.#key}`;
  }

  #nameOf({ id }: Machine): string {
    return `citrus-${this.#key}-${id}`;
  }

  #imageOf({ id }: Machine): string {
    return `citrus-${this.#key}-${id}:disk`;
  }
}

export const socketOf = (host: string | undefined): string => {
  if (host === undefined || host === '') return '/var/run/docker.sock';
  if (!host.startsWith('unix://')) throw new Error(`DOCKER_HOST is ${host}: droplets need an engine of this computer`);
  return host.slice('unix://'.length);
};

const tar = (folder: string): Readable => spawn('tar', ['--create', '--numeric-owner', '--owner=0', '--group=0', '--directory', folder, '.'], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout;

const archiveOf = async (dir: string, files: Readonly<Record<string, string>>): Promise<Readable> => {
  const folder = join(dir, 'archive');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return tar(folder);
};

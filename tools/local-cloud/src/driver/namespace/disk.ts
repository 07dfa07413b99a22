import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeDurably } from '../../cloud/durable-file.ts';
import { copyTree } from '../copy-tree.ts';
import { type Machine } from '../driver.port.ts';
import { type Base, type Layer } from './base.ts';
import { run } from './run.ts';
import { firstBootDone, rebootWanted } from './units.ts';
import { type WayOut } from './way-out.ts';

/**
 * A droplet's disk: for each layer of the base the folder that takes what the droplet writes. It survives everything but
 * the droplet's deletion. What makes this machine different from the next (name, id, resolver, user data) is written
 * straight into it, before the machine starts.
 */
export class Disk {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get root(): string {
    return join(this.#machine.dir, 'disk/root/upper');
  }

  /** Gives back the layers that this droplet was made with. */
  async prepare(base: Base, wayOut: WayOut): Promise<Layer[]> {
    await mkdir(this.#machine.dir, { recursive: true, mode: 0o700 });
    const layers = await this.#layers(base);
    for (const { name } of layers) {
      await mkdir(join(this.#machine.dir, 'disk', name, 'upper'), { recursive: true });
      await mkdir(join(this.#machine.dir, 'disk', name, 'work'), { recursive: true });
    }
    await mkdir(join(this.#machine.dir, 'mount'), { recursive: true });
    if (!existsSync(join(this.root, 'etc/machine-id'))) await this.#personalise(layers);
    await this.#connect(wayOut);
    await rm(join(this.root, rebootWanted), { force: true });
    return layers;
  }

  /** Of a stopped machine. The layers go first: without them the rest counts for nothing. */
  async wipe(): Promise<void> {
    await rm(this.#file('layers.json'), { force: true });
    await rm(this.#file('disk'), { recursive: true, force: true, maxRetries: 3 });
  }

  /** What was written, and what it was written upon; overlayfs' own work is not worth keeping. */
  async save(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    for (const { name } of this.#knownLayers()) await copyTree(this.#file('disk', name, 'upper'), join(folder, 'disk', name, 'upper'));
    await copyFile(this.#file('layers.json'), join(folder, 'layers.json'));
  }

  async load(folder: string, asNew: boolean): Promise<void> {
    await this.wipe();
    await copyTree(join(folder, 'disk'), this.#file('disk'));
    if (asNew) for (const path of ['etc/machine-id', firstBootDone, 'var/lib/cloud/instance/user-data']) await rm(join(this.root, path), { force: true });
    await copyFile(join(folder, 'layers.json'), this.#file('layers.json'));
  }

  /** At every boot: the host may be in another network by now. */
  async #connect({ nameServers, aptProxy }: WayOut): Promise<void> {
    await writeFile(join(this.root, 'etc/resolv.conf'), nameServers.map((address) => `nameserver ${address}\n`).join(''));
    const proxyFile = join(this.root, 'etc/apt/apt.conf.d/95local-cloud-proxy');
    await rm(proxyFile, { force: true });
    if (aptProxy === undefined) return;
    await mkdir(dirname(proxyFile), { recursive: true });
    await writeFile(proxyFile, `Acquire::http::Proxy "${aptProxy}";\nAcquire::https::Proxy "${aptProxy}";\n`);
  }

  /** True once. */
  async takeRebootWish(): Promise<boolean> {
    const wished = existsSync(join(this.root, rebootWanted));
    await rm(join(this.root, rebootWanted), { force: true });
    return wished;
  }

  #file(...path: string[]): string {
    return join(this.#machine.dir, ...path);
  }

  #knownLayers(): Layer[] {
    const file = this.#file('layers.json');
    if (!existsSync(file)) throw new Error(`droplet ${this.#machine.id} has no disk yet`);
    return JSON.parse(readFileSync(file, 'utf8')) as Layer[];
  }

  async #layers(base: Base): Promise<Layer[]> {
    const file = this.#file('layers.json');
    if (existsSync(file)) return this.#knownLayers();
    await writeDurably(`${file}.next`, JSON.stringify(base.layers));
    await rename(`${file}.next`, file);
    return base.layers;
  }

  async #personalise(layers: readonly Layer[]): Promise<void> {
    const { dir, name } = this.#machine;
    await mkdir(join(this.root, 'etc'), { recursive: true });
    await writeFile(join(this.root, 'etc/hostname'), `${name}\n`);
    await writeFile(join(this.root, 'etc/hosts'), `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost ip6-localhost ip6-loopback\n`);
    await this.#addUserData(join(dir, 'user-data'));
    if (layers.some((layer) => layer.name === 'usr')) await hideServicePolicy(join(dir, 'disk/usr/upper'));
    await writeFile(join(this.root, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  }

  async #addUserData(file: string): Promise<void> {
    const folder = join(this.root, 'var/lib/cloud/instance');
    await mkdir(folder, { recursive: true });
    const script = existsSync(file) && (await readFile(file, 'utf8')).startsWith('#!');
    if (!script) return writeFile(join(this.root, firstBootDone), 'no script (#!) in the user data\n');
    await copyFile(file, join(folder, 'user-data'));
    await run('chmod', '700', join(folder, 'user-data'));
  }
}

/** Container images forbid packages to start their services; a droplet is a machine. A character device 0:0 is overlayfs' way to say "not there". */
const hideServicePolicy = async (upper: string): Promise<void> => {
  if (!existsSync('/usr/sbin/policy-rc.d')) return;
  await mkdir(join(upper, 'sbin'), { recursive: true });
  const exists = await stat(join(upper, 'sbin/policy-rc.d')).then(() => true, () => false);
  if (!exists) await run('mknod', join(upper, 'sbin/policy-rc.d'), 'c', '0', '0');
};

import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Driver, type DriverInfo, type DriverParts, type Machine, type OpenedDriver } from '../driver.port.ts';
import { strayMachines } from '../stray-machines.ts';
import { MachineFeed } from './machine-feed.ts';

/**
 * Droplets that nothing runs for: they become active, obey their actions and are deleted, and all that happens is a line
 * in a feed. For tests and benches that need a thousand droplets, or whose own agents stand in for the machines.
 */
const bootedFile = 'booted';
/** 198.18.0.0/15 is set aside for benchmarks (RFC 2544): nobody is ever there. */
const slots = 2 ** 17 - 2;

export const openNoneDriver = ({ dropletsDir }: DriverParts): OpenedDriver => ({
  driver: new NoneDriver(dropletsDir),
  claim: { driver: 'none', block: 0 },
});

class NoneDriver implements Driver {
  readonly slots = slots;
  readonly stopsByItself = false;
  readonly feed = new MachineFeed();
  readonly info: DriverInfo = {
    driver: 'none',
    gatewayAddress: '127.0.0.1',
    netmask: '255.254.0.0',
    isMachine: false,
    description: 'nothing: no machine and no process, only an entry in a list',
  };
  readonly #dropletsDir: string;
  readonly #running = new Set<number>();

  constructor(dropletsDir: string) {
    this.#dropletsDir = dropletsDir;
  }

  addressOf(slot: number): string {
    const number = slot + 1;
    return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  }

  async boot(machine: Machine): Promise<void> {
    if (this.#running.has(machine.id)) return;
    const isFirst = !existsSync(join(machine.dir, bootedFile));
    const userData = await readFile(join(machine.dir, 'user-data'), 'utf8');
    if (isFirst) await writeFile(join(machine.dir, bootedFile), '');
    this.#running.add(machine.id);
    this.feed.add({ event: 'boot', droplet_id: machine.id, name: machine.name, address: machine.address, first_boot: isFirst, user_data: userData });
  }

  shutDown(machine: Machine): Promise<boolean> {
    this.#halt(machine);
    return Promise.resolve(true);
  }

  powerOff(machine: Machine): Promise<void> {
    this.#halt(machine);
    return Promise.resolve();
  }

  async destroy(machine: Machine): Promise<void> {
    this.#halt(machine);
    await rm(machine.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  isRunning({ id }: Machine): Promise<boolean> {
    return Promise.resolve(this.#running.has(id));
  }

  wantsReboot(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async sweep(known: readonly Machine[]): Promise<void> {
    for (const stray of strayMachines(this.#dropletsDir, known)) await rm(stray.dir, { recursive: true, force: true });
  }

  stop(): Promise<void> {
    return this.abandon();
  }

  abandon(): Promise<void> {
    this.feed.close();
    return Promise.resolve();
  }

  #halt({ id, name, address }: Machine): void {
    if (this.#running.delete(id)) this.feed.add({ event: 'halt', droplet_id: id, name, address });
  }
}

import { join } from 'node:path';
import { type Driver, type DriverInfo, type DriverParts, type Machine, type OpenedDriver } from '../driver.port.ts';
import { MachineFeed } from './machine-feed.ts';
import { Notebook } from './notebook.ts';

/**
 * Droplets that nothing runs for: they become active, obey their actions and are deleted, and all that happens is a line
 * in a feed. For tests and benches that need a thousand droplets, or whose own agents stand in for the machines.
 */
/** 198.18.0.0/15 is set aside for benchmarks (RFC 2544): nobody is ever there. */
const slots = 2 ** 17 - 2;

export const openNoneDriver = ({ dir }: DriverParts): OpenedDriver => ({
  driver: new NoneDriver(new Notebook(join(dir, 'droplets.jsonl'))),
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
  readonly #notebook: Notebook;
  readonly #running = new Set<number>();

  constructor(notebook: Notebook) {
    this.#notebook = notebook;
  }

  addressOf(slot: number): string {
    const number = slot + 1;
    return `198.${18 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  }

  prepare({ id }: Machine, userData: string): Promise<void> {
    return this.#notebook.note({ id, userData });
  }

  wipe({ id }: Machine): Promise<void> {
    return this.#notebook.note({ id, hasBooted: false });
  }

  saveDisk(): Promise<void> {
    return Promise.resolve();
  }

  loadDisk({ id }: Machine, _folder: string, asNew: boolean): Promise<void> {
    return this.#notebook.note({ id, hasBooted: !asNew });
  }

  async boot({ id, name, address }: Machine): Promise<void> {
    if (this.#running.has(id)) return;
    const { userData, hasBooted } = this.#notebook.of(id);
    this.#running.add(id);
    if (!hasBooted) await this.#notebook.note({ id, hasBooted: true });
    this.feed.add({ event: 'boot', droplet_id: id, name, address, first_boot: !hasBooted, user_data: userData });
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
    await this.#notebook.note({ id: machine.id, isGone: true });
  }

  isRunning({ id }: Machine): Promise<boolean> {
    return Promise.resolve(this.#running.has(id));
  }

  wantsReboot(): Promise<boolean> {
    return Promise.resolve(false);
  }

  sweep(known: readonly Machine[]): Promise<void> {
    this.#notebook.keep(new Set(known.map(({ id }) => id)));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return this.abandon();
  }

  abandon(): Promise<void> {
    this.feed.close();
    return this.#notebook.close();
  }

  #halt({ id, name, address }: Machine): void {
    if (this.#running.delete(id)) this.feed.add({ event: 'halt', droplet_id: id, name, address });
  }
}

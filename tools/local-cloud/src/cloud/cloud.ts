import { join } from 'node:path';
import { type Driver, type Machine } from '../driver/driver.port.ts';
import { sizeOf } from './catalog.ts';
import { type Weather } from './faults.ts';
import { type Action, type Droplet, type Fate, type Snapshot, type State } from './state.ts';
import { Snapshots } from './snapshots.ts';
import { type Store } from './store.ts';

/**
 * The facts of the cloud: droplets, actions, tags. It accepts orders and writes them down before they are answered;
 * what then happens over time is in `lives.ts`. It never looks for an equal order: the same body twice is two droplets.
 */
export type Timing = { activeAfterMs: number; actionTakesMs: number; deleteTakesMs: number };
export type Order = { name: string; size: string; region: string; image: string; tags: string[]; features: string[]; vpcUuid?: string; userData?: string };

export class Cloud {
  readonly state: State;
  readonly driver: Driver;
  readonly weather: Weather;
  readonly timing: Timing;
  readonly snapshots: Snapshots;
  readonly #store: Store;
  readonly #dir: string;
  #creating = 0;
  readonly #droplets = new Map<number, Droplet>();
  readonly #actions = new Map<number, Action>();
  /** Those in progress, by droplet. */
  readonly #pending = new Map<number, Action[]>();
  readonly #tags = new Map<string, string>();
  readonly #slots = new Set<number>();

  constructor(parts: { store: Store; driver: Driver; weather: Weather; timing: Timing; dir: string }) {
    this.state = parts.store.state;
    this.#store = parts.store;
    this.driver = parts.driver;
    this.weather = parts.weather;
    this.timing = parts.timing;
    this.#dir = parts.dir;
    this.snapshots = new Snapshots(parts.store.state, parts.dir);
    for (const droplet of this.state.droplets) this.#remember(droplet);
    for (const action of this.state.actions) this.#index(action);
    for (const tag of this.state.tags) this.#tags.set(tag.toLowerCase(), tag);
  }

  droplet(id: string | number): Droplet | undefined {
    return this.#droplets.get(numberOf(id));
  }

  action(id: string | number): Action | undefined {
    return this.#actions.get(numberOf(id));
  }

  save(): Promise<void> {
    return this.#store.save();
  }

  machineOf(droplet: Droplet): Machine {
    return {
      id: droplet.id,
      name: droplet.name,
      address: this.driver.addressOf(droplet.slot),
      memoryMb: sizeOf(droplet.size).memory,
      dir: join(this.#dir, 'droplets', String(droplet.id)),
    };
  }

  diskOf(droplet: Droplet): number {
    return droplet.disk ?? sizeOf(droplet.size).disk;
  }

  /** Ordered and on their way out count too, as in the real quota. */
  get size(): number {
    return this.state.droplets.length + this.#creating;
  }

  /** The driver has the user data before the state names the droplet: a crash between the two leaves only a stray folder. */
  async create(order: Order): Promise<{ droplet: Droplet; action: Action }> {
    const droplet = this.#newDroplet(order);
    this.state.nextDropletId += 1;
    this.state.nextSlot = (droplet.slot + 1) % this.driver.slots;
    this.#creating += 1;
    try {
      await this.driver.prepare(this.machineOf(droplet), order.userData ?? '');
    } catch (error) {
      this.#slots.delete(droplet.slot);
      throw error;
    } finally {
      this.#creating -= 1;
    }
    this.state.droplets.push(droplet);
    this.#remember(droplet);
    this.addTags(order.tags);
    const action = this.begin('create', droplet);
    await this.save();
    return { droplet, action };
  }

  begin(type: string, droplet: Droplet, details: Pick<Action, 'argument' | 'withDisk' | 'imageId'> = {}): Action {
    const action: Action = {
      id: this.state.nextActionId,
      type,
      status: 'in-progress',
      startedAt: Date.now(),
      completedAt: null,
      dropletId: droplet.id,
      region: droplet.region,
      ...details,
      ...this.#luckOf(type, droplet.name),
    };
    this.state.nextActionId += 1;
    this.state.actions.push(action);
    this.#index(action);
    return action;
  }

  end(action: Action, status: 'completed' | 'errored'): void {
    action.status = status;
    action.completedAt = Date.now();
    const left = this.pendingActions(action.dropletId).filter((one) => one !== action);
    if (left.length > 0) this.#pending.set(action.dropletId, left);
    else this.#pending.delete(action.dropletId);
  }

  /** The machine is gone: nothing of it is listed any more, and what was being done to it has ended. */
  forget(droplet: Droplet): void {
    const place = this.state.droplets.indexOf(droplet);
    if (place >= 0) this.state.droplets.splice(place, 1);
    this.#droplets.delete(droplet.id);
    this.#slots.delete(droplet.slot);
    for (const action of this.pendingActions(droplet.id)) this.end(action, action.type === 'destroy' ? 'completed' : 'errored');
  }

  pendingAction(droplet: Droplet): Action | undefined {
    return this.pendingActions(droplet.id).at(-1);
  }

  /** A snapshot that a droplet is being made from cannot be taken away from under it. */
  isImageInUse(snapshot: Snapshot): boolean {
    const isNamed = (action: Action) => action.argument === String(snapshot.id) || (action.type === 'create' && this.droplet(action.dropletId)?.image === String(snapshot.id));
    return [...this.#pending.values()].flat().some(isNamed);
  }

  pendingActions(dropletId: number): readonly Action[] {
    return this.#pending.get(dropletId) ?? [];
  }

  addTags(names: readonly string[]): void {
    for (const name of names) {
      if (this.findTag(name) !== undefined) continue;
      this.state.tags.push(name);
      this.#tags.set(name.toLowerCase(), name);
    }
  }

  /** The droplets of the tag stay. */
  removeTag(tag: string): void {
    this.state.tags.splice(this.state.tags.indexOf(tag), 1);
    this.#tags.delete(tag.toLowerCase());
  }

  /** Tags are compared without regard to case, and keep the case of their first use. */
  findTag(name: string): string | undefined {
    return this.#tags.get(name.toLowerCase());
  }

  #remember(droplet: Droplet): void {
    this.#droplets.set(droplet.id, droplet);
    this.#slots.add(droplet.slot);
  }

  #index(action: Action): void {
    this.#actions.set(action.id, action);
    if (action.status === 'in-progress') this.#pending.set(action.dropletId, [...this.pendingActions(action.dropletId), action]);
  }

  #newDroplet(order: Order): Droplet {
    const now = Date.now();
    const { faults } = this.weather;
    const fate = this.#fateOf(order.name);
    const slow = this.weather.strikes('slowBoot', { name: order.name })?.ms ?? 0;
    const vanishAfterMs = fate === 'vanishes' ? faults.vanish?.afterMs : undefined;
    return {
      id: this.state.nextDropletId,
      name: order.name,
      size: order.size,
      region: order.region,
      image: order.image,
      tags: order.tags.map((tag) => this.findTag(tag) ?? tag),
      features: order.features,
      vpcUuid: order.vpcUuid ?? this.state.vpcUuid,
      createdAt: now,
      status: 'new',
      fate,
      slot: this.#freeSlot(),
      activeAt: now + (vanishAfterMs ?? this.timing.activeAfterMs + slow),
      listedFrom: now + faults.listLagMs,
      gettableFrom: now + faults.getLagMs,
      tagsFrom: now + faults.tagLagMs,
    };
  }

  #luckOf(type: string, name: string): Pick<Action, 'willFail' | 'takesMs'> {
    if (type === 'create' || type === 'destroy') return {};
    const slow = this.weather.strikes('slowAction', { type, name });
    return { ...(this.weather.strikes('actionFails', { type, name }) ? { willFail: true as const } : {}), ...(slow ? { takesMs: slow.ms } : {}) };
  }

  #fateOf(name: string): Fate {
    if (this.weather.strikes('vanish', { name })) return 'vanishes';
    if (this.weather.strikes('createFails', { name })) return 'fails';
    if (this.weather.strikes('neverActive', { name })) return 'never-active';
    return this.weather.strikes('neverBoots', { name }) ? 'never-boots' : 'lives';
  }

  /** Round robin, so that an address is not given to the next droplet at once. */
  #freeSlot(): number {
    for (let step = 0; step < this.driver.slots; step += 1) {
      const slot = (this.state.nextSlot + step) % this.driver.slots;
      if (this.#slots.has(slot)) continue;
      this.#slots.add(slot);
      return slot;
    }
    throw new Error('The local cloud has no address left');
  }
}

/** An id as it stands in a path; whatever is no number belongs to nothing. */
const numberOf = (id: string | number): number => (typeof id === 'number' || /^\d{1,15}$/.test(id) ? Number(id) : -1);

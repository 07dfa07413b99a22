/**
 * A cloud with all the bad manners that DigitalOcean has shown: answers that are lost, creates that run late or twice,
 * lists, tags and ids that lag, accepted droplets that vanish, deletions without effect. Time is the test's own.
 */
import { Unavailable } from '@citrus/kit-domain';
import type { CloudProvider, CreateOutcome, Instance, MachineSpec, OperationKey } from '../provider/provider.port.ts';

export type Chance = { (probability: number): boolean; below(limit: number): number };

/** A small, fast generator (mulberry32): the same seed gives the same world. */
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return Object.assign((probability: number) => next() < probability, { below: (limit: number) => next() * limit });
};

type Machine = {
  readonly ref: string; readonly name: string; readonly tags: readonly string[]; readonly createdAt: number;
  readonly listedAt: number; readonly taggedAt: number; readonly readableAt: number; readonly activeAt: number; readonly addressAt: number;
  readonly vanishesAt: number; goneAt: number; unlistedAt: number;
};

/** What this world does more often than others, or never (0): bad luck seldom comes in all kinds, but much of one kind may. */
export type Mood = {
  /** Droplets made long after the connection of their create broke. */
  readonly late: number;
  /** Second droplets of one create. */
  readonly twins: number;
  readonly lags: number;
  readonly vanishing: number;
  /** The process sleeps after the log's answer. */
  readonly sleeps: number;
  /** People try again at once. */
  readonly haste: number;
};
/** Nothing stands out, nobody sleeps or hurries. */
export const USUAL: Mood = { late: 1, twins: 1, lags: 1, vanishing: 1, sleeps: 0, haste: 0 };

export type World = {
  readonly now: () => number;
  readonly pass: (ms: number) => void;
  readonly chance: Chance;
  /** Longest time until the cloud shows what it did. */
  readonly lagMs: number;
  readonly createTimeoutMs: number;
  /** How bad: probabilities are multiplied by it. */
  readonly trouble: number;
  readonly mood?: Mood;
};

const FOREVER = Number.POSITIVE_INFINITY;

export class SimulatedCloud implements CloudProvider {
  readonly machines: Machine[] = [];
  /** How many droplets of one name existed, or were about to, when another was asked for. */
  overlaps = 0;
  readonly #world: World;
  readonly #mood: Mood;
  #lastRef = 100;

  constructor(world: World) {
    this.#world = world;
    this.#mood = world.mood ?? USUAL;
  }

  #bad(probability: number): boolean {
    return this.#world.chance(probability * this.#world.trouble);
  }

  #answer(): void {
    this.#world.pass(50 + this.#world.chance.below(400));
    if (this.#bad(0.1)) throw new Unavailable('The cloud did not answer.');
  }

  #make(key: OperationKey, tags: readonly string[], atLeast = 0): Machine {
    const { chance, lagMs, now } = this.#world;
    const createdAt = now() + atLeast;
    const lag = () => createdAt + (this.#bad(0.4 * this.#mood.lags) ? chance.below(lagMs) : 0);
    const activeAt = createdAt + 500 + chance.below(this.#bad(0.2) ? 200_000 : 20_000);
    const machine: Machine = {
      ref: String((this.#lastRef += 1)), name: key.name, tags: [...tags, key.tag], createdAt, listedAt: lag(), taggedAt: lag(), readableAt: lag(),
      activeAt, addressAt: activeAt + (this.#bad(0.3) ? chance.below(10_000) : 0), vanishesAt: this.#bad(0.08 * this.#mood.vanishing) ? createdAt + chance.below(lagMs) : FOREVER, goneAt: FOREVER, unlistedAt: FOREVER,
    };
    this.machines.push(machine);
    return machine;
  }

  #isThere(machine: Machine): boolean {
    const now = this.#world.now();
    return machine.createdAt <= now && now < machine.goneAt && now < machine.vanishesAt;
  }

  existing(): Machine[] {
    return this.machines.filter((machine) => this.#isThere(machine));
  }

  async create(spec: MachineSpec, key: OperationKey): Promise<CreateOutcome> {
    const { chance, pass, createTimeoutMs } = this.#world;
    // A machine that is there, or that an earlier request will still make.
    if (this.machines.some((machine) => machine.tags.includes(key.tag) && (this.#isThere(machine) || machine.createdAt > this.#world.now()))) this.overlaps += 1;
    pass(100 + chance.below(1500));
    if (this.#bad(0.1)) return { type: 'rejected', code: 'cloud.busy', reason: 'The cloud is busy.', retryAfterMs: 5000 };
    if (this.#bad(0.04)) return { type: 'rejected', code: 'size.unknown', reason: 'The cloud has no size named tiny.', retryAfterMs: null };
    if (this.#bad(0.1)) {
      pass(createTimeoutMs);
      return { type: 'unknown', reason: 'no answer' };
    }
    if (this.#bad(0.05 * this.#mood.late)) {
      this.#make(key, spec.tags, chance.below(createTimeoutMs));
      return { type: 'unknown', reason: 'connection lost' };
    }
    const machine = this.#make(key, spec.tags);
    if (this.#bad(0.05 * this.#mood.twins)) this.#make(key, spec.tags); // a proxy repeated it
    if (this.#bad(0.15)) return { type: 'unknown', reason: 'connection lost' };
    return { type: 'accepted', ref: machine.ref, ...(chance(0.5) && { opRef: `op-${machine.ref}` }) };
  }

  #seen(machine: Machine): Instance {
    const now = this.#world.now();
    return {
      ref: machine.ref, name: machine.name, tags: now >= machine.taggedAt ? machine.tags : [], phase: now >= machine.activeAt ? 'running' : 'creating',
      createdAt: new Date(machine.createdAt).toISOString(), ...(now >= machine.addressAt && { publicIp: `10.0.0.${machine.ref}` }),
    };
  }

  async find(key: OperationKey): Promise<Instance[]> {
    this.#answer();
    const now = this.#world.now();
    const isListed = (machine: Machine) => machine.listedAt <= now && now < machine.vanishesAt && now < machine.unlistedAt;
    return this.machines
      .filter((machine) => isListed(machine) && (machine.name === key.name || (machine.taggedAt <= now && machine.tags.includes(key.tag))))
      .map((machine) => this.#seen(machine));
  }

  async get(ref: string): Promise<Instance | 'absent'> {
    this.#answer();
    const machine = this.machines.find((candidate) => candidate.ref === ref);
    return machine && this.#isThere(machine) && machine.readableAt <= this.#world.now() ? this.#seen(machine) : 'absent';
  }

  async list(): Promise<{ items: Instance[] }> {
    this.#answer();
    return { items: this.existing().map((machine) => this.#seen(machine)) };
  }

  async operation(opRef: string): Promise<{ type: 'running' | 'done' | 'failed' }> {
    this.#answer();
    const machine = this.machines.find((candidate) => `op-${candidate.ref}` === opRef);
    if (!machine || machine.vanishesAt <= this.#world.now()) return { type: 'failed' };
    return { type: machine.activeAt <= this.#world.now() ? 'done' : 'running' };
  }

  async destroy(ref: string): Promise<'requested' | 'busy' | 'absent'> {
    this.#answer();
    const { now, chance, lagMs } = this.#world;
    const machine = this.machines.find((candidate) => candidate.ref === ref);
    if (!machine || !this.#isThere(machine) || machine.readableAt > now()) return 'absent';
    if (this.#bad(0.2)) return 'busy';
    const isIgnored = now() < machine.activeAt && this.#bad(0.3);
    if (!isIgnored && machine.goneAt === FOREVER) {
      machine.goneAt = now() + chance.below(5000);
      machine.unlistedAt = machine.goneAt + (this.#bad(0.3) ? chance.below(lagMs) : 0);
    }
    return 'requested';
  }
}

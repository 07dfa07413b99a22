/**
 * A cloud with all the bad manners that DigitalOcean has shown: answers that are lost, creates that run late or twice,
 * lists, tags and ids that lag, accepted droplets that vanish, deletions without effect. Time is the test's own.
 */
import { Unavailable } from '@citrus/kit-domain';
import type { ActOutcome, Capabilities, CloudProvider, CreateOutcome, Instance, MachineAction, MachineSpec, Operation, OperationKey, Probe, Snapshot } from '../provider/provider.port.ts';
import { USUAL, type Mood, type World } from './simulated-world.ts';

/** `listedAt`: when `operations` shows it. */
type Undertaking = { readonly opRef: string; readonly action: MachineAction; readonly startedAt: number; readonly endsAt: number; readonly listedAt: number; readonly succeeds: boolean; isApplied: boolean };

type Machine = {
  readonly ref: string; name: string; size: string; readonly region: string; image: string; isOff: boolean; hasBackups: boolean; readonly undertakings: Undertaking[]; tags: readonly string[]; readonly createdAt: number;
  readonly listedAt: number; readonly taggedAt: number; readonly readableAt: number; readonly activeAt: number; readonly addressAt: number;
  readonly vanishesAt: number; goneAt: number; unlistedAt: number;
};

const ACTIONS: Capabilities['actions'] = new Set([
  'power-on', 'power-off', 'shutdown', 'reboot', 'power-cycle', 'enable-backups', 'disable-backups', 'resize', 'rename', 'rebuild', 'snapshot', 'restore',
]);

const FOREVER = Number.POSITIVE_INFINITY;

export class SimulatedCloud implements CloudProvider {
  readonly capabilities: Capabilities;
  readonly machines: Machine[] = [];
  readonly kept: (Snapshot & { readonly machineRef: string })[] = [];
  /** How many droplets of one name existed, or were about to, when another was asked for. */
  overlaps = 0;
  /** For a test that needs it now: the next change is made, and nobody hears of it. */
  losesNextAnswer = false;
  readonly #world: World;
  readonly #mood: Mood;
  #lastRef = 100;
  #lastOperation = 0;

  constructor(world: World) {
    this.#world = world;
    this.#mood = world.mood ?? USUAL;
    this.capabilities = { idempotency: world.hasUniqueNames ? 'unique-name' : 'none', userDataMaxBytes: 65_536, actions: ACTIONS, settleMs: world.lagMs, callsPerMinute: 250 };
  }

  #bad(probability: number): boolean {
    return this.#world.chance(probability * this.#world.trouble);
  }

  #answer(): void {
    this.#world.pass(50 + this.#world.chance.below(400));
    if (this.#bad(0.1)) throw new Unavailable('The cloud did not answer.');
  }

  #loses(): boolean {
    const loses = this.losesNextAnswer;
    this.losesNextAnswer = false;
    return loses;
  }

  #make(key: OperationKey, spec: MachineSpec, atLeast = 0): Machine {
    const { chance, lagMs, now } = this.#world;
    const createdAt = now() + atLeast;
    const lag = () => createdAt + (this.#bad(0.4 * this.#mood.lags) ? chance.below(lagMs) : 0);
    const activeAt = createdAt + 500 + chance.below(this.#bad(0.2) ? 200_000 : 20_000);
    const machine: Machine = {
      ref: String((this.#lastRef += 1)), name: key.name, size: spec.size, region: spec.region, image: spec.image, isOff: false, hasBackups: spec.backups, undertakings: [], tags: [...spec.tags, key.tag], createdAt, listedAt: lag(), taggedAt: lag(), readableAt: lag(),
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
    const namesake = this.#world.hasUniqueNames && this.existing().find(({ name }) => name === key.name);
    if (namesake) return { type: 'accepted', ref: namesake.ref };
    // A late one of this name will be refused, and nobody is there to hear it.
    if (this.#world.hasUniqueNames) this.machines.splice(0, Infinity, ...this.machines.filter(({ name, createdAt }) => name !== key.name || createdAt <= this.#world.now()));
    if (this.#bad(0.1)) return { type: 'rejected', code: 'cloud.busy', reason: 'The cloud is busy.', retryAfterMs: 5000 };
    if (this.#bad(0.04)) return { type: 'rejected', code: 'size.unknown', reason: 'The cloud has no size named tiny.', retryAfterMs: null };
    if (this.#bad(0.1)) {
      pass(createTimeoutMs);
      return { type: 'unknown', reason: 'no answer' };
    }
    if (this.#bad(0.05 * this.#mood.late)) {
      this.#make(key, spec, chance.below(createTimeoutMs));
      return { type: 'unknown', reason: 'connection lost' };
    }
    const machine = this.#make(key, spec);
    if (this.#bad(this.#world.hasUniqueNames ? 0 : 0.05 * this.#mood.twins)) this.#make(key, spec); // a proxy repeated it
    if (this.#bad(0.15) || this.#loses()) return { type: 'unknown', reason: 'connection lost' };
    return { type: 'accepted', ref: machine.ref, ...(chance(0.5) && { opRef: `op-${machine.ref}` }) };
  }

  #seen(machine: Machine): Instance {
    const now = this.#world.now();
    this.#settle(machine);
    const phase = now < machine.activeAt ? 'creating' : machine.isOff ? 'stopped' : 'running';
    return {
      ref: machine.ref, name: machine.name, tags: now >= machine.taggedAt ? machine.tags : [], phase,
      size: machine.size, region: machine.region, image: machine.image, createdAt: new Date(machine.createdAt).toISOString(), ...(now >= machine.addressAt && { publicIp: `10.0.0.${machine.ref}` }),
    };
  }

  #isListed(machine: Machine): boolean {
    const now = this.#world.now();
    return machine.listedAt <= now && now < machine.vanishesAt && now < machine.unlistedAt;
  }

  async find(key: OperationKey): Promise<Instance[]> {
    this.#answer();
    const now = this.#world.now();
    for (const machine of this.machines) this.#settle(machine);
    return this.machines
      .filter((machine) => this.#isListed(machine) && (machine.name === key.name || (machine.taggedAt <= now && machine.tags.includes(key.tag))))
      .map((machine) => this.#seen(machine));
  }

  async get(ref: string): Promise<Instance | 'absent'> {
    this.#answer();
    const machine = this.machines.find((candidate) => candidate.ref === ref);
    return machine && this.#isThere(machine) && machine.readableAt <= this.#world.now() ? this.#seen(machine) : 'absent';
  }

  /** Lags like a look-up, and pages are cut by offset: what goes away meanwhile moves the rest. */
  async list(_tag: string, cursor = '0'): Promise<{ items: Instance[]; next?: string; total: number }> {
    this.#answer();
    const listed = this.machines.filter((machine) => this.#isListed(machine) && machine.taggedAt <= this.#world.now());
    const end = Number(cursor) + (this.#world.pageSize ?? Infinity);
    return { items: listed.slice(Number(cursor), end).map((machine) => this.#seen(machine)), ...(end < listed.length && { next: String(end) }), total: listed.length };
  }

  async operation(opRef: string): Promise<{ type: 'running' | 'done' | 'failed' }> {
    this.#answer();
    const undertaking = this.machines.flatMap(({ undertakings }) => undertakings).find((one) => one.opRef === opRef);
    if (undertaking) return { type: this.#stateOf(undertaking) };
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
    if (this.#inProgress(machine)) return 'busy';
    const isIgnored = now() < machine.activeAt && this.#bad(0.3);
    if (!isIgnored && machine.goneAt === FOREVER) {
      machine.goneAt = now() + chance.below(5000);
      machine.unlistedAt = machine.goneAt + (this.#bad(0.3) ? chance.below(lagMs) : 0);
    }
    return 'requested';
  }

  #stateOf({ startedAt, endsAt, succeeds }: Undertaking): Operation['state'] {
    const now = this.#world.now();
    return now < startedAt || now < endsAt ? 'running' : succeeds ? 'done' : 'failed';
  }

  #inProgress(machine: Machine): boolean {
    return machine.undertakings.some((one) => one.startedAt <= this.#world.now() && this.#stateOf(one) === 'running');
  }

  /** Whatever has ended by now has had its effect. */
  #settle(machine: Machine): void {
    for (const one of machine.undertakings) {
      if (one.isApplied || this.#stateOf(one) === 'running') continue;
      one.isApplied = true;
      if (one.succeeds) this.#apply(machine, one);
    }
  }

  #apply(machine: Machine, { action, endsAt, opRef }: Undertaking): void {
    switch (action.type) {
      case 'power-on': case 'reboot': case 'power-cycle': machine.isOff = false; return;
      case 'power-off': machine.isOff = true; return;
      // Some systems do not listen, and the cloud says that it is done.
      case 'shutdown': machine.isOff ||= !this.#bad(0.2); return;
      case 'enable-backups': machine.hasBackups = true; return;
      case 'disable-backups': machine.hasBackups = false; return;
      case 'resize': machine.size = action.size; return;
      case 'rename': machine.name = action.name; return;
      case 'rebuild': machine.image = action.image; machine.isOff = false; return;
      case 'restore': machine.isOff = false; return;
      case 'snapshot': this.kept.push({ ref: `snapshot-of-${opRef}`, name: action.name, kind: 'snapshot', createdAt: new Date(endsAt).toISOString(), sizeGigabytes: 1, machineRef: machine.ref });
    }
  }

  #begin(machine: Machine, action: MachineAction, afterMs = 0): Undertaking {
    const { chance, lagMs, now } = this.#world;
    const startedAt = now() + afterMs;
    const isRename = this.#world.hasUniqueNames === true && action.type === 'rename';
    const undertaking: Undertaking = {
      opRef: `op-${machine.ref}-${(this.#lastOperation += 1)}`, action, startedAt, endsAt: startedAt + (isRename ? 0 : 500 + chance.below(this.#bad(0.2) ? 120_000 : 10_000)),
      listedAt: isRename ? FOREVER : startedAt + (this.#bad(0.3 * this.#mood.lags) ? chance.below(lagMs) : 0), succeeds: isRename || !this.#bad(0.15), isApplied: false,
    };
    // One at a time: a late request that comes in the middle of this one is refused, and nobody is there to hear it.
    const isRefused = (one: Undertaking) => one.startedAt >= startedAt && one.startedAt < undertaking.endsAt;
    machine.undertakings.splice(0, Infinity, ...machine.undertakings.filter((one) => !isRefused(one)), undertaking);
    return undertaking;
  }

  /** Why an action cannot begin, as the real ones say it. */
  #obstacleOf(machine: Machine, action: MachineAction): ActOutcome | undefined {
    if (this.#world.now() < machine.activeAt || this.#inProgress(machine) || this.#bad(0.1)) return { type: 'busy', retryAfterMs: 5000, reason: 'Another action is in progress.' };
    if (action.type === 'resize' && !machine.isOff) return { type: 'rejected', code: 'machine.not_off', reason: 'The machine must be off to be resized.' };
    if (action.type === 'restore' && !this.kept.some(({ ref }) => ref === action.snapshotRef)) return { type: 'rejected', code: 'snapshot.unknown', reason: 'There is no such snapshot.' };
    if (this.#bad(0.04)) return { type: 'rejected', code: 'cloud.refused', reason: 'The cloud refused it.' };
    if (action.type === 'power-on' ? !machine.isOff : action.type === 'power-off' && machine.isOff) return { type: 'started' };
    return undefined;
  }

  async act(ref: string, action: MachineAction): Promise<ActOutcome> {
    const { chance, pass, createTimeoutMs, now } = this.#world;
    pass(100 + chance.below(1500));
    if (this.#bad(0.1)) {
      pass(createTimeoutMs);
      return { type: 'unknown', reason: 'no answer' };
    }
    const machine = this.machines.find((candidate) => candidate.ref === ref);
    if (!machine || !this.#isThere(machine) || machine.readableAt > now()) return { type: 'absent' };
    this.#settle(machine);
    const obstacle = this.#obstacleOf(machine, action);
    if (obstacle) return obstacle;
    if (this.#bad(0.05 * this.#mood.late)) {
      this.#begin(machine, action, chance.below(createTimeoutMs));
      return { type: 'unknown', reason: 'connection lost' };
    }
    const { opRef, listedAt } = this.#begin(machine, action);
    if (this.#bad(0.15) || this.#loses()) return { type: 'unknown', reason: 'connection lost' };
    return { type: 'started', ...(listedAt < FOREVER && !this.#bad(0.3) && { opRef }) };
  }

  async operations(ref: string, since: string): Promise<readonly Operation[]> {
    this.#answer();
    const now = this.#world.now();
    const undertakings = this.machines.find((machine) => machine.ref === ref)?.undertakings ?? [];
    return undertakings
      .filter((one) => one.startedAt <= now && one.listedAt <= now && one.startedAt >= Date.parse(since))
      .map((one) => ({ opRef: one.opRef, type: this.#world.hasUniqueNames && one.action.type === 'restore' ? 'rebuild' : one.action.type, startedAt: new Date(one.startedAt).toISOString(), state: this.#stateOf(one) }))
      .sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  }

  async snapshots(ref: string): Promise<readonly Snapshot[]> {
    this.#answer();
    for (const machine of this.machines) this.#settle(machine);
    return this.kept.filter(({ machineRef }) => machineRef === ref).map(({ ref: id, name, kind, createdAt, sizeGigabytes }) => ({ ref: id, name, kind, createdAt, sizeGigabytes }));
  }

  async removeSnapshot(snapshotRef: string): Promise<'removed' | 'absent'> {
    this.#answer();
    const index = this.kept.findIndex(({ ref }) => ref === snapshotRef);
    if (index === -1) return 'absent';
    this.kept.splice(index, 1);
    return 'removed';
  }

  async addTags(ref: string, tags: readonly string[]): Promise<'added' | 'absent'> {
    this.#answer();
    const machine = this.machines.find((candidate) => candidate.ref === ref);
    if (!machine || !this.#isThere(machine)) return 'absent';
    machine.tags = [...new Set([...machine.tags, ...tags])];
    return 'added';
  }

  async removeTags(ref: string, tags: readonly string[]): Promise<'removed' | 'absent'> {
    this.#answer();
    const machine = this.machines.find((candidate) => candidate.ref === ref);
    if (!machine || !this.#isThere(machine)) return 'absent';
    machine.tags = machine.tags.filter((tag) => !tags.some((gone) => gone.toLowerCase() === tag.toLowerCase()));
    return 'removed';
  }

  async probe(): Promise<Probe> {
    return { isGood: true, account: 'the simulated cloud', machineLimit: null };
  }
}

/**
 * Asks the cloud once where many ask at the same time: a decorator of the cloud port. Several servers that wait are told
 * by one listing of the fleet, 200 machines a call; one that waits alone still costs one GET.
 *
 * It promises the process manager nothing less than the cloud itself does. What a `get` answers was read after it was
 * asked. A listing only ever shows that a machine is there: lists and tags lag and pages shift, so what is not in it is
 * asked for by itself. Only a look-up long after the last create, when everything has been shown for sure, may be told by
 * a listing that a server has no other machine, and then the listing must be whole.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudProvider, Instance, OperationKey } from '../provider/provider.port.ts';
import { ComeBackLater } from './come-back-later.ts';
import { foundIn, listFleet, type Listing } from './listing.ts';

export type FleetViewOptions = {
  readonly now: () => number;
  readonly pause?: (ms: number) => Promise<unknown>;
  /** How long the first one waits for others to ask too. */
  readonly gatherMs?: number;
  /** How long look-ups that are in no hurry wait for others. */
  readonly sweepPatienceMs?: number;
  /** What the cloud allows; a third of it may be spent on listings. */
  readonly callsPerMinute?: () => number;
  readonly parked?: Parked;
  /** For tests: a listing also where single calls would be cheaper. */
  readonly alwaysLists?: boolean;
};

/** How many `get`s wait for a listing: their servers are neither idle nor at work. */
export type Parked = { count: number };

type Asked = { readonly ref: string; readonly resolve: (reading: Instance | 'absent') => void; readonly reject: (error: unknown) => void };

const SHARE_OF_LISTINGS = 1 / 3;
/** A look-up that never comes back (its server was deleted meanwhile) is forgotten. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;
const SOON_MS = 1000;

class FleetView {
  readonly #cloud: CloudProvider;
  readonly #options: Required<FleetViewOptions>;
  #asked: Asked[] = [];
  #isTending = false;
  #listing: Promise<Listing> | undefined;
  #last: Listing | undefined;
  /** Which servers want to be looked up, since when. */
  readonly #sweeps = new Map<string, number>();

  constructor(cloud: CloudProvider, options: FleetViewOptions) {
    this.#cloud = cloud;
    this.#options = {
      pause: sleep, gatherMs: 100, sweepPatienceMs: 20_000, callsPerMinute: () => cloud.capabilities.callsPerMinute, parked: { count: 0 }, alwaysLists: false, ...options,
    };
  }

  async get(ref: string): Promise<Instance | 'absent'> {
    const { parked } = this.#options;
    parked.count += 1;
    try {
      return await new Promise<Instance | 'absent'>((resolve, reject) => {
        this.#asked.push({ ref, resolve, reject });
        void this.#tend();
      });
    } finally {
      parked.count -= 1;
    }
  }

  async #tend(): Promise<void> {
    if (this.#isTending) return;
    this.#isTending = true;
    try {
      await this.#options.pause(this.#options.gatherMs);
      while (this.#asked.length > 0) await this.#answerRound();
    } finally {
      this.#isTending = false;
    }
  }

  async #answerRound(): Promise<void> {
    if (this.#isCheaper(this.#asked.length)) {
      const restMs = this.#msUntilNext();
      if (restMs > 0) return void (await this.#options.pause(restMs));
    }
    const round = this.#asked;
    this.#asked = [];
    const listing = this.#isCheaper(round.length) ? await this.#list().catch((error: unknown) => round.forEach(({ reject }) => reject(error))) : NOTHING;
    if (!listing) return;
    for (const asked of round) {
      const instance = listing.byRef.get(asked.ref);
      if (instance) asked.resolve(instance);
      else this.#cloud.get(asked.ref).then(asked.resolve, asked.reject);
    }
  }

  /** One listing instead of so many calls? */
  #isCheaper(calls: number): boolean {
    return this.#options.alwaysLists || calls > (this.#last?.pages ?? 1);
  }

  #msUntilNext(): number {
    if (!this.#last) return 0;
    const gapMs = (this.#last.pages * 60_000) / (this.#options.callsPerMinute() * SHARE_OF_LISTINGS);
    return this.#last.begunAt + gapMs - this.#options.now();
  }

  /** A listing that begins now; nobody else's that has begun before would do. */
  async #list(): Promise<Listing> {
    this.#listing = listFleet(this.#cloud, this.#options.now);
    try {
      this.#last = await this.#listing;
      return this.#last;
    } finally {
      this.#listing = undefined;
    }
  }

  /** @throws ComeBackLater while others may want the same */
  async find(key: OperationKey, shownSince: number): Promise<Instance[]> {
    const known = this.#whole(this.#last, shownSince);
    if (known) return this.#swept(key, known);
    const now = this.#options.now();
    for (const [tag, since] of this.#sweeps) if (now > since + FORGOTTEN_AFTER_MS) this.#sweeps.delete(tag);
    if (!this.#sweeps.has(key.tag)) this.#sweeps.set(key.tag, now);
    const waitMs = Math.min(...this.#sweeps.values()) + this.#options.sweepPatienceMs - now;
    if (waitMs > 0) throw new ComeBackLater('It is looked up together with others in a while.', { retryAfterMs: Math.max(SOON_MS, waitMs) });
    // By name and by tag: two calls for each of them.
    if (!this.#isCheaper(2 * this.#sweeps.size)) return this.#lookUp(key);
    if (this.#listing) await this.#listing.catch(() => undefined);
    const listing = this.#whole(this.#last, shownSince) ?? this.#whole(await this.#list(), shownSince);
    return listing ? this.#swept(key, listing) : this.#lookUp(key);
  }

  #whole(listing: Listing | undefined, shownSince: number): Listing | undefined {
    return listing?.isWhole && listing.begunAt >= shownSince ? listing : undefined;
  }

  #swept(key: OperationKey, listing: Listing): Instance[] {
    this.#sweeps.delete(key.tag);
    return foundIn(listing, key);
  }

  async #lookUp(key: OperationKey): Promise<Instance[]> {
    const found = await this.#cloud.find(key);
    this.#sweeps.delete(key.tag);
    return found;
  }
}

const NOTHING: Pick<Listing, 'byRef'> = { byRef: new Map() };

export const withFleetView = (cloud: CloudProvider, options: FleetViewOptions): CloudProvider => {
  const view = new FleetView(cloud, options);
  return {
    capabilities: cloud.capabilities,
    get: (ref) => view.get(ref),
    find: (key, shownSince) => (shownSince === undefined ? cloud.find(key) : view.find(key, shownSince)),
    create: (spec, key) => cloud.create(spec, key),
    list: (tag, cursor) => cloud.list(tag, cursor),
    operation: (opRef) => cloud.operation(opRef),
    destroy: (ref) => cloud.destroy(ref),
    act: (ref, action) => cloud.act(ref, action),
    operations: (ref, since) => cloud.operations(ref, since),
    snapshots: (ref) => cloud.snapshots(ref),
    removeSnapshot: (ref) => cloud.removeSnapshot(ref),
    addTags: (ref, tags, beside) => cloud.addTags(ref, tags, beside),
    removeTags: (ref, tags) => cloud.removeTags(ref, tags),
    probe: () => cloud.probe(),
  };
};

/** How far readers of logs have come and what they lack, for Prometheus: a service's relay and projections, and its feeds of other logs. */
import type { LoggedService } from '@citrus/contracts';
import type { EventStore, Feed, Projections, Relay } from '@citrus/kit-event-store';
import { Gauge, type Registry } from 'prom-client';

export type MetricsRegistry = Registry;

type Progress = { readonly reader: string; readonly position: number; readonly lag?: number; readonly parked?: number; readonly paused?: boolean };
type Source = () => Promise<readonly Progress[]>;

const sources = new WeakMap<Registry, Source[]>();

const GAUGES = [
  { name: 'citrus_log_reader_position', help: 'How far in its log the reader is', valueOf: ({ position }: Progress) => position },
  { name: 'citrus_log_reader_lag', help: 'How many events of its log the reader has not taken yet', valueOf: ({ lag }: Progress) => lag },
  { name: 'citrus_feed_parked_events', help: 'Events that a feed could not handle, with those that wait behind them', valueOf: ({ parked }: Progress) => parked },
  { name: 'citrus_feed_paused', help: '1 while somebody has paused the feed', valueOf: ({ paused }: Progress) => (paused === undefined ? undefined : Number(paused)) },
] as const;

const observe = (registry: Registry, source: Source): void => {
  const known = sources.get(registry);
  if (known) return void known.push(source);
  const all = [source];
  sources.set(registry, all);
  for (const { name, help, valueOf } of GAUGES) {
    const gauge = new Gauge({
      name, help, labelNames: ['reader'], registers: [],
      async collect() {
        this.reset();
        for (const progress of (await Promise.all(all.map((read) => read()))).flat()) {
          const value = valueOf(progress);
          if (value !== undefined) this.set({ reader: progress.reader }, value);
        }
      },
    });
    registry.registerMetric(gauge);
  }
};

type OwnLog = { readonly service: LoggedService; readonly store: EventStore; readonly projections: Projections; readonly relay: Relay };
const logs = new WeakMap<Registry, OwnLog>();
const feeds = new WeakMap<Registry, Map<string, Feed>>();

/** The log of the process that has this registry; undefined where there is none. */
export const ownLogOf = (registry: Registry): OwnLog | undefined => logs.get(registry);
/** Its feeds, by their names. */
export const feedsOf = (registry: Registry): ReadonlyMap<string, Feed> => feeds.get(registry) ?? new Map();

/** Undefined while the database is away: readiness says so, and the other figures are still wanted. */
const headOf = async (store: EventStore): Promise<number | undefined> => {
  try {
    return await store.head();
  } catch {
    return undefined;
  }
};

/** The readers of the service's own log. A relay that waits for the lead lacks nothing. */
export const observeLog = (registry: Registry, log: OwnLog): void => {
  logs.set(registry, log);
  const { store, projections, relay } = log;
  observe(registry, async () => {
    const head = await headOf(store);
    const own = projections.status().map(({ name, position }) => ({ reader: name, position }));
    const { leading, position } = relay.status();
    return [...own, ...(leading ? [{ reader: 'relay', position }] : [])].map((reader) => ({ ...reader, ...(head !== undefined && { lag: Math.max(0, head - reader.position) }) }));
  });
};

/** A feed of another service's log; the replica that leads it tells. */
export const observeFeed = (registry: Registry, reader: string, feed: Feed): Feed => {
  feeds.set(registry, (feeds.get(registry) ?? new Map<string, Feed>()).set(reader, feed));
  observe(registry, async () => {
    const { leading, position, lag, parked, paused } = feed.status();
    return leading ? [{ reader, position, lag, parked, paused: paused !== undefined }] : [];
  });
  return feed;
};

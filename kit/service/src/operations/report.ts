/** What a service tells of itself to those who run it; what cannot be found out now is left open, and the rest is told. */
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoggedService, LogReaderStatus, ServiceName, ServiceReport } from '@citrus/contracts';
import type { Clock } from '@citrus/kit-domain';
import type { EventStore, Projections, Relay } from '@citrus/kit-event-store';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import { feedsOf, ownLogOf } from '../log-readers.ts';
import type { Readiness } from '../readiness.ts';
import { natsCredential, observedKeys } from './keys.ts';

export type Observed = {
  readonly service: ServiceName; readonly nats: NatsConnection; readonly registry: Registry; readonly readiness: Readiness; readonly clock: Clock;
  readonly pool?: Pool; readonly credsFile?: string | undefined;
};

const WITHIN_MS = 3000;
const STARTED_AT = new Date(Date.now() - process.uptime() * 1000).toISOString();
/** From `src/operations` or `dist/operations`; all packages of a checkout have one version. */
const VERSION = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** What takes too long is not known. */
const orNull = async <T>(ask: () => Promise<T>): Promise<T | null> => {
  const over = new AbortController();
  try {
    return await Promise.race([ask(), delay(WITHIN_MS, null, { signal: over.signal, ref: false })]);
  } catch {
    return null;
  } finally {
    over.abort();
  }
};

const timed = async <T>(ask: () => Promise<T>): Promise<{ answer: T; answeredInMs: number }> => {
  const begunAt = performance.now();
  const answer = await ask();
  return { answer, answeredInMs: Math.round((performance.now() - begunAt) * 10) / 10 };
};

/** Of the middle of the question, so that its way does not count as a difference. */
const databaseOf = async (pool: Pool) => {
  const askedAt = Date.now();
  const { answer, answeredInMs } = await timed(() => pool.query<{ now: Date; bytes: string }>('select clock_timestamp() as now, pg_database_size(current_database()) as bytes'));
  const [row] = answer.rows;
  return { answeredInMs, bytes: Number(row?.bytes ?? 0), aheadMs: Math.round((row?.now.getTime() ?? askedAt) - (askedAt + answeredInMs / 2)) };
};

const natsOf = async (nats: NatsConnection) => {
  const { answeredInMs } = await timed(() => nats.flush());
  return { answeredInMs };
};

const diskOf = async () => {
  const { bavail, blocks, bsize } = await statfs('.');
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
};

type OwnLog = { readonly service: LoggedService; readonly store: EventStore; readonly projections: Projections; readonly relay: Relay };

/** By the stream itself: the replica that answers need not be the one that leads. */
const relayOf = async ({ service, relay }: OwnLog, head: number | null): Promise<LogReaderStatus> => {
  const last = await orNull(() => relay.lastCopied());
  const { position, error } = relay.status();
  return { reader: 'relay', kind: 'relay', source: service, position: last ?? position, lag: head === null || last === null ? null : Math.max(0, head - last), parked: 0, paused: null, error: error ?? null };
};

const ownReaders = async (log: OwnLog): Promise<LogReaderStatus[]> => {
  const head = await orNull(() => log.store.head());
  const projections = (await orNull(() => log.projections.operate.list())) ?? [];
  return [
    await relayOf(log, head),
    ...projections.map(({ name, position, lag, paused, error }): LogReaderStatus => ({ reader: name, kind: 'projection', source: log.service, position, lag, parked: 0, paused: paused ? 'paused' : null, error: error ?? null })),
  ];
};

const feedReaders = (registry: Registry): Promise<LogReaderStatus[]> =>
  Promise.all([...feedsOf(registry)].map(async ([reader, feed]) => {
    const [standing, { position, error, parked }] = [await orNull(() => feed.standing()), feed.status()];
    return { reader, kind: 'feed', source: feed.source, position: standing?.position ?? position, lag: standing?.lag ?? null, parked: standing?.parked ?? parked, paused: standing?.paused ?? null, error: error ?? null };
  }));

export const reportOf = async ({ service, nats, registry, readiness, clock, pool, credsFile }: Observed): Promise<ServiceReport> => {
  const log = ownLogOf(registry);
  const [database, broker, disk, own, feeds, keys] = await Promise.all([
    pool ? orNull(() => databaseOf(pool)) : null, orNull(() => natsOf(nats)), orNull(diskOf), log ? ownReaders(log) : [], feedReaders(registry),
    orNull(async () => [...(await observedKeys(registry)), ...(await natsCredential(credsFile))]),
  ]);
  const { isReady, detail } = readiness.verdict;
  return {
    service, version: VERSION, startedAt: STARTED_AT, now: clock().toISOString(), isReady, detail: detail ?? null, database, nats: broker, disk, memoryBytes: process.memoryUsage.rss(), readers: [...own, ...feeds], keys: keys ?? [],
  };
};

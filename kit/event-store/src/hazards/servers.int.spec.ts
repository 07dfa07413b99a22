import { startPostgres } from '@citrus/kit-embedded';
import { eventually, freshDatabase } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { migrate } from '../database/migrate.ts';
import { startWakeUp } from '../database/wake-up.ts';
import { startFeed } from '../feed/feed.ts';
import { startProjections } from '../projection/run-projections.ts';
import { startRelay } from '../relay/relay.ts';
import { auditCopy, auditLog, auditSeen } from './audit.ts';
import { moreEvents, startWriters, test as base } from './hazard.fixture.ts';
import { HAZARD_TABLES, doEach, openHazardLog, totals, type HazardLog } from './hazard-log.ts';

const STREAM = 'EVENTS_provisioning';
const upTo = (head: number): number[] => Array.from({ length: head }, (_, index) => index + 1);

const test = base.extend('connection', async ({ nats }, { onCleanup }): Promise<NatsConnection> => {
  const connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const { streams } = await jetstreamManager(connection);
  for await (const name of streams.names()) await streams.delete(name);
  onCleanup(() => connection.close());
  return connection;
});

/** A service with a relay, its projections, and a feed of its own log. */
const startReaders = ({ databaseUrl, pool, store, db }: HazardLog, nats: NatsConnection) => {
  const fed: number[] = [];
  const wakeUp = startWakeUp({ databaseUrl });
  const relay = startRelay({ databaseUrl, pool, nats, service: 'provisioning', wakeUp });
  const projections = startProjections({ db, pool, store, projections: [totals, doEach], wakeUp });
  const feed = startFeed({
    databaseUrl, db, nats, source: 'provisioning', consumer: 'hazard-feed', handle: ({ position }) => Promise.resolve(void fed.push(position)),
    requests: { call: async (definition, input) => definition.reply.parse(await store.read(input as { after: number; limit: number })) },
  });
  return {
    fed,
    reached: (head: number) => eventually(() => relay.status().position >= head && feed.status().position >= head && projections.status().every(({ position }) => position >= head), { timeoutMs: 40_000 }),
    stop: async () => {
      await Promise.all([relay.stop(), feed.stop(), projections.stop()]);
      await wakeUp.stop();
    },
  };
};

const doneIn = async ({ pool }: HazardLog): Promise<number[]> => (await pool.query<{ position: number }>('select position from done order by number')).rows.map(({ position }) => position);

describe('under load', () => {
  test('PostgreSQL and nats are killed: what was acknowledged is there, once, everywhere', async ({ nats, connection, chance }) => {
    const postgres = await startPostgres();
    const database = await freshDatabase(postgres.url);
    await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations: HAZARD_TABLES });
    const log = openHazardLog(database.serviceUrl);
    const readers = startReaders(log, connection);
    const writers = startWriters(log.store, chance, 4);
    for (const server of [postgres, nats, postgres]) {
      await moreEvents(log, 50 + chance.below(150));
      await server.kill();
      await server.restart();
    }
    await moreEvents(log, 50);
    const outcomes = await writers.end();
    const head = await log.store.head();
    await readers.reached(head);
    expect(await auditLog(log.pool, outcomes)).toEqual([]);
    expect(await auditCopy(log.pool, connection)).toEqual([]);
    expect(auditSeen('the projection', await doneIn(log), upTo(head))).toEqual([]);
    // A feed may see an event again whose checkpoint was lost with the connection, and never one too early.
    expect(auditSeen('the feed', [...new Set(readers.fed)], upTo(head))).toEqual([]);
    await readers.stop();
    await log.pool.end();
    await postgres.stop();
  });

  test('the stream is deleted: it is filled again, and a feed misses nothing', async ({ log, connection, chance }) => {
    const readers = startReaders(log, connection);
    const writers = startWriters(log.store, chance, 3);
    const { streams } = await jetstreamManager(connection);
    for (let n = 0; n < 4; n += 1) {
      await moreEvents(log, 30 + chance.below(150));
      await eventually(() => streams.delete(STREAM));
    }
    await moreEvents(log, 50);
    const outcomes = await writers.end();
    const head = await log.store.head();
    await readers.reached(head);
    expect(await auditCopy(log.pool, connection)).toEqual([]);
    expect(auditSeen('the feed', readers.fed, upTo(head))).toEqual([]);
    expect(await auditLog(log.pool, outcomes)).toEqual([]);
    await readers.stop();
  });
});

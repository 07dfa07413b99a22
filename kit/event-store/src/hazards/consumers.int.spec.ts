import { eventually } from '@citrus/kit-testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { startRelay } from '../relay/relay.ts';
import { auditLog, auditSeen } from './audit.ts';
import { moreEvents, neighbour, startWriters, test as base } from './hazard.fixture.ts';
import type { HazardLog } from './hazard-log.ts';

const test = base.extend('connection', async ({ nats, log }, { onCleanup }): Promise<NatsConnection> => {
  const connection = await connect({ servers: nats.url });
  const { streams } = await jetstreamManager(connection);
  for await (const name of streams.names()) await streams.delete(name);
  const relay = startRelay({ databaseUrl: log.databaseUrl, pool: log.pool, nats: connection, service: 'provisioning' });
  onCleanup(async () => {
    await relay.stop();
    await connection.close();
  });
  return connection;
});

const upTo = (head: number): number[] => Array.from({ length: head }, (_, index) => index + 1);

const checkpointOf = async ({ pool }: HazardLog, consumer: string): Promise<number> =>
  (await pool.query<{ position: number }>('select coalesce(max(position), 0) as position from checkpoints where consumer = $1', [consumer])).rows[0]?.position ?? 0;

const isApplying = async ({ pool }: HazardLog): Promise<boolean> =>
  ((await pool.query(`select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' and query like 'insert into done%'`)).rowCount ?? 0) > 0;

/** The totals as the log says them. */
const expectedTotals = async ({ pool }: HazardLog): Promise<unknown[]> =>
  (await pool.query(`select stream_id, sum((data->>'amount')::bigint)::bigint as total, max(position) as last_position from events where type = 'Added' group by 1 order by 1`)).rows;

describe('projections killed in the middle of a page', () => {
  test('apply every event once and in order, also when two replicas run', async ({ log, chance, children }) => {
    const start = () => children.start({ role: 'projections', databaseUrl: log.databaseUrl });
    const first = startWriters(log.store, chance, 3);
    await moreEvents(log, 500);
    const early = await first.end();
    // So much to do that both are somewhere in a page: one at work, the other waiting for its turn.
    for (let n = 0; n < 3; n += 1) {
      const replicas = [start(), start()];
      await eventually(() => isApplying(log));
      await Promise.all(replicas.map((replica) => replica.kill()));
    }
    const replicas = [start(), start()];
    const writers = startWriters(log.store, chance, 1);
    for (let n = 0; n < 3; n += 1) {
      await moreEvents(log, 20 + chance.below(60));
      const victim = chance.below(replicas.length);
      await replicas[victim]?.kill();
      replicas[victim] = start();
    }
    const outcomes = [...early, ...(await writers.end())];
    const head = await log.store.head();
    await eventually(async () => (await checkpointOf(log, 'done')) === head && (await checkpointOf(log, 'totals')) === head, { timeoutMs: 30_000 });
    const done = await log.pool.query<{ position: number }>('select position from done order by number');
    expect(auditSeen('the projection', done.rows.map(({ position }) => position), upTo(head))).toEqual([]);
    expect((await log.pool.query('select stream_id, total, last_position from totals order by stream_id')).rows).toEqual(await expectedTotals(log));
    expect(await auditLog(log.pool, outcomes)).toEqual([]);
  });
});

/** Writes down every move of a checkpoint, so that one that goes back, is repeated or begins elsewhere is seen. */
const recordMoves = async (superuserUrl: string): Promise<void> => {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  await client.query(`
    create table moves (number bigint generated always as identity, before bigint not null, after bigint not null);
    create function record_move() returns trigger language plpgsql security definer as $$ begin insert into public.moves (before, after) values (old.position, new.position); return null; end $$;
    create trigger record_move after update on checkpoints for each row when (new.consumer = 'hazard-feed') execute function record_move();
    grant select on moves to public`);
  await client.end();
};

/** An effect is there that the checkpoint does not stand behind yet. */
const isAhead = async (log: HazardLog): Promise<boolean> =>
  ((await log.pool.query(`select 1 from events where stream_id like 'effect-%' and substr(stream_id, 8)::bigint > $1 limit 1`, [await checkpointOf(log, 'hazard-feed')])).rowCount ?? 0) > 0;

describe('a feed', () => {
  test('killed between an effect and its checkpoint, and led by two at once, makes every effect once', async ({ log, database, nats, connection, chance, children }) => {
    await recordMoves(database.superuserUrl);
    const elsewhere = await neighbour();
    const start = (own?: { lockUrl: string }) => children.start({ role: 'feed', databaseUrl: log.databaseUrl, natsUrl: nats.url, ...own });
    const startBoth = () => [start(), start({ lockUrl: elsewhere.serviceUrl })];
    let feeds = startBoth();
    for (let n = 0; n < 5; n += 1) {
      const writers = startWriters(log.store, chance, 1);
      await moreEvents(log, 20 + chance.below(80));
      // Both at once, so that nobody is left who knows what was done.
      await eventually(() => isAhead(log));
      await Promise.all(feeds.map((feed) => feed.kill()));
      feeds = startBoth();
      await moreEvents(log, 20);
      await writers.end();
      const victim = chance.below(feeds.length);
      await feeds[victim]?.kill();
      feeds[victim] = start(victim === 1 ? { lockUrl: elsewhere.serviceUrl } : undefined);
    }
    // Its own effects are events of the same log, so it has come to the end when nothing is added any more.
    await eventually(async () => (await checkpointOf(log, 'hazard-feed')) === (await log.store.head()), { timeoutMs: 30_000 });
    const { rows } = await sql<{ cause: number; effects: number }>`
      select e.position as cause, (select count(*)::int from events f where f.stream_id = 'effect-' || e.position) as effects from events e where e.stream_id not like 'effect-%' order by 1`.execute(log.db);
    expect(rows.filter(({ effects }) => effects !== 1)).toEqual([]);
    const { rows: moves } = await log.pool.query<{ before: number; after: number }>('select before, after from moves order by number');
    expect(moves.filter(({ before, after }) => after <= before)).toEqual([]);
    expect(auditSeen('the checkpoint', moves.map(({ before }) => before), [0, ...moves.map(({ after }) => after)].slice(0, -1))).toEqual([]);
    expect(moves.at(-1)?.after).toBe(await checkpointOf(log, 'hazard-feed'));
    expect(connection.isClosed()).toBe(false);
  });
});

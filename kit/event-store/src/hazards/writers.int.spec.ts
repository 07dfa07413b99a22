import { eventually } from '@citrus/kit-testing';
import { Client, type Pool } from 'pg';
import { describe, expect } from 'vitest';
import { openEventStore } from '../event-store.ts';
import { newId } from '../uuid.ts';
import { auditLog, auditSeen } from './audit.ts';
import type { Chance } from './chance.ts';
import { anotherLog, moreEvents, neighbour, openTransaction, startWriters, test } from './hazard.fixture.ts';
import type { HazardLog } from './hazard-log.ts';
import { follow } from './reader.ts';
import type { Outcome } from './writer.ts';

/** Appends in transactions that stay open for a while; every second one is rolled back in the end. */
const appendSlowly = async (url: string, chance: Chance): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  const client = new Client({ connectionString: url });
  await client.connect();
  const store = openEventStore({ pool: client as unknown as Pool, service: 'provisioning' });
  for (let n = 0; n < 8; n += 1) {
    const [commandId, stream] = [newId(), `account-slow-${chance.below(3)}`];
    await client.query('begin');
    const { version, position } = await store.append({ stream, expected: 'any', events: [{ type: 'Added', data: { amount: 1 } }], context: { commandId, actor: { kind: 'service', id: 'slow' }, correlationId: 'hazard' } });
    await client.query('select pg_sleep($1)', [0.03 + chance.below(80) / 1000]);
    await client.query(n % 2 ? 'rollback' : 'commit');
    outcomes.push(n % 2 ? { commandId, refused: true } : { commandId, stream, events: 1, version, position });
  }
  await client.end();
  return outcomes;
};

const upTo = (head: number): number[] => Array.from({ length: head }, (_, index) => index + 1);

const positionsOf = async ({ pool }: HazardLog, condition: string): Promise<number[]> =>
  (await pool.query<{ position: number }>(`select position from events where ${condition} order by position`)).rows.map(({ position }) => position);

describe('writers of several processes, among slow transactions', () => {
  test('lose, repeat and reorder nothing, and readers see it all while it happens', async ({ log, database, chance, children }) => {
    await openTransaction(database.serviceUrl, 'insert into done (position) values (0)');
    await openTransaction((await neighbour()).superuserUrl, 'create table held_open (id int)');
    const reading = new AbortController();
    const [everything, some, accounts] = [follow(log.store, reading.signal), follow(log.store, reading.signal, { types: ['Added'] }), follow(log.store, reading.signal, { category: 'account' })];
    const outcomes: Outcome[] = [];
    const processes = [1, 2].map(() => children.start({ role: 'writer', databaseUrl: `${database.serviceUrl}?application_name=killed`, seed: chance.seed() }, (message) => void outcomes.push(message as Outcome)));
    const writers = [startWriters(log.store, chance, 3), startWriters(anotherLog(database.serviceUrl).store, chance, 3)];
    outcomes.push(...(await appendSlowly(database.serviceUrl, chance)));
    await moreEvents(log, 1500);
    await Promise.all(processes.map((child) => child.kill()));
    for (const writer of writers) outcomes.push(...(await writer.end()));
    // What the killed ones had asked for may still be committed while their connections end.
    await eventually(async () => (await log.pool.query("select from pg_stat_activity where application_name = 'killed' and datname = current_database()")).rowCount === 0);
    const head = await log.store.head();
    // The strangers' transactions are still open: nobody waits for them.
    await eventually(() => [everything, some, accounts].every(({ position }) => position >= head));
    reading.abort();
    await Promise.all([everything.done, some.done, accounts.done]);
    expect(await auditLog(log.pool, outcomes)).toEqual([]);
    expect(auditSeen('the reader of everything', everything.seen, upTo(head))).toEqual([]);
    expect(auditSeen('the reader of some types', some.seen, await positionsOf(log, "type = 'Added'"))).toEqual([]);
    // By category: the head and the page are two statements.
    expect(auditSeen('the reader of accounts', accounts.seen, await positionsOf(log, "stream_id like 'account-%'"))).toEqual([]);
  });
});

import { createHash } from 'node:crypto';
import { EventEnvelope } from '@citrus/contracts';
import { ContractViolation, Unavailable } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { openPool } from '../database/pool.ts';
import { StreamChanged } from '../errors.ts';
import { openEventStore } from '../event-store.ts';
import { auditLog } from '../hazards/audit.ts';
import { added, context, openLog, PROJECT, test } from '../log.fixture.ts';
import { newId } from '../uuid.ts';

type Added = { type: 'Added'; data: { amount: number } };
const account = { initialState: 0, evolve: (total: number, event: Added) => total + event.data.amount };
const add = (amount: number): Added[] => [{ type: 'Added', data: { amount } }];

describe('an append', () => {
  test('gives positions and versions without gaps, and comes back as it went in', async ({ log: { store } }) => {
    const text = 'ü "quoted" \\ \u0000 \ud800 line\nfeed, {braces}, NULL';
    const made = context({ projectId: PROJECT, causationId: 'cause', traceparent: '00-1-2-01' });
    expect(await store.append({ stream: 'account-1', expected: 'none', events: [added(1), { type: 'Noted', version: 2, data: { text } }], context: made })).toEqual({ version: 2, position: 2, duplicate: false });
    expect(await store.append({ stream: 'account-2', expected: 'any', events: [added(2)], context: context() })).toEqual({ version: 1, position: 3, duplicate: false });
    const { events, version } = await store.load('account-1');
    expect(version).toBe(2);
    expect(events[1]).toMatchObject({ type: 'Noted', version: 2, stream: 'account-1', streamVersion: 2, position: 2, projectId: PROJECT, causationId: 'cause', traceparent: '00-1-2-01', data: { text } });
    for (const event of events) expect(EventEnvelope.parse(event)).toEqual(event);
    expect(await store.head()).toBe(3);
  });

  test.for([
    { expected: 'none', now: 1, taken: false }, { expected: 'none', now: 0, taken: true }, { expected: 0, now: 1, taken: false },
    { expected: 'exists', now: 0, taken: false }, { expected: 'exists', now: 1, taken: true }, { expected: 1, now: 1, taken: true },
    { expected: 2, now: 1, taken: false }, { expected: 'any', now: 0, taken: true }, { expected: 'any', now: 1, taken: true },
  ] as const)('that expects $expected of a stream at $now is taken: $taken', async ({ expected, now, taken }, { log: { store } }) => {
    if (now) await store.append({ stream: 'account-1', expected: 'none', events: [added(1)], context: context() });
    const appended = store.append({ stream: 'account-1', expected, events: [added(2)], context: context() });
    if (taken) expect(await appended).toMatchObject({ version: now + 1 });
    else await expect(appended).rejects.toBeInstanceOf(StreamChanged);
    expect((await store.load('account-1')).version).toBe(now + (taken ? 1 : 0));
  });

  test('that has waited for another one, of another process, goes behind it', async ({ log, database, onTestFinished }) => {
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 1 });
    onTestFinished(() => pool.end());
    await pool.query('begin');
    const other = await openEventStore({ pool, service: 'provisioning' }).append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context() });
    const waiting = log.store.append({ stream: 'account-2', expected: 'any', events: [added(2)], context: context() });
    await expect.poll(async () => (await log.pool.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")).rowCount).toBe(1);
    await pool.query('commit');
    expect([other.position, (await waiting).position]).toEqual([1, 2]);
    expect(await auditLog(log.pool, [])).toEqual([]);
  });

  test('of a command that was carried out before answers with the first result', async ({ log: { store } }) => {
    const once = context();
    const first = await store.append({ stream: 'account-1', expected: 'none', events: [added(1), added(2)], context: once });
    await store.append({ stream: 'account-1', expected: 2, events: [added(3)], context: context() });
    expect(await store.append({ stream: 'account-1', expected: 'none', events: [added(1), added(2)], context: once })).toEqual({ ...first, duplicate: true });
    expect(await store.head()).toBe(3);
    // Another stream is another append, also in the same command.
    expect(await store.append({ stream: 'account-2', expected: 'none', events: [added(1)], context: once })).toMatchObject({ position: 4, duplicate: false });
  });

  test('that can never be taken is refused at once', async ({ log: { store } }) => {
    const wrongs: Partial<Parameters<typeof store.append>[0]>[] = [
      { stream: 'account-1.x' }, { stream: 'account' }, { stream: 'account-' }, { stream: '' }, { stream: `account-${'1'.repeat(128)}` }, { expected: -1 }, { expected: 1.5 },
      { events: [] }, { events: [{ type: 'Added.x', data: {} }] }, { events: [{ type: 'Added', data: {}, id: 'x' }] }, { events: [{ type: 'Added', data: { text: 'x'.repeat(256 * 1024) } }] },
      { context: context({ commandId: 'x' }) }, { context: context({ projectId: 'x' }) },
    ];
    for (const wrong of wrongs) {
      await expect(store.append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context(), ...wrong }), JSON.stringify(wrong).slice(0, 80)).rejects.toBeInstanceOf(ContractViolation);
    }
    expect(await store.head()).toBe(0);
  });

  test('that the database refuses fails alone, not those that queued with it', async ({ log: { store } }) => {
    const appends = [1, 2, 3, 4, 5].map((n) =>
      store.append({ stream: `account-${n}`, expected: 'none', events: [{ ...added(n), version: n === 3 ? 40_000 : 1 }], context: context() }));
    const outcomes = await Promise.allSettled(appends);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(await store.head()).toBe(4);
  });

  test('to several streams is all or nothing', async ({ log: { store } }) => {
    const both = [{ stream: 'account-1', expected: 'none', events: [added(1)] }, { stream: 'account-2', expected: 'none', events: [added(2), added(3)] }] as const;
    const once = context();
    expect(await store.appendAll(both, once)).toEqual([{ version: 1, position: 1, duplicate: false }, { version: 2, position: 3, duplicate: false }]);
    expect(await store.appendAll(both, once)).toEqual([{ version: 1, position: 1, duplicate: true }, { version: 2, position: 3, duplicate: true }]);
    const third = { stream: 'account-3', expected: 'none', events: [added(1)] } as const;
    await expect(store.appendAll([third, both[0]], context())).rejects.toThrow(StreamChanged);
    await expect(store.appendAll([third, both[0]], once)).rejects.toThrow(ContractViolation);
    await expect(store.appendAll([third, third], context())).rejects.toThrow(ContractViolation);
    expect(await store.head()).toBe(3);
  });

  test('says that the database is down, and works again when it is back', async ({ database, log }) => {
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await log.store.append({ stream: 'account-1', expected: 'none', events: [added(1)], context: context() });
    const running = openLog(database.serviceUrl.replace(/:\d+\//, ':1/'));
    await expect(running.store.head()).rejects.toBeInstanceOf(Unavailable);
    await running.pool.end();
    // Of this database only: every test that runs at the same time has the same role.
    await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = $2', [database.role, database.name]);
    const once = context();
    const retried = async (): Promise<number> => log.store.append({ stream: 'account-2', expected: 'none', events: [added(1)], context: once }).then(({ position }) => position, (error) => (error instanceof Unavailable ? retried() : Promise.reject(error as Error)));
    expect(await retried()).toBe(2);
    await superuser.end();
  });
});

describe('an update', () => {
  test('decides on what the stream holds, and again when somebody was faster', async ({ log: { store } }) => {
    const results = await Promise.all(Array.from({ length: 12 }, () => store.update('account-1', account, (total) => add(total + 1), context())));
    expect(results.map(({ version }) => version).sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
    expect(results.find(({ version }) => version === 12)?.state).toBe(2 ** 12 - 1);
  });

  test('of a command that was carried out before is not decided again', async ({ log: { store } }) => {
    const once = context();
    const first = await store.update('account-1', account, () => add(5), once);
    const again = await store.update('account-1', account, () => { throw new Error('decided again'); }, once);
    expect(again).toEqual(first);
    const both = await Promise.all([1, 2].map(() => store.update('account-2', account, () => add(5), once)));
    expect(both[0]).toEqual(both[1]);
  });

  test('that decides nothing appends nothing', async ({ log: { store } }) => {
    expect(await store.update('account-1', account, () => [], context())).toEqual({ state: 0, events: [], version: 0, position: 0 });
  });
});

describe('the log', () => {
  test('is read by position and by type, and knows its head', async ({ log: { store } }) => {
    await store.append({ stream: 'account-1', expected: 'any', events: [added(1), { type: 'Noted', data: {} }, added(3)], context: context() });
    expect((await store.read({ after: 1, limit: 1 })).events.map(({ position }) => position)).toEqual([2]);
    expect(await store.read({ after: 1, limit: 10, types: ['Added'] })).toMatchObject({ head: 3, events: [{ position: 3 }] });
  });

  test('is read in pages that fit in one message', async ({ log: { store } }) => {
    const large = { type: 'Added', data: { text: 'x'.repeat(200_000) } };
    for (let n = 1; n <= 5; n += 1) await store.append({ stream: 'account-1', expected: 'any', events: [large], context: context() });
    const page = await store.read({ after: 0, limit: 500 });
    expect(page.events.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(1024 * 1024);
  });

  test('shows people the history of their projects only, both ways, by stream and about a server', async ({ log: { store } }) => {
    const [server, other] = [newId(), newId()];
    const mine = () => context({ projectId: PROJECT });
    await store.append({ stream: `server-${server}`, expected: 'any', events: [{ type: 'ServerRequested', data: {} }], context: mine() });
    await store.append({ stream: `job-${newId()}`, expected: 'any', events: [{ type: 'JobQueued', data: { serverId: server } }], context: mine() });
    await store.append({ stream: `job-${newId()}`, expected: 'any', events: [{ type: 'JobQueued', data: { serverId: other } }], context: mine() });
    await store.append({ stream: `server-${server}`, expected: 'any', events: [{ type: 'ServerFailed', data: {} }], context: context({ projectId: newId() }) });
    await store.append({ stream: `server-${server}`, expected: 'any', events: [{ type: 'ServerFailed', data: {} }], context: context() });
    const read = async (how: Partial<Parameters<typeof store.history>[0]>) =>
      (await store.history({ limit: 10, direction: 'forward', projectIds: [PROJECT], ...how })).events.map(({ position }) => position);
    expect(await read({})).toEqual([1, 2, 3]);
    expect(await read({ direction: 'backward', limit: 2 })).toEqual([3, 2]);
    expect(await read({ direction: 'backward', before: 3 })).toEqual([2, 1]);
    expect(await read({ after: 1, limit: 1 })).toEqual([2]);
    expect(await read({ about: server })).toEqual([1, 2]);
    expect(await read({ stream: `server-${server}` })).toEqual([1]);
    expect(await read({ types: ['JobQueued'] })).toEqual([2, 3]);
    expect(await read({ projectIds: [] })).toEqual([]);
  });

  test('chains its events by SHA-256 over documented bytes', async ({ log: { store, pool } }) => {
    await store.append({ stream: 'account-1', expected: 'any', events: [added(1), { type: 'Noted', data: { text: 'ü\n' } }], context: context({ projectId: PROJECT }) });
    await store.append({ stream: 'account-2', expected: 'any', events: [added(3)], context: context() });
    const { rows } = await pool.query('select *, data::text as data_text, meta::text as meta_text from events order by position');
    let previous = Buffer.alloc(32);
    for (const row of rows) {
      const bytes = [row.position, row.event_id, row.stream_id, row.version, row.type, row.schema_version, row.recorded_at.toISOString(), Buffer.byteLength(row.meta_text), row.meta_text, row.data_text].join('\n');
      previous = createHash('sha256').update(previous).update(bytes).digest();
      expect(row.hash).toEqual(previous);
    }
    expect((await pool.query('select hash from log_head')).rows[0].hash).toEqual(previous);
  });

  test('makes its next partition ahead', async ({ log: { store }, database }) => {
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await owner.query('update log_head set position = 9999998');
    const { position } = await store.append({ stream: 'account-1', expected: 'any', events: [added(1), added(2), added(3)], context: context() });
    expect(position).toBe(10_000_001);
    const { rows } = await owner.query(`select tablename from pg_tables where schemaname = 'event_partitions' order by 1`);
    expect(rows.map(({ tablename }) => tablename)).toEqual(['events_0', 'events_1', 'events_2']);
    await expect(owner.query('truncate event_partitions.events_2')).rejects.toThrow(/append-only/);
    expect((await store.read({ after: 9_999_998, limit: 10 })).events.map((event) => event.position)).toEqual([9_999_999, 10_000_000, 10_000_001]);
    await owner.end();
  });

  test('refuses changes even to its own owner', async ({ log: { store }, database }) => {
    await store.append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context() });
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    for (const table of ['events', 'event_partitions.events_0']) {
      for (const attack of [`update ${table} set type = 'X'`, `delete from ${table}`, `truncate ${table}`, `truncate ${table} cascade`]) {
        await expect(owner.query(attack), attack).rejects.toThrow(/append-only/);
      }
    }
    await owner.end();
  });

  const ATTACKS = [
    `update events set type = 'X'`, 'delete from events', 'truncate events', 'truncate checkpoints, events', 'insert into events select * from events',
    'delete from event_partitions.events_0', 'insert into event_partitions.events_0 select * from events',
    'update streams set version = 9', 'delete from streams', 'update log_head set position = 0', 'insert into log_head select * from log_head', 'delete from commands', 'select * from commands',
    'drop table events', 'alter table events disable trigger all', 'drop trigger append_only on events', 'select add_events_partition(7)', 'create table public.sha256(x int)', `set session_replication_role = 'replica'`,
    'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return null; end $$',
  ];
  test('refuses the service role everything but appending and reading', async ({ log: { store, pool } }) => {
    await store.append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context() });
    for (const attack of ATTACKS) await expect(pool.query(attack), attack).rejects.toThrow(/permission denied|must be owner/);
    expect(await store.head()).toBe(1);
  });
});

describe('any appends at the same time', () => {
  const request = fc.record({ stream: fc.integer({ min: 1, max: 4 }), events: fc.integer({ min: 1, max: 3 }), expected: fc.constantFrom('any' as const, 'none' as const, 'exists' as const, 0, 1, 2, 3), command: fc.integer({ min: 1, max: 30 }) });

  test('leave dense positions, dense versions, times that never go back, and one result a command', async ({ log, database }) => {
    const second = openLog(database.serviceUrl);
    await fc.assert(fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), fc.uuid(), async (requests, run) => {
      const before = await log.store.head();
      const commands = new Map<number, string>();
      const outcomes = await Promise.allSettled(requests.map(({ stream, events, expected, command }, index) => {
        const commandId = commands.get(command) ?? newId();
        commands.set(command, commandId);
        return (index % 2 ? log : second).store.append({ stream: `account-${run}-${stream}`, expected, events: Array.from({ length: events }, () => added(index)), context: context({ commandId }) });
      }));
      const { events, head } = await log.store.read({ after: before, limit: 1000 });
      expect(events.map(({ position }) => position)).toEqual(Array.from({ length: head - before }, (_, n) => before + n + 1));
      const versions = new Map<string, number>();
      for (const [index, event] of events.entries()) {
        expect(event.streamVersion).toBe((versions.get(event.stream) ?? 0) + 1);
        versions.set(event.stream, event.streamVersion);
        expect(event.at >= (events[index - 1]?.at ?? '')).toBe(true);
      }
      const taken = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' && !outcome.value.duplicate ? [requests[index]?.events ?? 0] : []));
      expect(events.length).toBe(taken.reduce((sum, n) => sum + n, 0));
      for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StreamChanged);
    }), { numRuns: 40 });
    await second.pool.end();
  });
});

import { createHash } from 'node:crypto';
import { eventually } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { openPool } from '../database/pool.ts';
import type { EventStore } from '../event-store.port.ts';
import { context, PROJECT, test, type TestLog } from '../log.fixture.ts';
import { replayLog, type ReplayOptions } from './replay-log.ts';
import type { ReplayedEvent } from './replayed-event.ts';
import { asSuperuser, holding, withHeadAt } from '../superuser.fixture.ts';

const replayed = async (log: TestLog, options: ReplayOptions = {}): Promise<ReplayedEvent[]> => {
  const all: ReplayedEvent[] = [];
  for await (const { events } of replayLog(log.pool, options)) all.push(...events);
  return all;
};

const readByPages = async (store: EventStore, types?: readonly string[]) => {
  const all: unknown[] = [];
  for (let after = 0; ; ) {
    const { events } = await store.read({ after, limit: 7, types });
    if (events.length === 0) return all;
    all.push(...events);
    after = events.at(-1)?.position ?? after;
  }
};

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant('\0'), fc.constant('"\\u0000\n'), fc.nat(120_000).map((length) => 'x'.repeat(length)));
const append = fc.record({
  stream: fc.constantFrom('account-1', 'account-2', 'server-1'),
  events: fc.array(fc.record({ type: fc.constantFrom('Added', 'Removed', 'Renamed'), data: fc.dictionary(fc.constantFrom('a', 'ä', 'serverId', ''), text, { maxKeys: 2 }) }), { minLength: 1, maxLength: 5 }),
  projectId: fc.option(fc.constant(PROJECT), { nil: undefined }),
});
/** JSON has no lone halves of a surrogate pair; the database refuses them. */
const isStorable = (value: unknown): boolean => !/\\ud[89a-f]/i.test(JSON.stringify(value));

const many = (log: TestLog, events: number, data: Record<string, unknown> = { amount: 1 }) =>
  log.store.append({ stream: 'account-1', expected: 'any', events: Array.from({ length: events }, () => ({ type: 'Added', data })), context: context() });

const busyConnections = async ({ pool }: TestLog, how = `state <> 'idle'`): Promise<number> => {
  const { rows } = await pool.query<{ busy: number }>(`select count(*)::int as busy from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query ilike 'copy%' and ${how}`);
  return rows[0]?.busy ?? 0;
};

describe('a replay', () => {
  test('gives what paging gives, whatever is in the log and however it is cut', async ({ log }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(append.filter(isStorable), { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 20 }), async (appends, pageSize) => {
        const after = await log.store.head();
        for (const { stream, events, projectId } of appends) await log.store.append({ stream, expected: 'any', events, context: context(projectId ? { projectId } : {}) });
        const read = (await readByPages(log.store)).slice(after);
        expect((await replayed(log, { after, pageSize })).map((event) => event.envelope())).toEqual(read);
      }),
      { numRuns: 25 },
    );
    expect((await replayed(log, { types: ['Added', 'Renamed'], pageSize: 3 })).map((event) => event.envelope())).toEqual(await readByPages(log.store, ['Added', 'Renamed']));
    const ofServers = (await replayed(log, { category: 'server' })).map(({ stream }) => stream);
    expect(new Set(ofServers)).toEqual(new Set(['server-1']));
    expect((await replayed(log, { streams: ['server-1'] })).map(({ position }) => position)).toEqual((await replayed(log, { category: 'server' })).map(({ position }) => position));
  });

  test('hands out the stored bytes: the chain can be computed from them', async ({ log }) => {
    await many(log, 3, { name: 'Zoë \0 "quoted"' });
    let hash = Buffer.alloc(32);
    for (const event of await replayed(log)) {
      const { position, id, stream, version, type, schemaVersion, recordedAt, metaBytes, dataBytes } = event;
      const head = [position, id, stream, version, type, schemaVersion, recordedAt.toISOString(), metaBytes.length].join('\n');
      hash = createHash('sha256').update(hash).update(`${head}\n`).update(metaBytes).update('\n').update(dataBytes).digest();
      expect(event.hash).toEqual(hash);
    }
  });

  test('without proof leaves out what only a proof needs, and says so to whoever asks for it', async ({ log }) => {
    await many(log, 3);
    const [lean, whole] = [await replayed(log, { proof: false }), await replayed(log)];
    expect(lean.map((event) => event.envelope())).toEqual(whole.map((event) => event.envelope()));
    for (const [index, event] of lean.entries()) expect(event.bytes).toBe((whole[index]?.bytes ?? 0) - 4 - 4 - 32);
    expect(() => lean[0]?.hash).toThrow('without what proves');
    expect(() => lean[0]?.about).toThrow('without what proves');
  });

  test('starts behind any position, ends at the one asked for, and says how far it has read', async ({ log }) => {
    await many(log, 25);
    expect((await replayed(log, { after: 7, upTo: 19, pageSize: 4 })).map(({ position }) => position)).toEqual(Array.from({ length: 12 }, (_, index) => index + 8));
    const through: number[] = [];
    for await (const stretch of replayLog(log.pool, { types: ['Never'], pageSize: 10 })) through.push(stretch.through);
    expect(through).toEqual([10, 20, 25]);
    expect(await replayed(log, { after: 25 })).toEqual([]);
    await expect(replayed(log, { after: Number.NaN })).rejects.toThrow('not a position');
  });

  test('asked for names with quotes in them finds nothing and does no harm', async ({ log }) => {
    await many(log, 2);
    expect(await replayed(log, { types: [`'] or true --`], streams: [`\\'; drop table events; --`], category: `'` })).toEqual([]);
  });

  test('crosses from one partition to the next', async ({ log, database }) => {
    await withHeadAt(database.superuserUrl, 9_999_990);
    await many(log, 30);
    expect((await replayed(log, { after: 9_999_990, pageSize: 7 })).map(({ position }) => position)).toEqual(Array.from({ length: 30 }, (_, index) => index + 9_999_991));
  });

  test('that is left or aborted leaves no connection busy, and the pool works on', async ({ log }) => {
    for (let filled = 0; filled < 20; filled += 1) await many(log, 20, { note: 'x'.repeat(200_000) });
    for await (const { events } of replayLog(log.pool, { pageSize: 50 })) if (events.length > 0) break;
    const stop = new AbortController();
    const aborted = (async () => {
      for await (const { events } of replayLog(log.pool, { signal: stop.signal })) if (events.length > 0) stop.abort(new Error('enough'));
    })();
    await expect(aborted).rejects.toThrow('enough');
    await eventually(async () => (await busyConnections(log)) === 0);
    expect(log.pool.idleCount).toBe(log.pool.totalCount);
    expect((await replayed(log)).length).toBe(400);
  });

  test('aborted while the database is silent ends at once', async ({ log, database }) => {
    await many(log, 2);
    const stop = new AbortController();
    await holding(database.superuserUrl, 'lock table events in access exclusive mode', async () => {
      const waiting = replayed(log, { upTo: 2, signal: stop.signal });
      await eventually(async () => (await busyConnections(log)) === 1);
      stop.abort(new Error('not now'));
      await expect(waiting).rejects.toThrow('not now');
    });
  });

  test('whose connection is cut in the middle is Unavailable, and goes on from where it was', async ({ log, database }) => {
    for (let filled = 0; filled < 10; filled += 1) await many(log, 20, { note: 'x'.repeat(200_000) });
    let reached = 0;
    const cut = (async () => {
      for await (const { through } of replayLog(log.pool)) {
        if (reached === 0) await asSuperuser(database.superuserUrl, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'copy%'`);
        reached = through;
      }
    })();
    await expect(cut).rejects.toThrow('The log cannot be read at the moment');
    expect((await replayed(log, { after: reached })).map(({ position }) => position)).toEqual(Array.from({ length: 200 - reached }, (_, index) => reached + index + 1));
  });

  test('makes the database wait for a slow reader instead of filling the memory, and needs one connection only', async ({ log, database }) => {
    for (let filled = 0; filled < 20; filled += 1) await many(log, 20, { note: 'x'.repeat(200_000) });
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 1 });
    let [read, hasWaited] = [0, false];
    for await (const { events } of replayLog(pool, { pageSize: 100, upTo: 400 })) {
      read += events.length;
      if (!hasWaited && events.length > 0) await eventually(async () => (await busyConnections(log, `wait_event = 'ClientWrite'`)) === 1);
      hasWaited ||= events.length > 0;
    }
    expect(read).toBe(400);
    await pool.end();
  });
});

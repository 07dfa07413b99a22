import { eventually } from '@citrus/kit-testing';
import { Unavailable } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { added, context, openLog, test as base, type ReadModels, type TestLog } from '../log.fixture.ts';
import { defineProjection, rebuildProjection, type Projection } from './projection.ts';
import { startProjections, type Projections } from './run-projections.ts';
import { newId } from '../uuid.ts';
import { startWakeUp } from '../database/wake-up.ts';

const totalsPerStream = defineProjection<ReadModels>({
  name: 'totalsPerStream',
  version: 1,
  tables: ['totals'],
  handles: ['Added'],
  apply: async (trx, event) => {
    const amount = Number(event.data['amount']);
    if (amount < 0) throw new Error('below zero');
    await trx.insertInto('totals').values({ stream_id: event.stream, total: amount, last_position: event.position })
      .onConflict((conflict) => conflict.column('stream_id').doUpdateSet({ total: sql`totals.total + ${amount}`, last_position: event.position })).execute();
  },
});

const test = base.extend('projections', async ({ log: ownLog }, { onCleanup }) => {
  const stops: (() => Promise<void>)[] = [];
  onCleanup(async () => void (await Promise.all(stops.map((stop) => stop()))));
  return (projection: Projection<ReadModels> = totalsPerStream, log: TestLog = ownLog): Projections => {
    const wakeUp = startWakeUp({ databaseUrl: log.databaseUrl });
    const running = startProjections({ db: log.db, store: log.store, projections: [projection], wakeUp });
    stops.push(() => running.stop(), () => wakeUp.stop());
    return running;
  };
});

const rows = ({ db }: TestLog) => db.selectFrom('totals').selectAll().orderBy('stream_id').execute();
const append = ({ store }: TestLog, stream: string, ...amounts: number[]) => store.append({ stream: `account-${stream}`, expected: 'any', events: amounts.map(added), context: context() });

describe('a projection', () => {
  test('shows what was written once it has reached the position', async ({ log, projections }) => {
    await append(log, 'a', 1, 2);
    const running = projections();
    const { position } = await append(log, 'b', 5);
    await running.reached(position);
    expect(await rows(log)).toEqual([{ stream_id: 'account-a', total: 3, last_position: 2 }, { stream_id: 'account-b', total: 5, last_position: 3 }]);
    expect(running.status()).toEqual([{ name: 'totalsPerStream', version: 1, position: 3, state: 'running' }]);
    await expect(running.reached(4, { timeoutMs: 10 })).rejects.toBeInstanceOf(Unavailable);
  });

  test('stops at an event that it cannot apply, says so, and goes on when it can', async ({ log, projections }) => {
    let isBroken = true;
    const running = projections({ ...totalsPerStream, apply: (trx, event) => (event.data['amount'] === 3 && isBroken ? Promise.reject(new Error('not yet')) : totalsPerStream.apply(trx, event)) });
    await append(log, 'a', 1, 2, 3, 4);
    await running.reached(2);
    await eventually(() => running.status()[0]?.state === 'retrying');
    expect(running.status()[0]).toMatchObject({ position: 2, error: expect.stringContaining('Added at position 3') });
    expect(await rows(log)).toMatchObject([{ total: 3 }]);
    isBroken = false;
    await running.reached(4);
    expect(await rows(log)).toMatchObject([{ total: 10 }]);
  });

  test('run by two replicas applies every event once', async ({ log, database, projections }) => {
    const other = openLog(database.serviceUrl);
    const replicas = [projections(), projections(totalsPerStream, other)];
    const appends = await Promise.all(Array.from({ length: 300 }, (_, n) => append(n % 2 ? log : other, String(n % 5), 1)));
    const last = Math.max(...appends.map(({ position }) => position));
    await Promise.all(replicas.map((replica) => replica.reached(last)));
    expect((await rows(log)).map(({ total }) => total)).toEqual([60, 60, 60, 60, 60]);
    await Promise.all(replicas.map((replica) => replica.stop()));
    await other.pool.end();
  });

  test('of a higher version starts over, and the lower one gives way', async ({ log, projections }) => {
    const old = projections();
    const { position } = await append(log, 'a', 1);
    await old.reached(position);
    const doubled = projections({ ...totalsPerStream, version: 2, apply: (trx, event) => totalsPerStream.apply(trx, { ...event, data: { amount: Number(event.data['amount']) * 2 } }) });
    await doubled.reached(position);
    expect(await rows(log)).toMatchObject([{ total: 2 }]);
    await doubled.reached((await append(log, 'a', 1)).position);
    await eventually(() => old.status()[0]?.state === 'superseded');
    expect(await rows(log)).toMatchObject([{ total: 4 }]);
    const restarted = projections();
    await eventually(() => restarted.status()[0]?.state === 'superseded');
    expect(await rows(log)).toMatchObject([{ total: 4 }]);
  });

  test('goes on after all its connections were cut', async ({ log, database, projections }) => {
    const running = projections();
    await running.reached((await append(log, 'a', 1)).position);
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = $2', [database.role, database.name]);
    await superuser.end();
    const { position } = await eventually(() => append(log, 'a', 1));
    await running.reached(position, { timeoutMs: 10_000 });
    expect(await rows(log)).toMatchObject([{ last_position: position }]);
  });

  test('gives identical rows when it is rebuilt, whatever was appended', async ({ log, projections }) => {
    const running = projections();
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 })), { minLength: 1, maxLength: 30 }), async (appends) => {
      const run = newId();
      const done = await Promise.all(appends.map(([stream, amounts]) => append(log, `${run}-${stream}`, ...amounts)));
      await running.reached(Math.max(...done.map(({ position }) => position)));
      const before = await rows(log);
      await rebuildProjection({ db: log.db, store: log.store, projection: totalsPerStream });
      expect(await rows(log)).toEqual(before);
    }), { numRuns: 10 });
  });
});

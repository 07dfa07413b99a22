import { eventually } from '@citrus/kit-testing';
import { Unavailable } from '@citrus/kit-domain';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { added, context, openLog, test as base, type ReadModels, type TestLog } from '../log.fixture.ts';
import { defineProjection, type AnyProjection } from './projection.ts';
import { defineFold } from './row-fold.ts';
import { startProjections, type Projections } from './run-projections.ts';
import { startWakeUp } from '../database/wake-up.ts';

const totalsPerStream = defineFold<ReadModels['totals']>({
  name: 'totalsPerStream',
  version: 1,
  table: 'totals',
  key: ['stream_id'],
  handles: ['Added'],
  keyOf: ({ stream }) => [stream],
  evolve: (row, { stream, position, data }) => {
    if (Number(data['amount']) < 0) throw new Error('below zero');
    return { stream_id: stream, total: (row?.total ?? 0) + Number(data['amount']), last_position: position };
  },
});

const test = base.extend('projections', async ({ log: ownLog }, { onCleanup }) => {
  const stops: (() => Promise<void>)[] = [];
  onCleanup(async () => void (await Promise.all(stops.map((stop) => stop()))));
  return (projection: AnyProjection<ReadModels> | readonly AnyProjection<ReadModels>[] = totalsPerStream, log: TestLog = ownLog): Projections => {
    const wakeUp = startWakeUp({ databaseUrl: log.databaseUrl });
    const running = startProjections({ db: log.db, pool: log.pool, store: log.store, projections: [projection].flat(), wakeUp });
    stops.push(() => running.stop(), () => wakeUp.stop());
    return { ...running, reached: (position, how = { timeoutMs: 30_000 }) => running.reached(position, how) };
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
    const running = projections({ ...totalsPerStream, evolve: (row, event) => { if (event.data['amount'] === 3 && isBroken) throw new Error('not yet'); return totalsPerStream.evolve(row, event); } });
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

  test('goes on after all its connections were cut', async ({ log, database, projections }) => {
    const running = projections();
    await running.reached((await append(log, 'a', 1)).position);
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = $2', [database.role, database.name]);
    await superuser.end();
    const { position } = await eventually(() => append(log, 'a', 1));
    await running.reached(position, { timeoutMs: 30_000 });
    await eventually(async () => expect(await rows(log)).toMatchObject([{ last_position: position }]));
  });

  test('that cannot go on keeps no other from it, and joins them again; a page costs a transaction for all of them', async ({ log, projections }) => {
    const seen: Record<string, number[]> = { first: [], second: [], third: [] };
    let isBroken = false;
    const recording = (name: string) => defineProjection<ReadModels>({
      name, version: 1, handles: ['Added'],
      apply: async (_, { position }) => {
        if (isBroken && name === 'second') throw new Error('not yet');
        seen[name]?.push(position);
      },
    });
    const running = projections(['first', 'second', 'third'].map(recording));
    const standing = () => running.status().map(({ position, state }) => `${state} ${position}`);
    await append(log, 'a', 1, 2);
    await running.reached(2);
    isBroken = true;
    await append(log, 'a', 3, 4);
    await eventually(() => expect(standing()).toEqual(['running 4', 'retrying 2', 'running 4']));
    isBroken = false;
    await running.reached(4, { timeoutMs: 30_000 });
    await eventually(() => expect(standing()).toEqual(['running 4', 'running 4', 'running 4']));
    await running.operate.pause('third');
    await eventually(() => running.status()[2]?.state === 'paused');
    await append(log, 'a', 5);
    await eventually(() => expect(standing()).toEqual(['running 5', 'running 5', 'paused 4']));
    await running.operate.resume('third');
    await running.reached(5, { timeoutMs: 30_000 });
    expect(new Set(seen['second'])).toEqual(new Set([1, 2, 3, 4, 5]));
    await eventually(async () => {
      const { position } = await append(log, 'b', 6);
      await running.reached(position, { timeoutMs: 30_000 });
      const { rows: transactions } = await log.pool.query(`select distinct xmin::text from checkpoints where consumer in ('first', 'second', 'third')`);
      expect(transactions).toHaveLength(1);
    });
  });
});

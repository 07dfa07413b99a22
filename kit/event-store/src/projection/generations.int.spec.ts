import { NotFound, Refusal } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import * as fc from 'fast-check';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { openLog, type ReadModels } from '../log.fixture.ts';
import { openEventStore } from '../event-store.ts';
import { accounts, isBuilt, poolThatDies, test, type Account, type Stage } from './accounts.fixture.ts';
import { rebuildReadModel } from './rebuild-read-model.ts';
import { defineFold, foldInto, rowKey, type Rows } from './row-fold.ts';

const NAME = 'accounts';

/** What the whole log folds to, without a database. */
const folded = async ({ store }: Stage): Promise<Rows> => {
  const rows: Rows = new Map();
  for (let after = 0; ; ) {
    const { events } = await store.read({ after, limit: 1000 });
    for (const event of events) foldInto(accounts, rows, event);
    const last = events.at(-1);
    if (!last) return rows;
    after = last.position;
  }
};
const isTheLog = async (stage: Stage) => {
  const { rows } = await stage.pool.query<{ row: { bank: string; id: string; changed_at: string } }>('select row_to_json(a) as row from accounts a order by bank, id');
  const shown = new Map(rows.map(({ row }) => [rowKey([row.bank, row.id]), { ...row, changed_at: new Date(row.changed_at).toISOString() }]));
  expect(shown).toEqual(new Map([...(await folded(stage))].toSorted()));
};

describe('a rebuild beside', () => {
  test('gives rows, key, indexes, rights and views identical to those that are read, while events come in', async ({ stage }) => {
    const running = stage.start();
    const shape = await stage.shape();
    const anyAppends = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.oneof(fc.constant('close' as const), fc.array(fc.integer({ min: -50, max: 1000 }), { minLength: 1, maxLength: 4 }))), { minLength: 1, maxLength: 25 });
    await fc.assert(fc.asyncProperty(anyAppends, anyAppends, async (before, during) => {
      const append = (appends: typeof before) => Promise.all(appends.map(([id, what]) => (what === 'close' ? stage.close(String(id)) : stage.add(String(id), ...what))));
      // A read model can be built anew once it is known, which it is when it has read something.
      await running.reached(Math.max(...(await append(before))));
      await running.operate.rebuild(NAME);
      const positions = await append(during);
      await running.reached(Math.max(...positions));
      await isBuilt(running);
      expect(await running.operate.verify(NAME)).toMatchObject({ position: Math.max(...positions), different: 0, differences: [] });
      const rows = await stage.rows();
      await running.operate.switch(NAME);
      expect(await stage.rows()).toEqual(rows);
    }), { numRuns: 8 });
    await isTheLog(stage);
    expect(await stage.shape()).toEqual(shape);
    expect((await running.operate.list())[0]).toMatchObject({ state: 'running', lag: 0, generation: 9, previous: { generation: 8, state: 'following' } });
  });

  test('by two replicas at once is the work of one, and both show how far it is', async ({ stage, database }) => {
    const other = openLog(database.serviceUrl);
    const replicas = [stage.start(), stage.start(accounts, other)] as const;
    await Promise.all(Array.from({ length: 300 }, (_, n) => stage.add(String(n % 40), n)));
    await Promise.all(replicas.map((replica) => replica.reached(300)));
    await Promise.all(replicas.map((replica) => replica.operate.rebuild(NAME)));
    for (const replica of replicas) {
      await isBuilt(replica);
      await eventually(async () => expect((await replica.operate.list())[0]).toMatchObject({ next: { generation: 3, position: 300 } }));
    }
    expect(await replicas[1].operate.verify(NAME)).toMatchObject({ rows: 40, different: 0 });
    await Promise.allSettled(replicas.map((replica) => replica.operate.switch(NAME)));
    expect((await replicas[0].operate.list())[0]).toMatchObject({ generation: 3, previous: { generation: 1 } });
    await replicas[0].reached(await stage.add('1', 1));
    await isTheLog(stage);
    await Promise.all(replicas.map((replica) => replica.stop()));
    await other.pool.end();
  });

  test('that dies with any of its statements is gone on with, and nobody sees half of it', { timeout: 120_000 }, async ({ stage, database }) => {
    const running = stage.start();
    await Promise.all(Array.from({ length: 60 }, (_, n) => stage.add(String(n % 7), n)));
    await running.reached(60);
    await running.stop();
    const before = await stage.rows();
    let statements = 0;
    for (let isDead = true; isDead; statements += 1) {
      const pool = poolThatDies(database.serviceUrl, statements);
      const db = new Kysely<ReadModels>({ dialect: new PostgresDialect({ pool }) });
      const store = openEventStore({ pool, service: 'provisioning' });
      isDead = await rebuildReadModel({ db, pool, store, fold: accounts }).then(() => false, () => true);
      await pool.end();
      expect(await stage.rows(), `after ${statements} statements`).toEqual(before);
      const restarted = stage.start();
      await restarted.reached(60);
      await eventually(async () => expect((await restarted.operate.list())[0]).not.toMatchObject({ next: { state: 'building' } }));
      if ((await restarted.operate.list())[0]?.next) expect(await restarted.operate.verify(NAME)).toMatchObject({ rows: 7, different: 0 });
      await restarted.stop();
    }
    expect(statements).toBeGreaterThan(15);
    expect(await stage.rows()).toEqual(before);
  });

  test('prints the rows that are not as the log says', async ({ stage }) => {
    const running = stage.start();
    const position = await stage.add('a', 1, 2);
    await stage.add('b', 5);
    await running.reached(position + 1);
    await sql`update accounts set total = 99 where id = 'a'`.execute(stage.db);
    await sql`insert into accounts (bank, id, total, changed_at) values ('b', 'ghost', 1, now())`.execute(stage.db);
    await running.operate.rebuild(NAME);
    await isBuilt(running);
    expect(await running.operate.verify(NAME)).toEqual({ position: 3, rows: 3, different: 2, differences: [
      { key: ['b', 'a'], before: expect.objectContaining({ total: 99 }), after: expect.objectContaining({ total: 3 }) },
      { key: ['b', 'ghost'], before: expect.objectContaining({ id: 'ghost' }), after: null },
    ] });
    await running.operate.switch(NAME);
    await isTheLog(stage);
  });

  test('stops before an event that cannot be folded, says so, and harms nothing', async ({ stage }) => {
    const running = stage.start();
    await running.reached(await stage.add('a', 1));
    await running.stop();
    const poisoned = stage.start({ ...accounts, version: 2, evolve: () => { throw new Error('not this one'); } });
    await eventually(async () => expect((await poisoned.operate.list())[0]?.next?.error).toContain('Added at position 1'));
    await isTheLog(stage);
  });
});

describe('a switch', () => {
  test('is not stopped by a text that no column can hold, nor are the rows that are read', async ({ stage }) => {
    const quoted = 'a\0b\ud800c\\u0000 \u{1f34b}';
    const last = { amount: 1, [quoted]: { [quoted]: [quoted] } };
    const { name, version, table, handles, keyOf } = accounts;
    const quoting = defineFold<Account>({
      name, version, table, key: ['bank', 'id'], handles, keyOf,
      evolve: (row, { data, at }) => ({ bank: 'b', id: '1', total: (row?.total ?? 0) + Number(data['amount']), entries: [quoted], last, changed_at: at }),
    });
    const running = stage.start(quoting);
    await running.reached(await stage.add('1', 5));
    await running.reached(await stage.add('1', 6));
    await running.operate.rebuild(NAME);
    await isBuilt(running);
    expect(await running.operate.verify(NAME)).toMatchObject({ different: 0 });
    const shown = 'a\ufffdb\ufffdc\\u0000 \u{1f34b}';
    expect((await stage.pool.query('select entries, last, total::int from accounts')).rows).toEqual([{ entries: [shown], last: { amount: 1, [shown]: { [shown]: [shown] } }, total: 11 }]);
  });

  test('is seen by eight readers without a failed or torn read', async ({ stage, database }) => {
    const running = stage.start();
    await Promise.all(Array.from({ length: 50 }, (_, n) => stage.add(`r${n}`, 10)));
    await running.reached(50);
    const reading = new AbortController();
    const problems: string[] = [];
    let reads = 0;
    const reader = async () => {
      const client = new Client({ connectionString: database.serviceUrl });
      await client.connect();
      while (!reading.signal.aborted) {
        try {
          const { rows } = await client.query<{ n: number; total: number }>(`select count(*)::int as n, sum(total)::int as total from accounts where id like 'r%'`);
          if (rows[0]?.n !== 50 || rows[0].total !== 500) problems.push(JSON.stringify(rows));
        } catch (error) {
          problems.push(String(error));
        }
        reads += 1;
      }
      await client.end();
    };
    const readers = Array.from({ length: 8 }, reader);
    for (let round = 0; round < 5; round += 1) {
      await running.operate.rebuild(NAME);
      await running.reached(await stage.add('busy', round));
      await isBuilt(running);
      await running.operate.switch(NAME);
    }
    await running.operate.rollback(NAME);
    reading.abort();
    await Promise.all(readers);
    expect(problems).toEqual([]);
    expect(reads).toBeGreaterThan(100);
    await isTheLog(stage);
  });

  test('waits for who reads, and is repeated', async ({ stage, database }) => {
    const running = stage.start();
    await running.reached(await stage.add('a', 1));
    await running.operate.rebuild(NAME);
    await isBuilt(running);
    const reader = new Client({ connectionString: database.serviceUrl });
    await reader.connect();
    await reader.query('begin; select from accounts');
    const switching = running.operate.switch(NAME);
    await eventually(async () => expect((await stage.pool.query(`select from pg_locks where not granted and relation = 'accounts'::regclass`)).rowCount).toBe(1));
    await reader.query('commit');
    await switching;
    await reader.end();
    expect((await running.operate.list())[0]).toMatchObject({ generation: 2 });
  });

  test('takes views with it, with their options', async ({ stage, database }) => {
    const running = stage.start();
    await running.reached(await stage.add('rich', 500));
    await running.operate.rebuild(NAME);
    await isBuilt(running);
    await running.operate.switch(NAME);
    await running.reached(await stage.add('rich', 1));
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    expect((await owner.query(`select total::int, (select reloptions from pg_class where relname = 'richest') from richest`)).rows).toEqual([{ total: 501, reloptions: ['security_barrier=true'] }]);
    await owner.end();
  });

  test('can be taken back at once, and shows the newest events', async ({ stage }) => {
    const running = stage.start();
    await running.reached(await stage.add('a', 1));
    await running.operate.rebuild(NAME);
    await isBuilt(running);
    await running.operate.switch(NAME);
    await running.reached(await stage.add('a', 2));
    expect(await running.operate.rollback(NAME)).toMatchObject({ generation: 1, previous: { generation: 2 } });
    await isTheLog(stage);
    await running.reached(await stage.add('a', 3));
    expect(await running.operate.rollback(NAME)).toMatchObject({ generation: 2, previous: { generation: 1 } });
    await isTheLog(stage);
    expect(await running.operate.verify(NAME)).toMatchObject({ different: 0 });
  });

  test('is refused before there is something to switch to', async ({ stage }) => {
    const running = stage.start();
    await running.reached(await stage.add('a', 1));
    await expect(running.operate.switch(NAME)).rejects.toEqual(expect.objectContaining({ code: 'projection.not_built' }));
    await expect(running.operate.rollback(NAME)).rejects.toBeInstanceOf(Refusal);
    await expect(running.operate.rebuild('nothing')).rejects.toBeInstanceOf(NotFound);
  });
});

describe('a higher version of a fold', () => {
  /** Another column; its table is made by a migration of the service. */
  const counted = defineFold({
    ...accounts, version: 2,
    evolve: (row, event) => {
      const next = accounts.evolve(row, event);
      return next && { bank: next['bank'], id: next['id'], total: next['total'], changed_at: next['changed_at'], count: Number(row?.['count'] ?? 0) + 1 };
    },
  });
  const premake = async (ownerUrl: string) => {
    const owner = new Client({ connectionString: ownerUrl });
    await owner.connect();
    await owner.query('create schema next_accounts; create table next_accounts.accounts (bank text, id text, total bigint not null, changed_at timestamptz not null, count int not null, primary key (bank, id)); drop view richest');
    await owner.end();
  };

  test('is built beside in its own shape and switched by itself; the lower one gives way', async ({ stage, database }) => {
    const old = stage.start();
    await old.reached(await stage.add('a', 1, 2));
    await premake(database.ownerUrl);
    const raised = stage.start(counted);
    await eventually(async () => expect((await raised.operate.list())[0]).toMatchObject({ version: 2, generation: 2, state: 'running', previous: { version: 1 } }));
    await raised.reached(await stage.add('a', 5));
    expect((await sql<{ total: number; count: number }>`select total::int, count from accounts`.execute(stage.db)).rows).toEqual([{ total: 8, count: 3 }]);
    await eventually(() => old.status()[0]?.state === 'superseded');
    await old.stop();
    const restarted = stage.start();
    await eventually(() => restarted.status()[0]?.state === 'superseded');
    await expect(raised.operate.rollback(NAME)).rejects.toEqual(expect.objectContaining({ code: 'projection.other_version' }));
  });

  test('is taken back by the release before, which brings its rows up to date first', async ({ stage, database }) => {
    const old = stage.start();
    await old.reached(await stage.add('a', 1));
    await premake(database.ownerUrl);
    const raised = stage.start(counted);
    await eventually(async () => expect((await raised.operate.list())[0]).toMatchObject({ version: 2 }));
    await raised.reached(await stage.add('a', 5));
    await raised.stop();
    expect(await old.operate.rollback(NAME)).toMatchObject({ version: 1, previous: { version: 2 } });
    await old.reached(await stage.add('b', 1));
    await isTheLog(stage);
  });
});

describe('a paused projection', () => {
  test('stays where it is in every replica until it is resumed', async ({ stage }) => {
    const running = stage.start();
    await running.reached(await stage.add('a', 1));
    expect(await running.operate.pause(NAME)).toMatchObject({ paused: true, state: 'paused' });
    const position = await stage.add('a', 1);
    const restarted = stage.start();
    await eventually(() => restarted.status()[0]?.state === 'paused');
    expect((await restarted.operate.list())[0]).toMatchObject({ position: 1, lag: 1 });
    await restarted.operate.resume(NAME);
    await running.reached(position);
  });
});

import { Unavailable } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { sql, type Kysely } from 'kysely';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { defineFold } from '../projection/row-fold.ts';
import { accounts, isBuilt, test } from '../projection/accounts.fixture.ts';
import { openDatabase } from './database.ts';
import { createStatementNames } from './named-statements.ts';
import { openPool } from './pool.ts';
import { preparing } from './prepared.ts';

type Tables = { accounts: { bank: string; id: string; total: number } };

const asOwner = async (url: string, text: string): Promise<void> => {
  const owner = new Client({ connectionString: url });
  await owner.connect();
  await owner.query(text);
  await owner.end();
};
const times = (count: number) => Array.from({ length: count }, (_, n) => n);
const ask = (db: Kysely<Tables>, id = 'r1') => db.selectFrom('accounts').selectAll().where('id', '=', id).execute();

describe('what is asked often', () => {
  test('is parsed once a connection, and lists of all lengths are not kept', async ({ database }) => {
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 1 });
    const db = openDatabase<Tables>(pool);
    for (const n of times(20)) {
      await ask(db, String(n));
      await db.selectFrom('accounts').select('id').where('id', 'in', times(2 + (n % 3)).map(String)).execute();
    }
    const { rows } = await pool.query<{ statement: string; used: number }>('select statement, (generic_plans + custom_plans)::int as used from pg_prepared_statements');
    expect(rows).toEqual([{ statement: 'select * from "accounts" where "id" = $1', used: 15 }]);
    await pool.end();
  });

  test('is planned anew when its table has grown, without statistics', async ({ database }) => {
    await asOwner(database.ownerUrl, `insert into accounts (bank, id, total, changed_at) values ('b', 'r1', 1, now()); analyze accounts; alter table accounts set (autovacuum_enabled = false)`);
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 1 });
    const client = await pool.connect();
    const names = createStatementNames();
    const patient = preparing(client, names);
    const text = 'select total from accounts where bank = $1 and id = $2';
    const planOf = async () => (await client.query<{ 'QUERY PLAN': string }>(`explain execute "${names.nameOf(text)}" ('b', 'r1')`)).rows[0]?.['QUERY PLAN'];
    for (const _ of times(20)) await patient(text, ['b', 'r1']);
    await client.query(`insert into accounts (bank, id, total, changed_at) select 'b', n::text, 1, now() from generate_series(1, 5000) n`);
    const before = await planOf();
    await preparing(client, names, { plansLastMs: 0 })(text, ['b', 'r1']);
    const after = await planOf();
    client.release();
    await pool.end();
    expect([before, after]).toEqual([expect.stringContaining('Seq Scan'), expect.stringContaining('Index Scan')]);
  });
});

describe('a switch of a read model', () => {
  test('fails no prepared read, also when the columns are others', async ({ stage, database }) => {
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 4 });
    const db = openDatabase<Tables>(pool);
    const running = stage.start();
    await running.reached(await stage.add('r1', 5));
    const reading = new AbortController();
    const problems: unknown[] = [];
    let reads = 0;
    const reader = async (): Promise<void> => {
      for (; !reading.signal.aborted; reads += 1) {
        try {
          const rows = await ask(db);
          if (rows[0]?.total !== 5) problems.push(rows);
        } catch (error) {
          problems.push(error);
        }
      }
    };
    const readers = times(4).map(reader);
    const readsMore = async () => {
      const before = reads;
      await eventually(() => reads > before + 40);
    };
    for (const round of times(3)) {
      await readsMore();
      await running.operate.rebuild('accounts');
      await running.reached(await stage.add('busy', round));
      await isBuilt(running);
      await running.operate.switch('accounts');
    }
    await readsMore();
    await asOwner(database.ownerUrl, 'create schema if not exists next_accounts; create table next_accounts.accounts (bank text, id text, total bigint not null, changed_at timestamptz not null, count int not null, primary key (bank, id)); drop view richest');
    const counted = defineFold({
      ...accounts, version: 2,
      evolve: (row, event) => {
        const next = accounts.evolve(row, event);
        return next && { bank: next['bank'], id: next['id'], total: next['total'], changed_at: next['changed_at'], count: Number(row?.['count'] ?? 0) + 1 };
      },
    });
    const raised = stage.start(counted);
    await eventually(async () => expect((await raised.operate.list())[0]).toMatchObject({ version: 2, state: 'running' }));
    await readsMore();
    reading.abort();
    await Promise.all(readers);
    expect(problems).toEqual([]);
    expect(await ask(db)).toEqual([expect.objectContaining({ total: 5, count: 1 })]);
    await pool.end();
  });

  test('in the middle of a transaction has it made again, and that one goes through', async ({ stage, database }) => {
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 1 });
    const db = openDatabase<Tables>(pool);
    const running = stage.start();
    await running.reached(await stage.add('r1', 5));
    for (const _ of times(8)) await ask(db);
    await asOwner(database.ownerUrl, 'alter table accounts add column more int');
    const within = () => db.transaction().execute(async (trx) => [await ask(trx), await sql<{ one: number }>`select ${1}::int as one`.execute(trx)]);
    await expect(within()).rejects.toBeInstanceOf(Unavailable);
    expect((await within())[0]).toEqual([expect.objectContaining({ id: 'r1', more: null })]);
    await pool.end();
  });
});

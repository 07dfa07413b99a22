/** A read model with everything that a table can have, for the tests of rebuilds: two keys, json, an array, indexes. */
import { eventually, type Template } from '@citrus/kit-testing';
import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { Migrations } from '../database/migrate.ts';
import { migrate } from '../database/migrate.ts';
import { openPool } from '../database/pool.ts';
import { startWakeUp } from '../database/wake-up.ts';
import { context, openLog, test as base, type ReadModels, type TestLog } from '../log.fixture.ts';
import { defineFold, type RowFold } from './row-fold.ts';
import { startProjections, type Projections } from './run-projections.ts';

export type Account = { bank: string; id: string; total: number; entries: readonly string[]; last: { readonly amount: number } | null; changed_at: string };

export const accounts = defineFold<Account>({
  name: 'accounts',
  version: 1,
  table: 'accounts',
  key: ['bank', 'id'],
  handles: ['Added', 'Closed'],
  keyOf: ({ data: { bank, id } }) => (typeof id === 'string' ? [String(bank), id] : undefined),
  evolve: (row, { type, data, at }) => {
    if (type === 'Closed') return undefined;
    const amount = Number(data['amount']);
    return {
      bank: String(data['bank']), id: String(data['id']), total: (row?.total ?? 0) + amount,
      entries: [...(row?.entries ?? []), `"${amount}", {}`].slice(-3), last: { amount }, changed_at: at,
    };
  },
});

export const ACCOUNTS: Migrations = {
  '2026-11-21-accounts': {
    up: async (db: Kysely<unknown>) => {
      await sql.raw(`
        create table accounts (bank text not null, id text not null, total bigint not null, entries text[] not null default '{}', last json, changed_at timestamptz not null,
          primary key (bank, id), constraint accounts_are_named check (id <> '')) with (fillfactor = 80);
        create index accounts_by_total on accounts (bank, total desc) where total > 0;
        create view richest as select bank, id, total from accounts where total > 100;
        alter view richest set (security_barrier = true)`).execute(db);
    },
  },
};

export type Stage = TestLog & {
  /** Starts a replica of a service with this fold. */
  start(fold?: RowFold, log?: TestLog): Projections;
  add(id: string, ...amounts: number[]): Promise<number>;
  close(id: string): Promise<number>;
  /** The rows that are read, as bytes. */
  rows(): Promise<string[]>;
  /** Everything of the table but its rows. */
  shape(): Promise<unknown>;
};

const event = (type: string, data: object) => ({ type, data: { ...data } });

const shapeOf = async (pool: Pool) => (await pool.query(`
  select c.relname, c.reloptions, c.relacl::text, c.relowner::regrole::text,
    (select array_agg(pg_get_constraintdef(oid) || conname order by conname) from pg_constraint where conrelid = c.oid) as constraints,
    (select array_agg(pg_get_indexdef(indexrelid) order by 1) from pg_index where indrelid = c.oid) as indexes,
    (select array_agg(attname || ' ' || format_type(atttypid, atttypmod) order by attnum) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
  from pg_class c where c.oid = 'public.accounts'::regclass`)).rows;

const ACCOUNTS_DATABASE: Template = { name: 'accounts', migrate: (place) => migrate({ ...place, migrations: ACCOUNTS }) };

export const test = base.extend('template', () => ACCOUNTS_DATABASE).extend('stage', async ({ database }, { onCleanup }): Promise<Stage> => {
  const log = openLog(database.serviceUrl);
  const stops: (() => Promise<unknown>)[] = [];
  onCleanup(async () => {
    await Promise.all(stops.map((stop) => stop()));
    await log.pool.end();
  });
  const append = async (id: string, events: ReturnType<typeof event>[]) => (await log.store.append({ stream: `account-${id}`, expected: 'any', events, context: context() })).position;
  return {
    ...log,
    start: (fold = accounts, { pool, store, db } = log) => {
      const wakeUp = startWakeUp({ databaseUrl: log.databaseUrl });
      const running = startProjections<ReadModels>({ db, pool, store, projections: [fold], wakeUp });
      stops.push(() => running.stop().then(() => wakeUp.stop()));
      return { ...running, reached: (position, how = { timeoutMs: 30_000 }) => running.reached(position, how) };
    },
    add: (id, ...amounts) => append(id, amounts.map((amount) => event('Added', { bank: 'b', id, amount }))),
    close: (id) => append(id, [event('Closed', { bank: 'b', id })]),
    rows: async () => (await log.pool.query<{ row: string }>('select a::text || row_to_json(a)::text as row from accounts a order by bank, id')).rows.map(({ row }) => row),
    shape: () => shapeOf(log.pool),
  };
});

export const isBuilt = (running: Projections) => eventually(async () => (await running.operate.list())[0]?.next?.state === 'following');

/** A process that dies with its n-th statement: every connection of its pool is cut from there on. */
export const poolThatDies = (databaseUrl: string, statements: number): Pool => {
  let left = statements;
  const pool = openPool({ databaseUrl, max: 10 });
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parts: unknown[]) => unknown;
    const counted = (...parts: unknown[]): unknown => {
      left -= 1;
      if (left < 0) (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      return query(...parts);
    };
    client.query = counted as typeof client.query;
  });
  return pool;
};

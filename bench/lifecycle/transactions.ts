/** Transactions in each database so far, and which statements they were made of: what no neighbour on the machine changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { adminUrl } from '@citrus/kit-embedded';
import { openPool } from '@citrus/kit-event-store';
import type { Pool } from 'pg';

/** PostgreSQL's sessions tell what they did when they have been idle for ten seconds. */
const TOLD_WITHIN_MS = 11_000;

export type Transactions = Readonly<Record<string, number>>;

const asAdmin = async <Result>(home: string, ask: (pool: Pool) => Promise<Result>): Promise<Result> => {
  const { postgres: port } = JSON.parse(readFileSync(join(home, 'ports.json'), 'utf8')) as { postgres: number };
  const pool = openPool({ databaseUrl: adminUrl({ port, password: readFileSync(join(home, 'secrets', 'postgres.password'), 'utf8') }), max: 1 });
  try {
    return await ask(pool);
  } finally {
    await pool.end();
  }
};

/** By database, without what belongs to nobody. Waits until all sessions have told theirs. */
export const transactionsOf = async (home: string): Promise<Transactions> => {
  await delay(TOLD_WITHIN_MS);
  return asAdmin(home, async (pool) => {
    const { rows } = await pool.query<{ datname: string; transactions: number }>(`select datname, (xact_commit + xact_rollback)::float8 as transactions from pg_stat_database where datname like 'citrus\\_%'`);
    return Object.fromEntries(rows.map(({ datname, transactions }) => [datname.slice('citrus_'.length), transactions]));
  });
};

/** Writes to a file which statements there were, when CITRUS_BENCH_STATEMENTS names one and PostgreSQL counts them. */
export const tellStatements = async (home: string, moment: 'before' | 'after'): Promise<void> => {
  const file = process.env['CITRUS_BENCH_STATEMENTS'];
  if (!file) return;
  await asAdmin(home, async (pool) => {
    if (moment === 'before') return void (await pool.query('create extension if not exists pg_stat_statements; select pg_stat_statements_reset()'));
    const { rows } = await pool.query('select datname, calls, plans, round(total_exec_time::numeric, 1) as ms, rows, query from pg_stat_statements s join pg_database d on d.oid = s.dbid order by datname, calls desc');
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  });
};

/** What something costs on this machine: processor time of each program and transactions in each database. */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openPool } from '@citrus/kit-event-store';
import { timesOf } from '../lifecycle/processor-time.ts';
import type { Site } from '../trust-site.ts';
import type { Swarms } from './swarms.ts';

/** PostgreSQL's sessions tell what they did when they have been idle for ten seconds. */
const TOLD_WITHIN_MS = 11_000;

type ByName = Readonly<Record<string, number>>;
/** `transactions` are without those that the same time costs when nothing is asked of the system; `idleCpuMs` is what is in `cpuMs` for that. */
export type Cost = { readonly cpuMs: ByName; readonly idleCpuMs: number; readonly transactions: ByName };

const minus = (after: ByName, before: ByName): Record<string, number> => Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));

const sumOf = (values: ByName): number => Object.values(values).reduce((sum, each) => sum + each, 0);

const transactionsIn = async ({ databaseUrls, postgresUrl }: Site): Promise<ByName> => {
  const pool = openPool({ databaseUrl: postgresUrl, max: 1 });
  try {
    const { rows } = await pool.query<{ datname: string; transactions: number }>('select datname, (xact_commit + xact_rollback)::float8 as transactions from pg_stat_database where datname is not null');
    const byDatabase = new Map(rows.map((row) => [row.datname, row.transactions]));
    return Object.fromEntries(Object.entries(databaseUrls).map(([service, url]) => [service, byDatabase.get(new URL(url).pathname.slice(1)) ?? NaN]));
  } finally {
    await pool.end();
  }
};

const processorTimeOf = (site: Site, swarms: Swarms): Record<string, number> => {
  const times = timesOf({ ...site.pids, ...Object.fromEntries(swarms.children.map(({ child }, n) => [`swarm ${n}`, child.pid])) });
  const isSwarm = ([name]: [string, number]): boolean => name.startsWith('swarm ');
  const sum = Object.entries(times).filter(isSwarm).reduce((total, [, ms]) => total + ms, 0);
  return { ...Object.fromEntries(Object.entries(times).filter((entry) => !isSwarm(entry))), swarm: sum };
};

/** Writes to a file which statements there were, when CITRUS_BENCH_STATEMENTS names one. */
const tellStatements = async ({ postgresUrl }: Site, moment: 'before' | 'after'): Promise<void> => {
  const file = process.env['CITRUS_BENCH_STATEMENTS'];
  if (!file) return;
  const pool = openPool({ databaseUrl: postgresUrl, max: 1 });
  try {
    if (moment === 'before') return void (await pool.query('create extension if not exists pg_stat_statements; select pg_stat_statements_reset()'));
    const { rows } = await pool.query('select datname, calls, round(total_exec_time::numeric, 1) as ms, rows, query from pg_stat_statements s join pg_database d on d.oid = s.dbid order by total_exec_time desc');
    writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  } finally {
    await pool.end();
  }
};

/** What this work costs all programs together; it begins when what came before is counted. */
export const costOf = async <Result>(site: Site, swarms: Swarms, work: () => Promise<Result>): Promise<{ result: Result; cost: Cost }> => {
  await delay(TOLD_WITHIN_MS);
  const [idleBefore, idleFrom, idleCpuBefore] = [await transactionsIn(site), performance.now(), processorTimeOf(site, swarms)];
  await delay(TOLD_WITHIN_MS);
  await tellStatements(site, 'before');
  const [before, startedAt, cpuBefore] = [await transactionsIn(site), performance.now(), processorTimeOf(site, swarms)];
  const result = await work();
  const cpuMs = minus(processorTimeOf(site, swarms), cpuBefore);
  const idleCpuMs = (sumOf(minus(cpuBefore, idleCpuBefore)) / (startedAt - idleFrom)) * (performance.now() - startedAt);
  await tellStatements(site, 'after');
  await delay(TOLD_WITHIN_MS);
  const [after, tookMs] = [await transactionsIn(site), performance.now() - startedAt];
  const idle = minus(before, idleBefore);
  const transactions = Object.fromEntries(Object.entries(minus(after, before)).map(([name, count]) => [name, count - ((idle[name] ?? 0) / (startedAt - idleFrom)) * tookMs]));
  return { result, cost: { cpuMs, idleCpuMs, transactions } };
};

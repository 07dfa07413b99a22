/** A read model of 50,000 rows built anew from a million events beside the one that is read, and the switch under readers. */
import { defineFold, openDatabase, openEventStore, openPool, rebuildReadModel, startProjections, startWakeUp, type Projections } from '@citrus/kit-event-store';
import { Client } from 'pg';
import { inRounds, median, type Part } from '../measure.ts';
import { freshLog, type BenchLog } from './fresh-log.ts';
import { fillLog, STREAMS } from './million-events.ts';

const EVENTS = 1_000_000;
const READERS = 8;
const SWITCHES = 20;
const LIVE_EVENTS = 100_000;

const COLUMNS = 'server_id uuid, name text not null, region text not null, status text not null, events int not null, amount bigint not null, updated_at timestamptz not null';

type Row = { server_id: string; name: string; region: string; status: string; events: number; amount: number; updated_at: string };
const machines = defineFold<Row>({
  name: 'machines', version: 1, table: 'machines', key: ['server_id'], handles: ['Requested', 'Activated', 'Renamed', 'Measured'],
  keyOf: ({ data }) => [String(data['serverId'])],
  evolve: (row, { type, data, at }) => ({
    server_id: String(data['serverId']), name: String(data['name']), region: String(data['region']), status: type,
    events: (row?.events ?? 0) + 1, amount: (row?.amount ?? 0) + Number(data['amount']), updated_at: at,
  }),
});

/** The same rows by the database alone: what remains if nothing leaves it. */
const IN_SQL = `
insert into machines_in_sql
select l.server_id, e.data->>'name', e.data->>'region', e.type, l.events, l.amount, e.recorded_at
from (select (data->>'serverId')::uuid as server_id, count(*)::int as events, sum((data->>'amount')::int) as amount, max(position) as position from events group by 1) as l join events e using (position)`;

const prepare = async ({ owner, serviceUrl }: BenchLog): Promise<void> => {
  await owner.query(`create table machines (${COLUMNS}, primary key (server_id)); create index machines_by_region on machines (region, updated_at); create table machines_in_sql (${COLUMNS}, primary key (server_id))`);
  await owner.query(`grant select, insert, update, delete, truncate on machines to ${new URL(serviceUrl).username}`);
};

const msOf = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

const inSql = async ({ owner }: BenchLog): Promise<number> => {
  await owner.query('truncate machines_in_sql');
  return msOf(() => owner.query(IN_SQL));
};

type Service = { readonly parts: { readonly pool: ReturnType<typeof openPool>; readonly db: ReturnType<typeof openDatabase>; readonly store: BenchLog['store'] }; start(): Projections; stop(): Promise<void> };

const openService = ({ serviceUrl }: BenchLog): Service => {
  const pool = openPool({ databaseUrl: serviceUrl, max: 10 });
  const parts = { pool, db: openDatabase(pool), store: openEventStore({ pool, service: 'provisioning' }) };
  const wakeUp = startWakeUp({ databaseUrl: serviceUrl });
  const started: Projections[] = [];
  return {
    parts,
    start: () => {
      const running = startProjections({ ...parts, projections: [machines], wakeUp });
      started.push(running);
      return running;
    },
    stop: async () => {
      await Promise.all(started.map((running) => running.stop()));
      await wakeUp.stop();
      await pool.end();
    },
  };
};

/** Reads until told to stop; gives how many reads there were, how many failed or missed rows, and how long each took. */
const readers = async (serviceUrl: string, work: () => Promise<void>): Promise<{ reads: number; failed: number; slowestMs: number }> => {
  const over = new AbortController();
  let [reads, failed, slowestMs] = [0, 0, 0];
  const read = async () => {
    const client = new Client({ connectionString: serviceUrl });
    await client.connect();
    while (!over.signal.aborted) {
      const startedAt = performance.now();
      try {
        const { rows } = await client.query<{ n: number }>(`select count(*)::int as n from machines where server_id = any (array(select md5((random() * ${STREAMS - 1})::int::text)::uuid from generate_series(1, 1)))`);
        if (rows[0]?.n !== 1) failed += 1;
      } catch {
        failed += 1;
      }
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      reads += 1;
    }
    await client.end();
  };
  const reading = Array.from({ length: READERS }, read);
  await work();
  over.abort();
  await Promise.all(reading);
  return { reads, failed, slowestMs };
};

/** One switch to rows that were built while everybody read, and then to and fro. */
const switchUnderReaders = async (log: BenchLog, running: Projections) => {
  const tookMs: number[] = [];
  const result = await readers(log.serviceUrl, async () => {
    await running.operate.rebuild('machines');
    while ((await running.operate.list())[0]?.next?.state !== 'following') await new Promise((resolve) => setTimeout(resolve, 50));
    tookMs.push(await msOf(() => running.operate.switch('machines')));
    while (tookMs.length < SWITCHES) tookMs.push(await msOf(() => running.operate.rollback('machines')));
  });
  return { ...result, switchMs: median(tookMs) };
};

export const benchRebuild = async (): Promise<Part> => {
  const log = await freshLog();
  const service = openService(log);
  try {
    await prepare(log);
    await fillLog(log.owner, LIVE_EVENTS);
    const running = service.start();
    const liveMs = await msOf(() => running.reached(LIVE_EVENTS, { timeoutMs: 300_000 }));
    await fillLog(log.owner, EVENTS - LIVE_EVENTS);
    await running.reached(EVENTS, { timeoutMs: 300_000 });
    const rebuild = await inRounds(`rebuild ${STREAMS.toLocaleString('en')} rows from 1,000,000 events, beside the live ones`, 'ms', {
      ours: () => msOf(() => rebuildReadModel({ ...service.parts, fold: machines })), peer: () => inSql(log), peerName: 'one INSERT … SELECT',
    });
    const switched = await switchUnderReaders(log, running);
    const eventsPerSecond = Math.round((EVENTS * 1000) / rebuild.ours);
    return {
      rows: [
        rebuild,
        { name: 'events folded by that rebuild', unit: 'events/s', ours: eventsPerSecond, peer: Math.round((LIVE_EVENTS * 1000) / liveMs), peerName: 'our live pages', ratio: Number(((eventsPerSecond * liveMs) / (LIVE_EVENTS * 1000)).toFixed(2)) },
        { name: `a switch under ${READERS} readers`, unit: 'ms', ours: Number(switched.switchMs.toFixed(1)) },
        { name: `reads meanwhile, slowest ${switched.slowestMs.toFixed(0)} ms`, unit: 'reads', ours: switched.reads },
        { name: 'reads that failed', unit: 'reads', ours: switched.failed },
      ],
      metrics: { rebuild_s: Number((rebuild.ours / 1000).toFixed(2)), switch_failed_reads: switched.failed, switch_ms: Number(switched.switchMs.toFixed(1)), rebuild_vs_sql: rebuild.ratio },
    };
  } finally {
    await service.stop();
    await log.close();
  }
};

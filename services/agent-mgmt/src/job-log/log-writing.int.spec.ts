/** Two replicas take pieces of many logs, in any order, twice, in any batches, while attempts end and are compared. */
import { newId, openPool } from '@citrus/kit-event-store';
import { Kysely, PostgresDialect } from 'kysely';
import { describe, expect } from 'vitest';
import type { AgentMgmtDatabase } from '../database.ts';
import { endedAttemptsProjection } from '../job/job.projection.ts';
import type { MaskPieces } from '../job/job-masking.ts';
import { test } from '../testing/database.ts';
import { chanceOf } from '../testing/model/turns.ts';
import { digestOf } from '../testing/test-agent.ts';
import { completeEqual } from './equal-logs.ts';
import { LogStore, type Attempt, type Piece, type Pieces } from './log.store.ts';

const SEEDS = [1, 2, 3, 4];
const now = new Date('2026-11-22T10:00:00.000Z');
const asItIs: MaskPieces = async (_, pieces) => ({ pieces: [...pieces], isMasked: false });

type Log = { readonly of: Attempt; readonly texts: readonly string[] };

const logsOf = (chance: () => number): Log[] =>
  Array.from({ length: 6 }, () => newId()).flatMap((jobId) => Array.from({ length: 1 + Math.floor(chance() * 2) }, (_, index): Log =>
    ({ of: { jobId, attempt: index + 1 }, texts: Array.from({ length: Math.floor(chance() * 9) }, (__, line) => `${jobId} ${index} ${line}\0é\n`) })));

const shuffled = <Item>(items: readonly Item[], chance: () => number): Item[] => items.map((item) => ({ item, at: chance() })).toSorted((a, b) => a.at - b.at).map(({ item }) => item);
const pieceOf = (text: string, index: number): Piece => ({ seq: index + 1, at: now.toISOString(), text, ...(index % 3 === 0 && { progress: { percent: index, text: 'on' } }) });

/** Every piece at least once, in batches as the broker brings them. */
const batchesOf = (logs: readonly Log[], chance: () => number): Pieces[][] => {
  const pieces = shuffled(logs.flatMap(({ of, texts }) => texts.map((text, index) => ({ of, piece: pieceOf(text, index) }))).flatMap((one) => (chance() < 0.3 ? [one, one] : [one])), chance);
  const batches: Pieces[][] = [];
  while (pieces.length > 0) {
    const some = Map.groupBy(pieces.splice(0, 1 + Math.floor(chance() * 12)), ({ of }) => of);
    batches.push([...some].map(([of, arrived]) => ({ of, pieces: arrived.map(({ piece }) => piece) })));
  }
  return batches;
};

describe('logs that are written together', () => {
  test.for(SEEDS)('are each whole, in their order and without a gap that a reader could see (seed %i)', async (seed, { database }) => {
    const [chance, pool] = [chanceOf(seed), openPool({ databaseUrl: database.serviceUrl, max: 12 })];
    const db = new Kysely<AgentMgmtDatabase>({ dialect: new PostgresDialect({ pool }) });
    const logs = logsOf(chance);
    const replicas = [new LogStore(db, asItIs), new LogStore(db, asItIs)];
    const deliver = async (store: LogStore) => {
      for (const batch of batchesOf(logs, chance)) await store.addAll(batch, now);
    };
    const end = async (store: LogStore) => {
      for (const some of [shuffled(logs, chance), shuffled(logs, chance)]) {
        await Promise.all(some.map(({ of, texts }) => store.expect({ ...of, chunks: texts.length, digest: digestOf(texts.map((text) => text.replaceAll('\0', '\u{fffd}'))) })));
        const events = some.map(({ of }) => ({ type: 'JobFinished', data: { ...of, at: now.toISOString() } }));
        await db.transaction().execute((trx) => endedAttemptsProjection.applyAll?.(trx as never, events as never) ?? Promise.resolve());
      }
    };
    const compare = async (store: LogStore) => {
      for (let look = 0; look < 10; look += 1) {
        await completeEqual(store, await db.selectFrom('job_log_attempts').selectAll().where('completed_at', 'is', null).execute(), now);
        const { rows } = await pool.query<{ shown: number; last: number }>('select count(*)::int as shown, max(cursor)::int as last from job_log where cursor is not null group by job_id');
        for (const { shown, last } of rows) expect(shown).toBe(last);
      }
    };
    await Promise.all(replicas.flatMap((store) => [deliver(store), end(store), compare(store)]));
    const [last] = replicas;
    if (last) await compare(last);

    const rows = await db.selectFrom('job_log').select(['job_id', 'attempt', 'seq', 'text', 'cursor']).orderBy('job_id').orderBy('attempt').orderBy('cursor').execute();
    for (const { of, texts } of logs) {
      const own = rows.filter((row) => row.job_id === of.jobId && row.attempt === of.attempt);
      expect(own.map(({ seq, text }) => [seq, text])).toEqual(texts.map((text, index) => [index + 1, text.replaceAll('\0', '\u{fffd}')]));
    }
    const attempts = await db.selectFrom('job_log_attempts').selectAll().execute();
    expect(attempts.filter((row) => row.completed_at === null || row.check_at !== null)).toEqual([]);
    expect(attempts).toHaveLength(logs.length);
    for (const row of attempts) {
      const { bytes } = (await pool.query<{ bytes: number }>('select coalesce(sum(octet_length(text) + coalesce(octet_length(progress_text), 0) + 32), 0)::int as bytes from job_log where job_id = $1 and attempt = $2', [row.job_id, row.attempt])).rows[0] ?? { bytes: NaN };
      expect(row.bytes).toBe(bytes);
    }
    await db.destroy();
  });
});

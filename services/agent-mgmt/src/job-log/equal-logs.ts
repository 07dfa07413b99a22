/** Most logs are short and came whole: these are compared with what their agents reported, and completed, many at once. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Attempt, AttemptRow, LogStore } from './log.store.ts';

/** Of text that is compared in one go; a longer log is read in pages by itself. */
const MOST_BYTES = 4 * 1024 ** 2;

export const nameOf = ({ jobId, attempt }: Attempt): string => `${jobId}/${attempt}`;

/** Nothing is missing, and nothing has to be said about it. */
const isPlain = (row: AttemptRow): boolean => row.ended_at !== null && row.expected_chunks !== null && row.released_seq === row.expected_chunks && row.cut_seq === null && !row.masked && !row.gone;

/** The first so many of which there is not too much together. */
const fitting = (rows: readonly AttemptRow[]): AttemptRow[] => {
  let bytes = 0;
  return rows.filter((row) => (bytes += row.bytes) <= MOST_BYTES);
};

/** By attempt: how many pieces there are, and the SHA-256 over their texts. */
const digestsOf = async ({ db }: LogStore, rows: readonly AttemptRow[]): Promise<Map<string, { count: number; digest: string }>> => {
  const { rows: pieces } = await sql<{ job_id: string; attempt: number; text: string }>`
    select l.job_id, l.attempt, l.text from unnest(${rows.map((row) => row.job_id)}::uuid[], ${rows.map((row) => row.attempt)}::int[]) as u (job_id, attempt)
    cross join lateral (select * from job_log l where l.job_id = u.job_id and l.attempt = u.attempt order by l.seq) as l order by l.job_id, l.attempt, l.seq`.execute(db);
  const byAttempt = Map.groupBy(pieces, (piece) => nameOf({ jobId: piece.job_id, attempt: piece.attempt }));
  return new Map(rows.map((row) => {
    const name = nameOf({ jobId: row.job_id, attempt: row.attempt });
    const own = byAttempt.get(name) ?? [];
    const hash = createHash('sha256');
    for (const { text } of own) hash.update(text);
    return [name, { count: own.length, digest: hash.digest('hex') }];
  }));
};

/** Those of the attempts whose logs are complete now. */
export const completeEqual = async (logs: LogStore, rows: readonly AttemptRow[], now: Date): Promise<Attempt[]> => {
  const plain = fitting(rows.filter(isPlain));
  if (plain.length === 0) return [];
  const digests = await digestsOf(logs, plain);
  const equal = plain.map((row) => ({ row, of: { jobId: row.job_id, attempt: row.attempt } })).filter(({ row, of }) => {
    const own = digests.get(nameOf(of));
    return own?.count === row.expected_chunks && own.digest === row.expected_digest;
  });
  return await logs.completeWhole(equal.map(({ of }) => of), now);
};

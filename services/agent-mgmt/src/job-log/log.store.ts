/**
 * The output of jobs, in rows. A reader who has seen everything up to a cursor must never miss a piece that commits
 * later, so cursors are given out under the job's own row lock; and a piece gets one only when all earlier pieces of
 * its attempt have theirs, so that everybody reads the text in its order.
 */
import { FINISHED_JOB_STATUSES, type LogEntry } from '@citrus/contracts';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import type { MaskPieces } from '../job/job-masking.ts';
import type { JobRow } from '../job/job.store.ts';
import { readArchived, removalOf } from './log-archive.ts';
import { entryOf } from './log-entry.ts';

export type Attempt = { readonly jobId: string; readonly attempt: number };
export type Piece = { readonly seq: number; readonly at: string; readonly text: string; readonly progress?: { readonly percent: number; readonly text: string } | undefined };
export type AttemptRow = Selectable<AgentMgmtDatabase['job_log_attempts']>;

/** How much of a log is kept. An agent stops at 32 Mi characters of an attempt. */
export type LogBudget = { readonly attemptBytes: number; readonly jobBytes: number };
const NO_MORE_THAN: LogBudget = { attemptBytes: 64 * 1024 ** 2, jobBytes: 128 * 1024 ** 2 };
/** What a piece counts beside its text, so that empty ones come to an end too. */
const PIECE_BYTES = 32;
/** A gap may only be a piece that overtook another; after this long it is asked for. */
const GAP_PATIENCE_MS = 2000;

const lockHead = async (trx: Transaction<AgentMgmtDatabase>, jobId: string): Promise<number> => {
  await trx.insertInto('job_log_heads').values({ job_id: jobId, last_cursor: 0 }).onConflict((conflict) => conflict.doNothing()).execute();
  const head = await trx.selectFrom('job_log_heads').select('last_cursor').where('job_id', '=', jobId).forUpdate().executeTakeFirstOrThrow();
  return head.last_cursor;
};

const readAttempt = async (trx: Transaction<AgentMgmtDatabase>, { jobId, attempt }: Attempt): Promise<AttemptRow> => {
  await trx.insertInto('job_log_attempts').values({ job_id: jobId, attempt }).onConflict((conflict) => conflict.doNothing()).execute();
  return await trx.selectFrom('job_log_attempts').selectAll().where('job_id', '=', jobId).where('attempt', '=', attempt).forUpdate().executeTakeFirstOrThrow();
};

const mib = (bytes: number): string => `${Math.round((bytes / 1024 ** 2) * 10) / 10} MiB`;

/** PostgreSQL's text has no NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\u{fffd}');

const insertPieces = async (trx: Transaction<AgentMgmtDatabase>, { jobId, attempt }: Attempt, pieces: readonly Piece[]): Promise<{ stored: number; bytes: number }> => {
  const { rows } = await sql<{ bytes: number }>`
    insert into job_log (job_id, attempt, seq, at, text, progress_percent, progress_text)
    select ${jobId}, ${attempt}, p.* from unnest(
      ${pieces.map(({ seq }) => seq)}::int[], ${pieces.map(({ at }) => at)}::timestamptz[], ${pieces.map(({ text }) => storable(text))}::text[],
      ${pieces.map(({ progress }) => progress?.percent ?? null)}::real[], ${pieces.map(({ progress }) => (progress ? storable(progress.text) : null))}::text[]) as p
    on conflict (job_id, attempt, seq) do nothing
    returning octet_length(text) + coalesce(octet_length(progress_text), 0) + ${PIECE_BYTES} as bytes`.execute(trx);
  return { stored: rows.length, bytes: rows.reduce((sum, row) => sum + row.bytes, 0) };
};

/** Cursors for the pieces that follow without a gap; `all`: for every piece, because the missing ones will not come. */
const release = async (trx: Transaction<AgentMgmtDatabase>, row: AttemptRow, { head, all }: { head: number; all: boolean }): Promise<number> => {
  const { rows } = await sql<{ seq: number }>`
    with waiting as (
      select seq, row_number() over (order by seq) as n from job_log where job_id = ${row.job_id} and attempt = ${row.attempt} and cursor is null
        -- Nothing is counted while the next piece is missing: thousands may wait behind it, and be asked about with each that comes.
        and (${all} or exists (select from job_log next where next.job_id = ${row.job_id} and next.attempt = ${row.attempt} and next.seq = ${row.released_seq}::int + 1))
    )
    update job_log l set cursor = ${head}::bigint + w.n from waiting w
    where l.job_id = ${row.job_id} and l.attempt = ${row.attempt} and l.seq = w.seq and (${all} or w.seq = ${row.released_seq}::int + w.n)
    returning l.seq`.execute(trx);
  if (rows.length > 0) await trx.updateTable('job_log_heads').set({ last_cursor: head + rows.length }).where('job_id', '=', row.job_id).execute();
  return Math.max(row.released_seq, ...rows.map(({ seq }) => seq));
};

const hasWaiting = async (trx: Transaction<AgentMgmtDatabase>, { jobId, attempt }: Attempt): Promise<boolean> => {
  const row = await trx.selectFrom('job_log').select('seq').where('job_id', '=', jobId).where('attempt', '=', attempt).where('cursor', 'is', null).limit(1).executeTakeFirst();
  return row !== undefined;
};

export class LogStore {
  constructor(
    readonly db: Kysely<AgentMgmtDatabase>,
    private readonly mask: MaskPieces,
    private readonly budget: LogBudget = NO_MORE_THAN,
  ) {}

  /** How many pieces were new, without the job's secrets. Of a log that is complete, nothing is: it is immutable. */
  async add(of: Attempt, pieces: readonly Piece[], now: Date): Promise<number> {
    if (pieces.length === 0) return 0;
    const masked = await this.mask(of.jobId, pieces);
    return await this.db.transaction().execute(async (trx) => {
      const head = await lockHead(trx, of.jobId);
      const row = await readAttempt(trx, of);
      if (row.completed_at) return 0;
      const { pieces: kept, cutSeq } = await this.#withinBudget(trx, row, { pieces: masked.pieces, now });
      const { stored, bytes } = await insertPieces(trx, of, kept);
      if (stored === 0) return 0;
      const released = await release(trx, row, { head, all: false });
      const askAt = row.check_at === null && (await hasWaiting(trx, of)) ? new Date(now.getTime() + GAP_PATIENCE_MS) : row.check_at;
      await trx.updateTable('job_log_attempts').set({ released_seq: released, bytes: row.bytes + bytes, cut_seq: cutSeq, check_at: askAt, masked: row.masked || masked.isMasked }).where('job_id', '=', of.jobId).where('attempt', '=', of.attempt).execute();
      return stored;
    });
  }

  /** Once there is too much, a line says so and takes the place of what follows; what is missing before it still comes. */
  async #withinBudget(trx: Transaction<AgentMgmtDatabase>, row: AttemptRow, { pieces, now }: { pieces: readonly Piece[]; now: Date }): Promise<{ pieces: readonly Piece[]; cutSeq: number | null }> {
    const { cut_seq: cutSeq } = row;
    if (cutSeq !== null) return { pieces: pieces.filter(({ seq }) => seq < cutSeq), cutSeq };
    const { others } = await trx.selectFrom('job_log_attempts').select((query) => query.fn.sum<string>('bytes').as('others')).where('job_id', '=', row.job_id).where('attempt', '<>', row.attempt).executeTakeFirstOrThrow();
    const jobLeft = this.budget.jobBytes - Number(others ?? 0);
    if (row.bytes < Math.min(this.budget.attemptBytes, jobLeft)) return { pieces, cutSeq };
    const { last } = await trx.selectFrom('job_log').select((query) => query.fn.max('seq').as('last')).where('job_id', '=', row.job_id).where('attempt', '=', row.attempt).executeTakeFirstOrThrow();
    const seq = (last ?? 0) + 1;
    const limit = jobLeft < this.budget.attemptBytes ? `the logs of one job may take ${mib(this.budget.jobBytes)} together` : `the log of one attempt may take ${mib(this.budget.attemptBytes)}`;
    return { pieces: [...pieces.filter((piece) => piece.seq < seq), { seq, at: now.toISOString(), text: `\n[citrus] What follows is not kept here: ${limit}. The server may have more of it, in /var/log/provisioning/jobs.\n` }], cutSeq: seq };
  }

  /** What the agent says its log of an attempt holds; the first word counts. */
  async expect({ jobId, attempt, chunks, digest }: Attempt & { chunks: number; digest: string }): Promise<void> {
    await sql`insert into job_log_attempts as a (job_id, attempt, expected_chunks, expected_digest) values (${jobId}, ${attempt}, ${chunks}, ${digest})
      on conflict (job_id, attempt) do update set expected_chunks = excluded.expected_chunks, expected_digest = excluded.expected_digest
      where a.expected_chunks is null and a.completed_at is null`.execute(this.db);
  }

  /** Nothing follows any more; a note, if there is one, becomes the attempt's last piece. */
  async complete(of: Attempt, { note, now }: { note?: string | undefined; now: Date }): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const head = await lockHead(trx, of.jobId);
      const row = await readAttempt(trx, of);
      if (row.completed_at) return;
      if (note !== undefined) {
        const { last } = await trx.selectFrom('job_log').select((query) => query.fn.max('seq').as('last')).where('job_id', '=', of.jobId).where('attempt', '=', of.attempt).executeTakeFirstOrThrow();
        await insertPieces(trx, of, [{ seq: Math.max(last ?? 0, row.expected_chunks ?? 0) + 1, at: now.toISOString(), text: `[citrus] ${note}\n` }]);
      }
      const released = await release(trx, row, { head, all: true });
      await trx.updateTable('job_log_attempts').set({ released_seq: released, completed_at: now, check_at: null }).where('job_id', '=', of.jobId).where('attempt', '=', of.attempt).execute();
    });
  }
}

const isComplete = async (db: Kysely<AgentMgmtDatabase>, job: JobRow): Promise<boolean> => {
  if (!FINISHED_JOB_STATUSES.includes(job.status)) return false;
  const { done } = await db.selectFrom('job_log_attempts').select((query) => query.fn.countAll<number>().as('done')).where('job_id', '=', job.job_id).where('attempt', '<=', job.attempt).where('completed_at', 'is not', null).executeTakeFirstOrThrow();
  return done >= job.attempt;
};

const hasEntriesAfter = async (db: Kysely<AgentMgmtDatabase>, jobId: string, after: number): Promise<boolean> => {
  const head = await db.selectFrom('job_log_heads').select('last_cursor').where('job_id', '=', jobId).executeTakeFirst();
  return (head?.last_cursor ?? 0) > after;
};

/** One reply travels in one NATS message of at most 1 MiB; JSON can make a character six bytes. */
const MOST_REPLY_BYTES = 600_000;

/** Whether the log is complete is asked first: what is complete then is in what is read after. */
export const readLogPage = async ({ db }: LogStore, job: JobRow, { after, limit }: { after: number; limit: number }): Promise<{ entries: LogEntry[]; complete: boolean }> => {
  const complete = await isComplete(db, job);
  const old = [...(await readArchived(db, job.job_id, after)), ...(await removalOf(db, job.job_id, after))];
  // What was archived comes first; more of it, or what is in rows, comes with the next page.
  const rows = old.length > 0 ? old : (await db.selectFrom('job_log').selectAll().where('job_id', '=', job.job_id).where('cursor', '>', after).orderBy('cursor').limit(limit + 1).execute()).map(entryOf);
  const hasMore = old.length > 0 && (await hasEntriesAfter(db, job.job_id, old.at(-1)?.cursor ?? after));
  const entries: LogEntry[] = [];
  let bytes = 0;
  for (const entry of rows.slice(0, limit)) {
    bytes += JSON.stringify(entry).length + Buffer.byteLength(entry.text) - entry.text.length;
    if (bytes > MOST_REPLY_BYTES && entries.length > 0) break;
    entries.push(entry);
  }
  return { entries, complete: complete && !hasMore && entries.length === rows.length };
};

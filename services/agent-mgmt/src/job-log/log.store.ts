/**
 * The output of jobs, in rows. A reader who has seen everything up to a cursor must never miss a piece that commits
 * later, so cursors are given out under the job's own row lock; and a piece gets one only when all earlier pieces of
 * its attempt have theirs, so that everybody reads the text in its order.
 */
import { FINISHED_JOB_STATUSES, type LogEntry } from '@citrus/contracts';
import { gather } from '@citrus/kit-event-store';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import type { MaskPieces } from '../job/job-masking.ts';
import type { JobRow } from '../job/job.store.ts';
import { readArchived, removalOf } from './log-archive.ts';
import { entryOf } from './log-entry.ts';
import { lockAttempts, release, storable, writeAll, type Added, type Attempt, type LockedAttempt, type Piece, type Written } from './log-writing.ts';

export type { Attempt, AttemptRow, Piece } from './log-writing.ts';

/** How much of a log is kept. An agent stops at 32 Mi characters of an attempt. */
export type LogBudget = { readonly attemptBytes: number; readonly jobBytes: number };
const NO_MORE_THAN: LogBudget = { attemptBytes: 64 * 1024 ** 2, jobBytes: 128 * 1024 ** 2 };
/** A gap may only be a piece that overtook another; after this long it is asked for. */
const GAP_PATIENCE_MS = 2000;

const mib = (bytes: number): string => `${Math.round((bytes / 1024 ** 2) * 10) / 10} MiB`;

/** Attempts with their pieces, so that each stands by itself: of a job one, whose head they would share. */
const oneOfEachJob = <Group extends { readonly of: Attempt }>(groups: readonly Group[]): Group[][] => {
  const rounds: Group[][] = [];
  const places = new Map<string, number>();
  for (const group of groups) {
    const place = places.get(group.of.jobId) ?? 0;
    places.set(group.of.jobId, place + 1);
    (rounds[place] ??= []).push(group);
  }
  return rounds;
};

export type Pieces = { readonly of: Attempt; readonly pieces: readonly Piece[] };

type Expected = Attempt & { readonly chunks: number; readonly digest: string };

const NOTHING: Added = { stored: 0, isWhole: false };
const keyOf = ({ jobId, attempt }: Attempt): string => `${jobId}/${attempt}`;

export class LogStore {
  readonly #expect: (expected: Expected) => Promise<void>;

  constructor(
    readonly db: Kysely<AgentMgmtDatabase>,
    private readonly mask: MaskPieces,
    private readonly budget: LogBudget = NO_MORE_THAN,
  ) {
    this.#expect = gather((all) => this.#expectAll(all), { inFlight: 2 });
  }

  /** How many pieces were new, without the job's secrets. Of a log that is complete, nothing is: it is immutable. */
  async add(of: Attempt, pieces: readonly Piece[], now: Date): Promise<number> {
    return (await this.addAll([{ of, pieces }], now))[0]?.stored ?? 0;
  }

  /** Pieces of many attempts, together; each attempt stands once among them. In their order. */
  async addAll(groups: readonly Pieces[], now: Date): Promise<Added[]> {
    const added = new Map<Pieces, Added>();
    for (const round of oneOfEachJob(groups.filter(({ pieces }) => pieces.length > 0))) {
      const masked = await Promise.all(round.map(({ of, pieces }) => this.mask(of.jobId, pieces)));
      const results = await this.db.transaction().execute(async (trx) => {
        const rows = new Map((await lockAttempts(trx, round.map(({ of }) => of))).map((row) => [keyOf({ jobId: row.job_id, attempt: row.attempt }), row]));
        const all: (Written | undefined)[] = [];
        for (const [index, { of }] of round.entries()) all.push(await this.#toWrite(trx, rows.get(keyOf(of)), { masked: masked[index], now }));
        const written = await writeAll(trx, all.filter((each) => each !== undefined));
        return all.map((each) => (each ? written.shift() : undefined));
      });
      for (const [index, group] of round.entries()) added.set(group, results[index] ?? NOTHING);
    }
    return groups.map((group) => added.get(group) ?? NOTHING);
  }

  async #toWrite(trx: Transaction<AgentMgmtDatabase>, row: LockedAttempt | undefined, { masked, now }: { masked: { readonly pieces: readonly Piece[]; readonly isMasked: boolean } | undefined; now: Date }): Promise<Written | undefined> {
    if (!row || row.completed_at || !masked) return undefined;
    const { pieces, cutSeq } = await this.#withinBudget(trx, row, { pieces: masked.pieces, now });
    return { row, pieces, cutSeq, isMasked: masked.isMasked, askAt: new Date(now.getTime() + GAP_PATIENCE_MS), now };
  }

  /** Once there is too much, a line says so and takes the place of what follows; what is missing before it still comes. */
  async #withinBudget(trx: Transaction<AgentMgmtDatabase>, row: LockedAttempt, { pieces, now }: { pieces: readonly Piece[]; now: Date }): Promise<{ pieces: readonly Piece[]; cutSeq: number | null }> {
    const { cut_seq: cutSeq } = row;
    if (cutSeq !== null) return { pieces: pieces.filter(({ seq }) => seq < cutSeq), cutSeq };
    const jobLeft = this.budget.jobBytes - row.other_bytes;
    if (row.bytes < Math.min(this.budget.attemptBytes, jobLeft)) return { pieces, cutSeq };
    const { last } = await trx.selectFrom('job_log').select((query) => query.fn.max('seq').as('last')).where('job_id', '=', row.job_id).where('attempt', '=', row.attempt).executeTakeFirstOrThrow();
    const seq = (last ?? 0) + 1;
    const limit = jobLeft < this.budget.attemptBytes ? `the logs of one job may take ${mib(this.budget.jobBytes)} together` : `the log of one attempt may take ${mib(this.budget.attemptBytes)}`;
    return { pieces: [...pieces.filter((piece) => piece.seq < seq), { seq, at: now.toISOString(), text: `\n[citrus] What follows is not kept here: ${limit}. The server may have more of it, in /var/log/provisioning/jobs.\n` }], cutSeq: seq };
  }

  /** What the agent says its log of an attempt holds; the first word counts. Said by many in the same moment, it is one statement. */
  async expect(expected: Expected): Promise<void> {
    await this.#expect(expected);
  }

  async #expectAll(all: readonly Expected[]): Promise<undefined[]> {
    const first = [...new Map(all.toReversed().map((expected) => [keyOf(expected), expected])).values()];
    await sql`insert into job_log_attempts as a (job_id, attempt, expected_chunks, expected_digest)
      select * from unnest(${first.map(({ jobId }) => jobId)}::uuid[], ${first.map(({ attempt }) => attempt)}::int[], ${first.map(({ chunks }) => chunks)}::int[], ${first.map(({ digest }) => digest)}::text[]) as u (job_id, attempt, chunks, digest)
      order by u.job_id, u.attempt
      on conflict (job_id, attempt) do update set expected_chunks = excluded.expected_chunks, expected_digest = excluded.expected_digest
      where a.expected_chunks is null and a.completed_at is null`.execute(this.db);
    return all.map(() => undefined);
  }

  /**
   * Logs that were compared and are whole: nothing follows any more. Those of them to which something happened meanwhile are
   * left to the next look.
   */
  async completeWhole(all: readonly Attempt[], now: Date): Promise<Attempt[]> {
    if (all.length === 0) return [];
    const { rows } = await sql<{ job_id: string; attempt: number }>`
      with whole as (
        select job_id, attempt from job_log_attempts
        where (job_id, attempt) in (select * from unnest(${all.map(({ jobId }) => jobId)}::uuid[], ${all.map(({ attempt }) => attempt)}::int[]))
          and completed_at is null and released_seq = expected_chunks and cut_seq is null and not masked and not gone
        order by job_id, attempt for update
      )
      update job_log_attempts a set completed_at = ${now}, check_at = null from whole w where a.job_id = w.job_id and a.attempt = w.attempt
      returning a.job_id, a.attempt`.execute(this.db);
    return rows.map((row) => ({ jobId: row.job_id, attempt: row.attempt }));
  }

  /** Nothing follows any more; a note, if there is one, becomes the attempt's last piece. */
  async complete(of: Attempt, { note, now }: { note?: string | undefined; now: Date }): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const [row] = await lockAttempts(trx, [of]);
      if (!row || row.completed_at) return;
      if (note !== undefined) {
        const { last } = await trx.selectFrom('job_log').select((query) => query.fn.max('seq').as('last')).where('job_id', '=', of.jobId).where('attempt', '=', of.attempt).executeTakeFirstOrThrow();
        await trx.insertInto('job_log').values({ job_id: of.jobId, attempt: of.attempt, seq: Math.max(last ?? 0, row.expected_chunks ?? 0) + 1, at: now, text: storable(`[citrus] ${note}\n`) }).onConflict((conflict) => conflict.doNothing()).execute();
      }
      const { released, head } = await release(trx, row, { all: true });
      if (head !== row.head) await trx.updateTable('job_log_heads').set({ last_cursor: head }).where('job_id', '=', of.jobId).execute();
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

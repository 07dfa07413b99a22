/**
 * Logs of jobs that ended long ago, packed into a few rows each, which are never changed: a trigger refuses it, and each part
 * is read against its digest. Whoever reads a log finds the same entries under the same cursors as before. A log that is
 * older still is removed, where that is wanted, and says so.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { LogEntry } from '@citrus/contracts';
import type { Clock, InternalScope } from '@citrus/kit-domain';
import type { Logger } from '@citrus/kit-messaging';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import { entryOf } from './log-entry.ts';

export type Keeping = {
  /** Days after which a log that is complete is packed; 0: never. */
  readonly archiveAfterDays: number;
  /** Days after which a packed one is removed; 0: never. */
  readonly removeAfterDays: number;
};

const DAY_MS = 86_400_000;
const JOBS_A_TURN = 20;
const ROWS_A_PAGE = 500;
/** Of text in one part: read as a whole for each page of it. */
const PART_CHARACTERS = 1024 ** 2;
const [pack, unpack] = [promisify(gzip), promisify(gunzip)];

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The first entries after the cursor that are in an archive, at most of one part; none where the rest is in rows or nowhere. */
export const readArchived = async (db: Kysely<AgentMgmtDatabase>, jobId: string, after: number): Promise<LogEntry[]> => {
  const part = await db.selectFrom('job_log_archives').select(['part', 'packed', 'digest']).where('job_id', '=', jobId).where('to_cursor', '>', after).orderBy('part').limit(1).executeTakeFirst();
  if (!part) return [];
  const text = await unpack(part.packed);
  if (digestOf(text) !== part.digest) throw new Error(`part ${part.part} of the archived log of job ${jobId} is not what was archived; restore the table job_log_archives from a backup`);
  return (JSON.parse(text.toString('utf8')) as LogEntry[]).filter(({ cursor }) => cursor > after);
};

/** Where a log was that has been removed; nothing follows it. */
export const removalOf = async (db: Kysely<AgentMgmtDatabase>, jobId: string, after: number): Promise<LogEntry[]> => {
  const head = await db.selectFrom('job_log_heads').select(['removed_to', 'removed_at']).where('job_id', '=', jobId).where('removed_at', 'is not', null).executeTakeFirst();
  if (!head?.removed_at || head.removed_to === null || after >= head.removed_to) return [];
  return [{ cursor: head.removed_to, attempt: 1, seq: 1, at: head.removed_at.toISOString(), text: '[citrus] This log was removed, because it was older than logs are kept.\n', progress: null }];
};

export class LogArchive {
  constructor(private readonly parts: { readonly db: Kysely<AgentMgmtDatabase>; readonly keeping: Keeping; readonly clock: Clock; readonly logger: Pick<Logger, 'info'> }) {}

  /** One turn of everything that is due; what two replicas begin with at once, one of them does. */
  async turn(scope: InternalScope): Promise<void> {
    const { keeping, clock, logger } = this.parts;
    const before = (days: number) => new Date(clock().getTime() - days * DAY_MS);
    if (keeping.archiveAfterDays > 0) {
      let archived = 0;
      for (const jobId of await this.#due(before(keeping.archiveAfterDays))) archived += (await this.archive(scope, jobId)) ? 1 : 0;
      if (archived > 0) logger.info({ event: 'logs.archived', jobs: archived }, 'logs of jobs that ended long ago are packed');
    }
    if (keeping.removeAfterDays > 0) {
      const removed = await this.#remove(before(keeping.removeAfterDays));
      if (removed > 0) logger.info({ event: 'logs.removed', jobs: removed }, 'logs of jobs that are older than logs are kept are removed');
    }
  }

  async #due(before: Date): Promise<string[]> {
    const { rows } = await sql<{ job_id: string }>`
      select a.job_id from job_log_attempts a where a.archived_at is null and a.completed_at < ${before}
        and not exists (select from job_log_attempts o where o.job_id = a.job_id and o.archived_at is null and (o.completed_at is null or o.completed_at >= ${before}))
      group by a.job_id order by min(a.completed_at) limit ${JOBS_A_TURN}`.execute(this.parts.db);
    return rows.map(({ job_id }) => job_id);
  }

  /** All of a job's log that is complete and in rows. False where somebody else is at it or nothing is left to do. */
  async archive(_scope: InternalScope, jobId: string): Promise<boolean> {
    return await this.parts.db.transaction().execute(async (trx) => {
      const head = await trx.selectFrom('job_log_heads').select('last_cursor').where('job_id', '=', jobId).forUpdate().skipLocked().executeTakeFirst();
      const isOpen = await trx.selectFrom('job_log_attempts').select('attempt').where('job_id', '=', jobId).where('completed_at', 'is', null).limit(1).executeTakeFirst();
      const now = this.parts.clock();
      if (!head || isOpen) return false;
      const { last } = await trx.selectFrom('job_log_archives').select((query) => query.fn.max('part').as('last')).where('job_id', '=', jobId).executeTakeFirstOrThrow();
      let part = last ?? 0;
      for await (const entries of this.#partsOf(trx, jobId)) {
        const bytes = Buffer.from(JSON.stringify(entries));
        part += 1;
        await trx.insertInto('job_log_archives').values({ job_id: jobId, part, from_cursor: entries[0]?.cursor ?? 0, to_cursor: entries.at(-1)?.cursor ?? 0, digest: digestOf(bytes), packed: await pack(bytes), archived_at: now }).execute();
      }
      await trx.deleteFrom('job_log').where('job_id', '=', jobId).execute();
      await trx.updateTable('job_log_attempts').set({ archived_at: now }).where('job_id', '=', jobId).where('archived_at', 'is', null).execute();
      return true;
    });
  }

  async *#partsOf(trx: Transaction<AgentMgmtDatabase>, jobId: string): AsyncGenerator<LogEntry[]> {
    let [gathered, characters] = [[] as LogEntry[], 0];
    for (let after = 0; ; ) {
      const rows = await trx.selectFrom('job_log').selectAll().where('job_id', '=', jobId).where('cursor', '>', after).orderBy('cursor').limit(ROWS_A_PAGE).execute();
      for (const entry of rows.map(entryOf)) {
        gathered.push(entry);
        characters += entry.text.length + 100;
        if (characters < PART_CHARACTERS) continue;
        yield gathered;
        [gathered, characters] = [[], 0];
      }
      const last = rows.at(-1);
      if (!last) break;
      after = last.cursor ?? 0;
    }
    if (gathered.length > 0) yield gathered;
  }

  async #remove(before: Date): Promise<number> {
    const now = this.parts.clock();
    const { rows } = await sql`
      with old as (
        select job_id from job_log_archives group by job_id having max(archived_at) < ${before} order by job_id limit ${JOBS_A_TURN}
      ), gone as (
        delete from job_log_archives a using old where a.job_id = old.job_id returning a.job_id, a.to_cursor
      )
      update job_log_heads h set removed_at = ${now}, removed_to = g.removed_to from (select job_id, max(to_cursor) as removed_to from gone group by job_id) g where h.job_id = g.job_id returning h.job_id`.execute(this.parts.db);
    return rows.length;
  }
}

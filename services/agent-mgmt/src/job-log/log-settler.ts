/**
 * Makes logs whole: while a job runs it asks the agent for pieces that stay missing; when an attempt has ended it
 * compares count and digest with what the agent reported: many at once where nothing is the matter with them. Only then is a log complete, and from then on immutable.
 * An agent that stays away too long is not waited for: a note in the log says what is missing.
 */
import { createHash } from 'node:crypto';
import { jobChangedSubject, type AgentId, type JobId } from '@citrus/contracts';
import { internalScope, type Clock } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import type { Logger } from '@citrus/kit-messaging';
import type { NatsConnection } from '@nats-io/nats-core';
import { sql } from 'kysely';
import { auditAgent } from '../audit.ts';
import type { Doorbell } from '../command/doorbell.ts';
import type { JobCommands } from '../job/job-commands.ts';
import type { JobStore } from '../job/job.store.ts';
import { completeEqual, nameOf } from './equal-logs.ts';
import type { Attempt, AttemptRow, LogStore } from './log.store.ts';

const SETTLING = internalScope('completes logs of jobs that have ended');

const AT_ONCE = 200;
const LONGEST_PAUSE_MS = 30_000;
/** What is missing when an attempt ends is mostly on its way; only after this long the agent is asked for it. */
const ON_ITS_WAY_MS = 900;
/** How long the agent of an ended attempt is asked for what is missing. */
const GIVE_UP_AFTER_MS = 600_000;
/** How long a report about an attempt that was given up for lost is waited for. */
const REPORT_GRACE_MS = 10_000;
const PAGE = 200;
const SENT_IN_CLEAR = 'The agent sent a secret of this job in clear. It was masked here, so this log differs from the one on the server; look after that one, and change the secret.';
/** An agent may hand out a gap piece by piece; after so many questions it is left alone until its next turn. */
const QUESTIONS_A_TURN = 100;

export type SettlerParts = { readonly logs: LogStore; readonly jobs: JobStore; readonly doorbell: Doorbell; readonly commands: JobCommands; readonly nats: NatsConnection; readonly clock: Clock; readonly logger: Logger };

type Gap = { readonly from: number; readonly to: number };

export class LogSettler {
  readonly #settling = new Map<string, Promise<void>>();

  constructor(private readonly parts: SettlerParts) {}

  /** Waits for the attempts that are being looked at. */
  async idle(): Promise<void> {
    await Promise.all(this.#settling.values());
  }

  /** Begins with everything that is due; each attempt is looked at by one replica, and none waits for another one's agent. */
  async turn(): Promise<void> {
    const now = this.parts.clock();
    const { rows } = await sql<AttemptRow>`
      update job_log_attempts set checks = checks + 1,
        check_at = ${now}::timestamptz + make_interval(secs => least(${LONGEST_PAUSE_MS / 1000}, power(2, least(checks, 10))))
      where (job_id, attempt) in (select job_id, attempt from job_log_attempts where check_at <= ${now} order by check_at limit ${AT_ONCE} for update skip locked)
      returning *`.execute(this.parts.logs.db);
    const whole = new Set((await completeEqual(this.parts.logs, rows, now)).map(nameOf));
    for (const row of rows) {
      if (whole.has(nameOf({ jobId: row.job_id, attempt: row.attempt }))) this.parts.nats.publish(jobChangedSubject(row.job_id));
      else this.#begin(row);
    }
  }

  #begin(row: AttemptRow): void {
    const name = nameOf({ jobId: row.job_id, attempt: row.attempt });
    if (this.#settling.has(name)) return;
    const settling = this.#settle(row)
      .catch((error: unknown) => this.parts.logger.error({ event: 'log.unsettled', job_id: row.job_id, attempt: row.attempt, err: error }, 'a log could not be made whole; trying again'))
      .finally(() => this.#settling.delete(name));
    this.#settling.set(name, settling);
  }

  async #settle(row: AttemptRow): Promise<void> {
    const of = { jobId: row.job_id, attempt: row.attempt };
    if (this.#isOnItsWay(row)) return;
    const gap = await this.#fillGaps(of, row.cut_seq === null ? row : { ...row, expected_chunks: row.cut_seq - 1 });
    if (row.ended_at === null) return gap ? undefined : await this.#rest(of);
    const waitedMs = this.parts.clock().getTime() - row.ended_at.getTime();
    if (gap) {
      if (waitedMs > GIVE_UP_AFTER_MS) await this.#complete(of, 'Some of the output was lost on its way, and the agent could not be asked for it.');
      return;
    }
    if (row.expected_chunks === null) {
      if (waitedMs > REPORT_GRACE_MS) await this.#complete(of, (await this.#hasOutput(of)) ? 'The agent never said how this attempt ended. What arrived of its output is above.' : undefined);
      return;
    }
    const { cut_seq: cutSeq, gone, masked } = await this.#now(of);
    // What was asked for and is gone, or was not taken, is told where it would have been.
    if (cutSeq !== null || gone) return await this.#complete(of, undefined);
    if (masked) return await this.#completeMasked(of);
    const isWhole = (await this.#digest(of)) === row.expected_digest;
    await this.#complete(of, isWhole ? undefined : 'This log differs from the one that the agent kept.');
  }

  #isOnItsWay({ ended_at: endedAt, expected_chunks: expected, released_seq: released, cut_seq: cutSeq }: AttemptRow): boolean {
    return endedAt !== null && cutSeq === null && expected !== null && released < expected && this.parts.clock().getTime() - endedAt.getTime() < ON_ITS_WAY_MS;
  }

  async #completeMasked(of: Attempt): Promise<void> {
    const agentId = await this.#agentOf(of);
    if (agentId !== undefined) auditAgent(this.parts.nats, { agentId, action: 'job.secret_in_clear', reason: `${SENT_IN_CLEAR} Job: ${of.jobId}`, at: this.parts.clock() });
    await this.#complete(of, SENT_IN_CLEAR);
  }

  /** What was fetched since this turn began counts, too. `gone`: the agent had no room for it any more. */
  #now({ jobId, attempt }: Attempt): Promise<Pick<AttemptRow, 'cut_seq' | 'gone' | 'masked'>> {
    return this.parts.logs.db.selectFrom('job_log_attempts').select(['cut_seq', 'gone', 'masked']).where('job_id', '=', jobId).where('attempt', '=', attempt).executeTakeFirstOrThrow();
  }

  async #agentOf({ jobId }: Attempt): Promise<string | undefined> {
    return (await this.parts.jobs.owners(SETTLING, [jobId])).get(jobId)?.agentId;
  }

  async #complete(of: Attempt, note: string | undefined): Promise<void> {
    await this.parts.logs.complete(of, { note, now: this.parts.clock() });
    this.parts.nats.publish(jobChangedSubject(of.jobId));
  }

  /** No gap and not ended: nothing to look at until something else happens. */
  async #rest({ jobId, attempt }: Attempt): Promise<void> {
    await sql`update job_log_attempts a set check_at = null, checks = 0 where job_id = ${jobId} and attempt = ${attempt} and ended_at is null
      and not exists (select 1 from job_log l where l.job_id = a.job_id and l.attempt = a.attempt and l.cursor is null)`.execute(this.parts.logs.db);
  }

  /** Asks for gap after gap while that helps. The gap that stays, if one does. */
  async #fillGaps(of: Attempt, row: AttemptRow): Promise<Gap | undefined> {
    for (let questions = 0; ; questions += 1) {
      const gap = await this.#firstGap(of, row.expected_chunks);
      if (!gap || questions === QUESTIONS_A_TURN || !(await this.#fill(of, gap))) return gap;
    }
  }

  async #firstGap({ jobId, attempt }: Attempt, expected: number | null): Promise<Gap | undefined> {
    const { rows } = await sql<{ seq: number; before: number }>`
      select seq, before from (
        select seq, lag(seq, 1, 0) over (order by seq) as before from (
          select seq from job_log where job_id = ${jobId} and attempt = ${attempt}
          union select ${expected ?? 0}::int + 1 where ${expected !== null}
        ) as pieces
      ) as neighbours where seq > before + 1 order by seq limit 1`.execute(this.parts.logs.db);
    const [first] = rows;
    return first && { from: first.before + 1, to: first.seq - 1 };
  }

  /** True if the agent had any of it. */
  async #fill(of: Attempt, { from, to }: Gap): Promise<boolean> {
    const { doorbell, commands, logs, nats, clock } = this.parts;
    const agentId = await this.#agentOf(of);
    if (agentId === undefined) return false;
    const reply = await doorbell.ring({ type: 'read-log', commandId: newId(), agentId: agentId as AgentId, jobId: of.jobId as JobId, attempt: of.attempt, fromSeq: from, toSeq: to, ...commands.times() });
    if (reply === 'unreachable' || reply.outcome !== 'log') return false;
    if (reply.chunks.some(({ gone }) => gone)) await sql`update job_log_attempts set gone = true where job_id = ${of.jobId} and attempt = ${of.attempt}`.execute(logs.db);
    const added = await logs.add(of, reply.chunks.filter(({ seq }) => seq >= from && seq <= to), clock());
    if (added > 0) nats.publish(jobChangedSubject(of.jobId));
    return added > 0;
  }

  async #hasOutput({ jobId, attempt }: Attempt): Promise<boolean> {
    const row = await this.parts.logs.db.selectFrom('job_log').select('seq').where('job_id', '=', jobId).where('attempt', '=', attempt).limit(1).executeTakeFirst();
    return row !== undefined;
  }

  async #digest({ jobId, attempt }: Attempt): Promise<string> {
    const hash = createHash('sha256');
    for (let after = 0; ; ) {
      const rows = await this.parts.logs.db.selectFrom('job_log').select(['seq', 'text']).where('job_id', '=', jobId).where('attempt', '=', attempt).where('seq', '>', after).orderBy('seq').limit(PAGE).execute();
      for (const { text } of rows) hash.update(text);
      const last = rows.at(-1);
      if (!last) return hash.digest('hex');
      after = last.seq;
    }
  }
}

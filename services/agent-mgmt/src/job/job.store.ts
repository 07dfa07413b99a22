/** Questions about jobs. */
import { FINISHED_JOB_STATUSES, Instant, JobId, type Job, type JobStatus, type TimeSort } from '@citrus/contracts';
import { ContractViolation, isWithin, type InternalScope, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { gather } from '@citrus/kit-event-store';
import { sql, type Kysely, type Selectable } from 'kysely';
import { waitingReason, type Waiting } from './waiting-reason.ts';
import { z } from 'zod';
import type { AgentMgmtDatabase } from '../database.ts';

export type JobRow = Selectable<AgentMgmtDatabase['jobs']> & { readonly queue: Place | null; readonly usual: Job['usual'] };
type Place = { readonly position: number; readonly of: number };
/** `what`: the job that it waited for, in short. */
export type Blocked = { readonly jobId: string; readonly predecessor: string; readonly what: string; readonly status: JobStatus; readonly reason: string };
type ListJobs = { readonly sort?: TimeSort | undefined; readonly serverId?: string | undefined; readonly status?: JobStatus | undefined; readonly installer?: string | undefined; readonly search?: string | undefined; readonly limit: number; readonly cursor?: string | undefined };

export const jobOf = (row: JobRow): Job =>
  ({
    id: row.job_id, projectId: row.project_id, serverId: row.server_id, agentId: row.agent_id,
    installer: row.installer, installerVersion: row.installer_version, installerDigest: row.installer_digest, action: row.action, inputs: row.inputs,
    status: row.status, attempt: row.attempt, exitCode: row.exit_code, reason: row.reason, outputs: row.outputs, priority: row.priority, runId: row.run_id,
    after: row.after_jobs, queue: row.queue, usual: row.usual, expiresAt: row.status === 'queued' ? row.expires_at.toISOString() : null,
    createdAt: row.created_at.toISOString(), startedAt: row.started_at?.toISOString() ?? null, finishedAt: row.finished_at?.toISOString() ?? null, updatedAt: row.updated_at.toISOString(),
  }) as Job;

/** `<created at>~<id>` of the last job of a page: newest first, so the next page is older. */
const cursorOf = (row: Pick<JobRow, 'created_at' | 'job_id'>): string => Buffer.from(`${row.created_at.toISOString()}~${row.job_id}`).toString('base64url');
const parseCursor = (cursor: string): { createdAt: string; jobId: string } => {
  const [createdAt, jobId] = Buffer.from(cursor, 'base64url').toString().split('~');
  const parsed = z.object({ createdAt: Instant, jobId: JobId }).safeParse({ createdAt, jobId });
  if (!parsed.success) throw new ContractViolation('This cursor is not one of ours; begin again without it.');
  return parsed.data;
};

/** Jobs that take about as long as each other. */
const likeOf = (row: { readonly project_id: string; readonly installer: string; readonly action: string }): string => `${row.project_id} ${row.installer} ${row.action}`;

const MOST_WORDS = 8;
const wordsOf = (search = ''): string[] => search.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
const literally = (word: string): string => word.replaceAll(/[\\%_]/g, String.raw`\$&`);

/** A status is looked for as it is shown, "timed out". */
const isAbout = (word: string) => {
  const [within, beginning] = [`%${literally(word)}%`, `${literally(word)}%`];
  return sql<boolean>`(
    action || ' ' || installer || ' ' || replace(status, '_', ' ') || ' ' || coalesce(reason, '') ilike ${within}
    or job_id::text ilike ${beginning} or correlation_id ilike ${beginning}
    or exists (select from agents a where a.agent_id = jobs.agent_id and a.facts->>'hostname' ilike ${within}))`;
};

type Wanted = { readonly scope: Scope; readonly jobId: string };

/** How many successes an average is taken of. */
const LAST_SUCCESSES = 20;
type Usual = { readonly project_id: string; readonly installer: string; readonly action: string; readonly seconds: number; readonly of: number };

export class JobStore {
  readonly #findOne: (wanted: Wanted) => Promise<JobRow | undefined>;

  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    private readonly onlineSince: () => Date,
  ) {
    this.#findOne = gather((wanted) => this.#findAll(wanted), { inFlight: 2 });
  }

  /** A waiting job says what it waits for. */
  find(scope: Scope, jobId: string): Promise<JobRow | undefined> {
    return this.#findOne({ scope, jobId });
  }

  /** Those that are asked for at the same time, each seen only by its own scope. */
  async #findAll(wanted: readonly Wanted[]): Promise<(JobRow | undefined)[]> {
    const rows = await this.db.selectFrom('jobs').selectAll().where(sql<boolean>`job_id = any(${wanted.map(({ jobId }) => jobId)}::uuid[])`).execute();
    const found = new Map((await this.#explain(rows)).map((row) => [row.job_id, row]));
    return wanted.map(({ scope, jobId }) => {
      const row = found.get(jobId.toLowerCase());
      return row && isWithin(scope, row.project_id) ? row : undefined;
    });
  }

  async list({ projectId }: ProjectScope, { serverId, status, installer, search, sort, limit, cursor }: ListJobs): Promise<{ items: Job[]; nextCursor: string | null }> {
    const [direction, than] = sort === 'createdAt' ? (['asc', '>'] as const) : (['desc', '<'] as const);
    let query = this.db.selectFrom('jobs').selectAll().where('project_id', '=', projectId);
    if (serverId !== undefined) query = query.where('server_id', '=', serverId);
    if (status !== undefined) query = query.where('status', '=', status);
    if (installer !== undefined) query = query.where('installer', '=', installer);
    for (const word of wordsOf(search)) query = query.where(isAbout(word));
    if (cursor !== undefined) {
      const { createdAt, jobId } = parseCursor(cursor);
      query = query.where(sql<boolean>`(created_at, job_id) ${sql.raw(than)} (${createdAt}::timestamptz, ${jobId}::uuid)`);
    }
    const rows = await query.orderBy('created_at', direction).orderBy('job_id', direction).limit(limit + 1).execute();
    const page = await this.#explain(rows.slice(0, limit));
    const last = page.at(-1);
    return { items: page.map(jobOf), nextCursor: rows.length > limit && last ? cursorOf(last) : null };
  }

  /** What waits says what it waits for, and where it stands; what has not ended, how long it usually takes. */
  async #explain(rows: readonly Selectable<AgentMgmtDatabase['jobs']>[]): Promise<JobRow[]> {
    const usual = await this.#usual(rows.filter((row) => row.finished_at === null));
    const queued = rows.filter((row) => row.status === 'queued');
    const waiting = new Map(queued.length === 0 ? [] : (await this.#waiting(queued.map((row) => row.job_id))).map((row) => [row.job_id, row]));
    return rows.map((row) => {
      const waits = waiting.get(row.job_id);
      return { ...row, usual: (row.finished_at === null && usual.get(likeOf(row))) || null, queue: waits ? { position: waits.position, of: waits.of } : null, reason: row.reason ?? (waits ? waitingReason(waits) : null) };
    });
  }

  async #usual(rows: readonly Selectable<AgentMgmtDatabase['jobs']>[]): Promise<Map<string, NonNullable<Job['usual']>>> {
    if (rows.length === 0) return new Map();
    const wanted = [...new Map(rows.map((row) => [likeOf(row), row])).values()];
    const { rows: found } = await sql<Usual>`
      select w.project_id, w.installer, w.action, avg(extract(epoch from t.took))::float8 as seconds, count(t.took)::int as of
      from unnest(${wanted.map((row) => row.project_id)}::uuid[], ${wanted.map((row) => row.installer)}::text[], ${wanted.map((row) => row.action)}::text[]) as w (project_id, installer, action)
      cross join lateral (
        select finished_at - started_at as took from jobs j
        where j.project_id = w.project_id and j.installer = w.installer and j.action = w.action and j.status = 'succeeded' and j.started_at is not null
        order by j.finished_at desc limit ${LAST_SUCCESSES}) as t
      group by w.project_id, w.installer, w.action`.execute(this.db);
    return new Map(found.map(({ seconds, of, ...like }) => [likeOf(like), { seconds: Math.max(0, seconds), of }]));
  }

  async #waiting(jobIds: readonly string[]): Promise<Waiting[]> {
    const { rows } = await sql<Waiting>`
      with places as (
        select job_id, row_number() over (partition by agent_id order by priority_rank, created_at, job_id)::int as position, count(*) over (partition by agent_id)::int as of
        from jobs where status = 'queued' and agent_id in (select agent_id from jobs where job_id = any(${jobIds}::uuid[]))
      )
      select j.job_id, q.position, q.of,
        exists (select 1 from agent_beats b where b.agent_id = j.agent_id and b.seen_at + b.patience_ms * interval '1 millisecond' > ${this.onlineSince()}) as "isOnline",
        exists (select 1 from servers s where s.server_id = j.server_id and s.in_maintenance) as "inMaintenance",
        (select p.action || ' ' || p.installer from unnest(j.after_jobs) with ordinality as a (job_id, place) join jobs p using (job_id) where p.status <> 'succeeded' order by a.place limit 1) as predecessor
      from jobs j join places q using (job_id) where j.job_id = any(${jobIds}::uuid[])`.execute(this.db);
    return rows;
  }

  /** What the project's own jobs have brought to a server, and what is on its way there with the job that brings it. */
  async appsOn({ projectId }: ProjectScope, serverId: string): Promise<{ present: Map<string, string>; comingBy: Map<string, JobId> }> {
    const { rows } = await sql<{ installer: string; installer_version: string; action: string; status: JobStatus; job_id: JobId }>`
      select distinct on (installer) installer, installer_version, action, status, job_id from jobs
      where project_id = ${projectId} and server_id = ${serverId}
        and ((status = 'succeeded' and action in ('install', 'upgrade', 'uninstall')) or (status in ('queued', 'dispatched', 'running') and action = 'install'))
      order by installer, coalesce(finished_at, 'infinity') desc`.execute(this.db);
    const there = rows.filter((row) => row.action !== 'uninstall');
    return {
      present: new Map(there.map((row) => [row.installer, row.installer_version])),
      comingBy: new Map(there.filter((row) => row.status !== 'succeeded').map((row) => [row.installer, row.job_id])),
    };
  }

  /** Queued jobs with one that they wait for and that has ended without success. */
  async blocked(_scope: InternalScope, limit: number): Promise<Blocked[]> {
    const { rows } = await sql<Blocked>`
      select distinct on (j.job_id) j.job_id as "jobId", p.job_id as "predecessor", p.action || ' ' || p.installer as what, p.status, coalesce(p.reason, '') as reason
      from jobs j join jobs p on p.job_id = any(j.after_jobs)
      where j.status = 'queued' and j.after_jobs <> '{}' and p.status = any(${FINISHED_JOB_STATUSES.filter((status) => status !== 'succeeded')}::text[])
      limit ${limit}`.execute(this.db);
    return rows;
  }

  async unfinishedOf(_scope: InternalScope, serverId: string): Promise<string[]> {
    const rows = await this.db.selectFrom('jobs').select('job_id').where('server_id', '=', serverId).where('status', 'not in', [...FINISHED_JOB_STATUSES]).execute();
    return rows.map((row) => row.job_id);
  }

  /** Queued jobs whose time is over. */
  async overdue(now: Date, limit: number): Promise<string[]> {
    const rows = await this.db.selectFrom('jobs').select('job_id').where('status', '=', 'queued').where('expires_at', '<=', now).limit(limit).execute();
    return rows.map((row) => row.job_id);
  }

  /** Which agent each job belongs to, and how far its attempts have come. */
  async owners(_scope: InternalScope, jobIds: readonly string[]): Promise<Map<string, { agentId: string; attempt: number }>> {
    if (jobIds.length === 0) return new Map();
    const rows = await this.db.selectFrom('jobs').select(['job_id', 'agent_id', 'attempt']).where('job_id', 'in', [...jobIds]).execute();
    return new Map(rows.map((row) => [row.job_id, { agentId: row.agent_id, attempt: row.attempt }]));
  }
}

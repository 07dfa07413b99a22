/** Questions about jobs. */
import { FINISHED_JOB_STATUSES, Instant, JobId, type Job, type JobStatus } from '@citrus/contracts';
import { ContractViolation, type InternalScope, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { sql, type Kysely, type Selectable } from 'kysely';
import { z } from 'zod';
import type { AgentMgmtDatabase } from '../database.ts';

export type JobRow = Selectable<AgentMgmtDatabase['jobs']>;
type ListJobs = { readonly serverId?: string | undefined; readonly status?: JobStatus | undefined; readonly installer?: string | undefined; readonly limit: number; readonly cursor?: string | undefined };

export const jobOf = (row: JobRow): Job =>
  ({
    id: row.job_id, projectId: row.project_id, serverId: row.server_id, agentId: row.agent_id,
    installer: row.installer, installerVersion: row.installer_version, installerDigest: row.installer_digest, action: row.action, inputs: row.inputs,
    status: row.status, attempt: row.attempt, exitCode: row.exit_code, reason: row.reason, priority: row.priority, runId: row.run_id,
    createdAt: row.created_at.toISOString(), startedAt: row.started_at?.toISOString() ?? null, finishedAt: row.finished_at?.toISOString() ?? null, updatedAt: row.updated_at.toISOString(),
  }) as Job;

/** `<created at>~<id>` of the last job of a page: newest first, so the next page is older. */
const cursorOf = (row: JobRow): string => Buffer.from(`${row.created_at.toISOString()}~${row.job_id}`).toString('base64url');
const parseCursor = (cursor: string): { createdAt: string; jobId: string } => {
  const [createdAt, jobId] = Buffer.from(cursor, 'base64url').toString().split('~');
  const parsed = z.object({ createdAt: Instant, jobId: JobId }).safeParse({ createdAt, jobId });
  if (!parsed.success) throw new ContractViolation('This cursor is not one of ours; begin again without it.');
  return parsed.data;
};

export class JobStore {
  constructor(
    private readonly db: Kysely<AgentMgmtDatabase>,
    private readonly onlineSince: () => Date,
  ) {}

  /** A waiting job says what it waits for. */
  async find(scope: Scope, jobId: string): Promise<JobRow | undefined> {
    let query = this.db.selectFrom('jobs').selectAll().where('job_id', '=', jobId);
    if (scope.kind === 'project') query = query.where('project_id', '=', scope.projectId);
    return (await this.#explain(await query.execute()))[0];
  }

  async list({ projectId }: ProjectScope, { serverId, status, installer, limit, cursor }: ListJobs): Promise<{ items: Job[]; nextCursor: string | null }> {
    let query = this.db.selectFrom('jobs').selectAll().where('project_id', '=', projectId);
    if (serverId !== undefined) query = query.where('server_id', '=', serverId);
    if (status !== undefined) query = query.where('status', '=', status);
    if (installer !== undefined) query = query.where('installer', '=', installer);
    if (cursor !== undefined) {
      const { createdAt, jobId } = parseCursor(cursor);
      query = query.where(sql<boolean>`(created_at, job_id) < (${createdAt}::timestamptz, ${jobId}::uuid)`);
    }
    const rows = await query.orderBy('created_at', 'desc').orderBy('job_id', 'desc').limit(limit + 1).execute();
    const page = await this.#explain(rows.slice(0, limit));
    const last = page.at(-1);
    return { items: page.map(jobOf), nextCursor: rows.length > limit && last ? cursorOf(last) : null };
  }

  async #explain(rows: readonly JobRow[]): Promise<JobRow[]> {
    const waiting = rows.filter((row) => row.status === 'queued' && row.reason === null);
    const online = waiting.length === 0 ? [] : await this.db.selectFrom('agent_beats').select('agent_id').where('agent_id', 'in', waiting.map((row) => row.agent_id)).where('seen_at', '>', this.onlineSince()).execute();
    const isOnline = new Set(online.map((row) => row.agent_id));
    return rows.map((row) => (waiting.includes(row) ? { ...row, reason: isOnline.has(row.agent_id) ? 'Waiting for its turn on this server.' : 'Waiting for the server to come online.' } : row));
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

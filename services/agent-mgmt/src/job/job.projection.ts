/** Jobs as people see them: `job-*` streams as rows. */
import { JobPriority, type EventEnvelope, type JobOutputs, type JobStatus } from '@citrus/contracts';
import { defineFold, defineProjection } from '@citrus/kit-event-store';
import { sql, type Transaction } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import type { JobEvent, QueuedJob } from './job.events.ts';

const HANDLES: readonly JobEvent['type'][] = ['JobQueued', 'JobDispatched', 'JobStarted', 'JobAttemptFailed', 'JobCancelRequested', 'JobFinished'];

export type FoldedJob = {
  job_id: string; project_id: string; server_id: string; agent_id: string; run_id: string | null;
  installer: string; installer_version: string; installer_digest: string; action: string; inputs: QueuedJob['inputs'];
  status: JobStatus; attempt: number; exit_code: number | null; reason: string | null; priority: JobPriority; priority_rank: number; outputs: JobOutputs;
  after_jobs: readonly string[]; not_before: string; expires_at: string; correlation_id: string; traceparent: string | null;
  created_at: string; started_at: string | null; finished_at: string | null; updated_at: string;
};

/** What the event changes; undefined when it is the first one. */
const changeBy = (row: FoldedJob, { type, data }: JobEvent): Partial<FoldedJob> | undefined => {
  switch (type) {
    case 'JobQueued': return undefined;
    case 'JobDispatched': return { status: 'dispatched', attempt: data.attempt, exit_code: null, reason: null };
    case 'JobStarted': return { status: row.status === 'cancelling' ? row.status : 'running', started_at: data.at };
    case 'JobAttemptFailed': return { status: 'queued', exit_code: data.exitCode, reason: data.reason, not_before: data.retryAt };
    case 'JobCancelRequested': return { status: 'cancelling' };
    case 'JobFinished': return { status: data.status, exit_code: data.exitCode, reason: data.reason || null, outputs: data.outputs ?? {}, finished_at: data.at };
  }
};

const queued = (data: QueuedJob, { at, correlationId, traceparent }: { at: string; correlationId: string; traceparent?: string | undefined }): FoldedJob => ({
  job_id: data.jobId, project_id: data.projectId, server_id: data.serverId, agent_id: data.agentId, run_id: data.runId ?? null,
  installer: data.installer, installer_version: data.installerVersion, installer_digest: data.installerDigest, action: data.action, inputs: data.inputs,
  status: 'queued', attempt: 0, exit_code: null, reason: null, priority: data.priority, priority_rank: JobPriority.options.indexOf(data.priority), outputs: {},
  after_jobs: data.after ?? [], not_before: data.at, expires_at: data.expiresAt, correlation_id: correlationId, traceparent: traceparent ?? null,
  created_at: data.at, started_at: null, finished_at: null, updated_at: at,
});

export const jobsProjection = defineFold<FoldedJob>({
  name: 'jobs',
  version: 3,
  table: 'jobs',
  key: ['job_id'],
  handles: HANDLES,
  keyOf: ({ data }) => [String(data['jobId'])],
  evolve: (row, envelope) => {
    const event = envelope as unknown as JobEvent;
    if (event.type === 'JobQueued') return queued(event.data, envelope);
    const change = row && changeBy(row, event);
    return change ? { ...row, ...change, updated_at: envelope.at } : row;
  },
});

type Ended = Extract<JobEvent, { type: 'JobAttemptFailed' | 'JobFinished' }>;

/** The first word about an attempt counts. In the order of their ids, as everybody locks them. */
const noteEnded = async (trx: Transaction<AgentMgmtDatabase>, events: readonly EventEnvelope[]): Promise<void> => {
  const ended = (events as unknown as readonly Ended[]).map(({ data }) => data).filter(({ attempt }) => attempt > 0);
  const first = [...new Map(ended.toReversed().map((data) => [`${data.jobId}/${data.attempt}`, data])).values()];
  if (first.length === 0) return;
  await sql`insert into job_log_attempts as a (job_id, attempt, ended_at, check_at)
    select u.job_id, u.attempt, u.at, u.at from unnest(${first.map(({ jobId }) => jobId)}::uuid[], ${first.map(({ attempt }) => attempt)}::int[], ${first.map(({ at }) => at)}::timestamptz[]) as u (job_id, attempt, at)
    order by u.job_id, u.attempt
    on conflict (job_id, attempt) do update set ended_at = excluded.ended_at, check_at = excluded.check_at, checks = 0
    where a.ended_at is null`.execute(trx);
};

/**
 * Has every attempt that ended compared with the agent's own log. It only ever opens that question and owns no rows: a
 * replay leaves what was answered as it is.
 */
export const endedAttemptsProjection = defineProjection<AgentMgmtDatabase>({
  name: 'ended-attempts',
  version: 1,
  handles: ['JobAttemptFailed', 'JobFinished'],
  apply: (trx, event) => noteEnded(trx, [event]),
  applyAll: noteEnded,
});

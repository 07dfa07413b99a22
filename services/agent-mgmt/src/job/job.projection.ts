/** Jobs as people see them: `job-*` streams as rows. */
import { defineProjection } from '@citrus/kit-event-store';
import { JobPriority } from '@citrus/contracts';
import { sql } from 'kysely';
import type { AgentMgmtDatabase } from '../database.ts';
import type { JobEvent } from './job.events.ts';

const HANDLES: readonly JobEvent['type'][] = ['JobQueued', 'JobDispatched', 'JobStarted', 'JobAttemptFailed', 'JobCancelRequested', 'JobFinished'];

export const jobsProjection = defineProjection<AgentMgmtDatabase>({
  name: 'jobs',
  version: 1,
  tables: ['jobs'],
  handles: HANDLES,
  apply: async (trx, event) => {
    const { type, data } = event as unknown as JobEvent;
    const change = trx.updateTable('jobs').where('job_id', '=', data.jobId);
    const updated_at = event.at;
    switch (type) {
      case 'JobQueued':
        await trx.insertInto('jobs').values({
          job_id: data.jobId, project_id: data.projectId, server_id: data.serverId, agent_id: data.agentId,
          installer: data.installer, installer_version: data.installerVersion, installer_digest: data.installerDigest, action: data.action, inputs: JSON.stringify(data.inputs),
          status: 'queued', attempt: 0, exit_code: null, reason: null, priority: data.priority, priority_rank: JobPriority.options.indexOf(data.priority),
          not_before: data.at, expires_at: data.expiresAt, correlation_id: event.correlationId, traceparent: event.traceparent ?? null,
          created_at: data.at, started_at: null, finished_at: null, updated_at,
        }).execute();
        return;
      case 'JobDispatched':
        await change.set({ status: 'dispatched', attempt: data.attempt, exit_code: null, reason: null, updated_at }).execute();
        return;
      case 'JobStarted':
        await change.set({ status: sql`case status when 'cancelling' then status else 'running' end`, started_at: data.at, updated_at }).execute();
        return;
      case 'JobAttemptFailed':
        await change.set({ status: 'queued', exit_code: data.exitCode, reason: data.reason, not_before: data.retryAt, updated_at }).execute();
        return;
      case 'JobCancelRequested':
        await change.set({ status: 'cancelling', updated_at }).execute();
        return;
      case 'JobFinished':
        await change.set({ status: data.status, exit_code: data.exitCode, reason: data.reason || null, finished_at: data.at, updated_at }).execute();
    }
  },
});

/**
 * Has every attempt that ended compared with the agent's own log. It only ever opens that question and owns no rows: a
 * replay leaves what was answered as it is.
 */
export const endedAttemptsProjection = defineProjection<AgentMgmtDatabase>({
  name: 'ended-attempts',
  version: 1,
  tables: [],
  handles: ['JobAttemptFailed', 'JobFinished'],
  apply: async (trx, event) => {
    const { data } = event as unknown as Extract<JobEvent, { type: 'JobAttemptFailed' | 'JobFinished' }>;
    if (data.attempt === 0) return;
    await sql`insert into job_log_attempts as a (job_id, attempt, ended_at, check_at) values (${data.jobId}, ${data.attempt}, ${data.at}, ${data.at}::timestamptz)
      on conflict (job_id, attempt) do update set ended_at = excluded.ended_at, check_at = excluded.check_at, checks = 0
      where a.ended_at is null`.execute(trx);
  },
});

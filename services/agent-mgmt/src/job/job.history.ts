/** Jobs at any instant, in the shape that people see them in now, without what a waiting job waits for at the moment. */
import type { Job } from '@citrus/contracts';
import { defineReadModel } from '@citrus/kit-service';
import { jobsProjection, type FoldedJob } from './job.projection.ts';

const jobOf = (row: FoldedJob): Job =>
  ({
    id: row.job_id, projectId: row.project_id, serverId: row.server_id, agentId: row.agent_id,
    installer: row.installer, installerVersion: row.installer_version, installerDigest: row.installer_digest, action: row.action, inputs: row.inputs,
    status: row.status, attempt: row.attempt, exitCode: row.exit_code, reason: row.reason, outputs: row.outputs, priority: row.priority, runId: row.run_id, after: row.after_jobs, expiresAt: row.expires_at,
    createdAt: row.created_at, startedAt: row.started_at, finishedAt: row.finished_at, updatedAt: row.updated_at,
  }) as Job;

export const jobsAsTheyWere = defineReadModel<FoldedJob>({ of: 'job', fold: jobsProjection, projectOf: (row) => row.project_id, serverOf: (row) => row.server_id, show: jobOf });

import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { at, cancelRequested, dispatched, job, jobId, queued, started } from './job.samples.ts';
import { jobsProjection } from './job.projection.ts';

const { given } = projectionSpec(jobsProjection);
const attemptFailed: ToldEvent = { type: 'JobAttemptFailed', data: { jobId, serverId: job.serverId, attempt: 1, outcome: 'failed', exitCode: 2, reason: 'apt is busy', retryAt: at(60), at: at(50) } };
const finished = (status: string, reason = ''): ToldEvent => ({ type: 'JobFinished', data: { jobId, serverId: job.serverId, projectId: job.projectId, installer: job.installer, action: job.action, attempt: 1, status, exitCode: status === 'succeeded' ? 0 : null, reason, startedAt: at(2), at: at(50) } });

describe('the row of a job', () => {
  test('begins when it is queued', () =>
    given({ ...queued(), traceparent: '00-trace', correlationId: 'c-1' }).then({
      job_id: jobId, project_id: job.projectId, server_id: job.serverId, agent_id: job.agentId, run_id: null,
      installer: 'nginx', installer_version: '1.0.0', installer_digest: job.installerDigest, action: 'install', inputs: { port: 80 },
      status: 'queued', attempt: 0, exit_code: null, reason: null, priority: 'normal', priority_rank: 2, outputs: {},
      after_jobs: [], not_before: at(0), expires_at: at(3600), correlation_id: 'c-1', traceparent: '00-trace',
      created_at: at(0), started_at: null, finished_at: null, updated_at: '2026-11-21T10:00:01.000Z',
    }));
  test('tells the attempt that runs', () => given(queued(), dispatched(1, 1), started(1, 2)).shows({ status: 'running', attempt: 1, started_at: at(2), traceparent: null }));
  test('waits after an attempt that failed, and forgets why with the next', () => {
    given(queued(), dispatched(1, 1), attemptFailed).shows({ status: 'queued', attempt: 1, exit_code: 2, reason: 'apt is busy', not_before: at(60) });
    given(queued(), dispatched(1, 1), attemptFailed, dispatched(2, 60)).shows({ status: 'dispatched', attempt: 2, exit_code: null, reason: null });
  });
  test('is being cancelled also when its start is heard later', () => given(queued(), dispatched(1, 1), cancelRequested(2), started(1, 3)).shows({ status: 'cancelling', started_at: at(3) }));
  test('tells how it ended', () => {
    given(queued(), dispatched(1, 1), started(1, 2), finished('succeeded')).shows({ status: 'succeeded', exit_code: 0, reason: null, finished_at: at(50) });
    given(queued(), dispatched(1, 1), finished('lost', 'Nothing was heard of it.')).shows({ status: 'lost', exit_code: null, reason: 'Nothing was heard of it.' });
  });
});

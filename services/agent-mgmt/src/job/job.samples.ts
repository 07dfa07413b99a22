/** Sample facts for the specs of this folder. */
import { AgentId, Digest, InstallerId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import type { JobEvent, QueuedJob } from './job.events.ts';

export const jobId = JobId.parse('0198c2a0-0000-7000-8000-000000000001');
export const serverId = ServerId.parse('0198c2a0-0000-7000-8000-000000000002');
export const projectId = ProjectId.parse('0198c2a0-0000-7000-8000-000000000003');
export const agentId = AgentId.parse('agent-0198c2a0');
const FIRST = Date.parse('2026-11-21T10:00:00.000Z');

/** The instant so many seconds after the samples begin. */
export const at = (seconds: number): string => new Date(FIRST + seconds * 1000).toISOString();
export const commandId = (attempt: number): string => `0198c2a0-0000-7000-8000-00000000010${attempt}`;

export const job: QueuedJob = {
  jobId, projectId, serverId, agentId,
  installer: InstallerId.parse('nginx'), installerVersion: '1.0.0', installerDigest: Digest.parse(`sha256:${'a'.repeat(64)}`), action: 'install',
  inputs: { port: 80 }, sealedInputs: '', timeoutSeconds: 600, priority: 'normal', idempotent: false, expiresAt: at(3600), at: at(0),
};
const about = { jobId, serverId };

export const queued = (changes: Partial<QueuedJob> = {}): JobEvent => ({ type: 'JobQueued', data: { ...job, ...changes } });
export const dispatched = (attempt: number, seconds: number): JobEvent => ({ type: 'JobDispatched', data: { ...about, attempt, commandId: commandId(attempt), leaseUntil: at(seconds + 120), at: at(seconds) } });
export const started = (attempt: number, seconds: number): JobEvent => ({ type: 'JobStarted', data: { ...about, attempt, at: at(seconds) } });
export const cancelRequested = (seconds: number): JobEvent => ({ type: 'JobCancelRequested', data: { ...about, at: at(seconds) } });

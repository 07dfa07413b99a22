/** Jobs: one run of one installer's action on one server, with its attempts. */
import { z } from 'zod';
import { BackupMade, BackupToRestore, JobOutcome, JobOutputs } from '../agent/messages.ts';
import { AgentId, Digest, InstallerId, Instant, JobId, plainText, ProjectId, RunId, ServerId } from '../ids.ts';
import { IgnoredRequirements, InputValue, InstallerAction } from '../installer/manifest.ts';
import { PageRequest, pageOf, TimeSort } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';

export const JobStatus = z.enum(['queued', 'dispatched', 'running', 'cancelling', 'succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'lost']);
export type JobStatus = z.infer<typeof JobStatus>;
export const FINISHED_JOB_STATUSES: readonly JobStatus[] = ['succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'lost'];
export const JobPriority = z.enum(['critical', 'high', 'normal', 'low']);
export type JobPriority = z.infer<typeof JobPriority>;

/** The public facts of a stream `job-<jobId>`. A sensitive input is only ever there as a sealed text. */
export const JobQueued = z.object({
  jobId: JobId, projectId: ProjectId, serverId: ServerId, agentId: AgentId,
  installer: InstallerId, installerVersion: z.string(), installerDigest: Digest, action: InstallerAction,
  inputs: z.record(z.string(), InputValue), sealedInputs: z.string(), timeoutSeconds: z.int(), priority: JobPriority,
  /** The manifest says that running it twice is harmless: an attempt that got lost may be tried again. */
  idempotent: z.boolean().default(false),
  expiresAt: Instant, at: Instant,
  /** The run that it is part of. */
  runId: RunId.optional(),
  /** Of a `restore`. */
  backup: z.object(BackupToRestore.shape).optional(),
  /** Jobs that must have succeeded before it begins; it fails with the first of them that does not. */
  after: z.array(JobId).optional(),
});
export const JobDispatched = z.object({ jobId: JobId, serverId: ServerId, attempt: z.int().positive(), commandId: z.uuid(), leaseUntil: Instant, at: Instant });
export const JobStarted = z.object({ jobId: JobId, serverId: ServerId, attempt: z.int().positive(), at: Instant });
export const JobAttemptFailed = z.object({
  jobId: JobId, serverId: ServerId, attempt: z.int().positive(), outcome: JobOutcome, exitCode: z.int().nullable(), reason: z.string(), retryAt: Instant, at: Instant,
  /** Its time ran out without a word of the agent, so it may still run. */
  isUnheard: z.literal(true).optional(),
});
export const JobCancelRequested = z.object({ jobId: JobId, serverId: ServerId, at: Instant });
export const JobFinished = z.object({
  jobId: JobId, serverId: ServerId, projectId: ProjectId, installer: InstallerId, action: InstallerAction, attempt: z.int().min(0),
  status: JobStatus, exitCode: z.int().nullable(), reason: z.string(), startedAt: Instant.nullable(), at: Instant,
  /** What a `backup` made. */
  backup: BackupMade.optional(),
  /** Values that its script handed on. */
  outputs: JobOutputs.optional(),
});
export type JobFinished = z.infer<typeof JobFinished>;

export const Job = z.object({
  id: JobId, projectId: ProjectId, serverId: ServerId, agentId: AgentId,
  installer: InstallerId, installerVersion: z.string(), installerDigest: Digest, action: InstallerAction,
  /** Sensitive ones are left out. */
  inputs: z.record(z.string(), InputValue),
  status: JobStatus,
  attempt: z.int().min(0),
  exitCode: z.int().nullable(),
  /** Why it failed or what it waits for, for people. */
  reason: z.string().nullable(),
  /** Values that its script handed on, by the names that the installer declares. */
  outputs: JobOutputs.default({}),
  priority: JobPriority,
  runId: RunId.nullable().default(null),
  /** Jobs that it waits for. */
  after: z.array(JobId).default([]),
  /** Its place among the jobs that wait for the same server, and how many those are; null once it does not wait any more. */
  queue: z.object({ position: z.int().positive(), of: z.int().positive() }).nullable().default(null),
  /** Until when it waits for its server. */
  expiresAt: Instant.nullable().default(null),
  /** How long the last successes of the same installer and action in this project took on average, while it has not ended. */
  usual: z.object({ seconds: z.number().min(0), of: z.int().positive() }).nullable().default(null),
  createdAt: Instant, startedAt: Instant.nullable(), finishedAt: Instant.nullable(), updatedAt: Instant,
});
export type Job = z.infer<typeof Job>;

/** Words that all are in the job's installer, action, status, reason, host name, or how its id or correlation id begins. */
export const JobSearch = plainText(100).trim();

export const MOST_PREDECESSORS = 20;
/** What may be said of a new job beside what it does. */
export const JobWishes = {
  priority: JobPriority.default('normal'),
  /** Jobs that must succeed first. */
  after: z.array(JobId).max(MOST_PREDECESSORS).default([]),
  /** Installers that it depends on and that are not there are installed first, with their usual inputs. */
  withDependencies: z.boolean().default(false),
  /** How long it waits for its server to be there: a minute to thirty days. */
  waitMinutes: z.int().min(1).max(43_200).default(1440),
  /** Requirements to go on without. */
  ignore: IgnoredRequirements.default([]),
};
export const createJob = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'job', 'create'),
  input: z.strictObject({
    projectId: ProjectId, jobId: JobId, serverId: ServerId, installer: InstallerId, action: InstallerAction.default('install'),
    inputs: z.record(z.string(), z.unknown()).default({}), ...JobWishes,
  }),
  reply: Job,
  access: { by: 'member', role: 'operator' },
});
export const listJobs = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'job', 'list'),
  input: z.strictObject({ projectId: ProjectId, serverId: ServerId.optional(), status: JobStatus.optional(), installer: InstallerId.optional(), search: JobSearch.optional(), sort: TimeSort.optional(), ...PageRequest }),
  reply: pageOf(Job),
  access: { by: 'member', role: 'viewer' },
});
const one = z.strictObject({ projectId: ProjectId, jobId: JobId });
export const readJob = defineRequest({ subject: subjects.rpc('agent-mgmt', 'job', 'read'), input: one, reply: Job, access: { by: 'member', role: 'viewer' } });
export const cancelJob = defineRequest({ subject: subjects.rpc('agent-mgmt', 'job', 'cancel'), input: one, reply: Job, access: { by: 'member', role: 'operator' } });
export const retryJob = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'job', 'retry'), input: one.extend({ newJobId: JobId }), reply: Job, access: { by: 'member', role: 'operator' },
});

/** One stored piece of a job's log. `cursor` orders pieces over all attempts; a stream resumes after it. */
export const LogEntry = z.object({
  cursor: z.int().positive(), attempt: z.int().positive(), seq: z.int().positive(), at: Instant, text: z.string(),
  progress: z.object({ percent: z.number(), text: z.string() }).nullable(),
});
export type LogEntry = z.infer<typeof LogEntry>;
export const readJobLog = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'job', 'log'),
  input: one.extend({ after: z.int().min(0).default(0), limit: z.int().min(1).max(500).default(200) }),
  /** `complete`: the job has ended and its log was compared with the agent's; nothing will follow the last entry. */
  reply: z.object({ entries: z.array(LogEntry), complete: z.boolean() }),
  access: { by: 'member', role: 'viewer' },
});
/** Plain NATS message on this subject whenever entries were stored or a status changed: "read again". */
export const jobChangedSubject = (jobId: string): string => `job-changed.${jobId}`;

/** Runs: one installer's action on many servers, a few first and then the others, with a limit to what may fail. */
import { z } from 'zod';
import { Digest, InstallerId, Instant, JobId, plainText, ProjectId, RunId, ScheduleId, ServerId } from '../ids.ts';
import { InputValue, InstallerAction } from '../installer/manifest.ts';
import { PageRequest, pageOf, TimeSort } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { JobPriority, JobStatus } from './job.ts';
import { RunSample } from './sample.ts';
import { Share } from './share.ts';

/** Their ids are one event, which holds at most 256 KiB. */
export const MOST_SERVERS_IN_A_RUN = 5000;

const Limit = z.string().regex(/^(0|[1-9]\d{0,3}|(\d|[1-9]\d|100)%)$/, 'a number such as 0, or a part such as 5%');

export const RunStrategy = z.strictObject({
  /** How many servers have begun when each wave has; the next one waits until all of them have ended. The last is all. */
  waves: z.array(Share).max(20).default(['1', '25%', '100%']),
  /** How many of a wave may be at work at once; 0: all. */
  atOnce: z.int().min(0).max(MOST_SERVERS_IN_A_RUN).default(0),
  /** When more than these have failed no further server is begun, and the run waits for somebody. */
  maxFailures: Limit.default('0'),
});
export type RunStrategy = z.infer<typeof RunStrategy>;

export const RunStatus = z.enum(['running', 'paused', 'aborting', 'succeeded', 'failed', 'aborted']);
export type RunStatus = z.infer<typeof RunStatus>;
export const FINISHED_RUN_STATUSES: readonly RunStatus[] = ['succeeded', 'failed', 'aborted'];

const about = { runId: RunId, at: Instant };
/** The public facts of a stream `run-<runId>`. What becomes of one server is told by its job. */
export const RunCreated = z.object({
  ...about, projectId: ProjectId, installer: InstallerId, installerDigest: Digest, action: InstallerAction,
  inputs: z.record(z.string(), InputValue), sealedInputs: z.string(), priority: JobPriority,
  /** As it was written; what it came to is `serverIds`, in the order in which they begin. */
  filter: z.string(), serverIds: z.array(ServerId), strategy: z.object(RunStrategy.shape),
  /** The run whose failed and not started servers these are. */
  retryOf: RunId.optional(),
  /** The part of what the filter means that these are. */
  sample: z.object(RunSample.shape).optional(),
  /** What began it. */
  scheduleId: ScheduleId.optional(),
});
/** The first `upTo` servers have begun. */
export const RunAdvanced = z.object({ ...about, upTo: z.int().positive() });
/** Servers on which no job could be begun. */
export const RunServersRefused = z.object({ ...about, servers: z.array(z.object({ serverId: ServerId, code: z.string(), reason: z.string() })) });
/** Servers on which no job can be begun yet: each waits for what passes by itself, until then at the longest. */
export const RunServersHeld = z.object({ ...about, servers: z.array(z.object({ serverId: ServerId, code: z.string(), reason: z.string(), until: Instant })) });
export const RunPaused = z.object({ ...about, reason: z.string(), failed: z.int().min(0) });
/** `failed`: what has failed so far is forgiven. */
export const RunResumed = z.object({ ...about, failed: z.int().min(0) });
export const RunAbortRequested = z.object({ ...about, cancelRunning: z.boolean() });
export const RunFinished = z.object({ ...about, status: RunStatus, started: z.int().min(0), failed: z.int().min(0) });

/** What became of a server. `unanswered`: it was not reachable in time, or was not heard of again. */
export const RunOutcome = z.enum(['not-started', 'waiting', 'running', 'succeeded', 'failed', 'unanswered', 'cancelled', 'refused']);
export type RunOutcome = z.infer<typeof RunOutcome>;
/** How many servers have which outcome; together they are all. */
export const BoxScore = z.record(RunOutcome, z.int().min(0));
export type BoxScore = z.infer<typeof BoxScore>;

export const Run = z.object({
  id: RunId, projectId: ProjectId, installer: InstallerId, action: InstallerAction, filter: z.string(), strategy: z.object(RunStrategy.shape),
  /** Sensitive ones are left out. */
  inputs: z.record(z.string(), InputValue),
  status: RunStatus,
  /** Why it is paused. */
  reason: z.string().nullable(),
  servers: z.int(), score: BoxScore, retryOf: RunId.nullable(),
  sample: z.object(RunSample.shape).nullable().default(null), scheduleId: ScheduleId.nullable().default(null),
  createdAt: Instant, finishedAt: Instant.nullable(), updatedAt: Instant,
});
export type Run = z.infer<typeof Run>;

export const RunServer = z.object({
  serverId: ServerId, outcome: RunOutcome, jobId: JobId.nullable(), status: JobStatus.nullable(), reason: z.string().nullable(),
  /** Of one that waits for something that passes by itself, as a server that is still being made: then it is given up. */
  waitsUntil: Instant.nullable().default(null),
});
export type RunServer = z.infer<typeof RunServer>;

const Wanted = { installer: InstallerId, action: InstallerAction.default('install'), inputs: z.record(z.string(), z.unknown()).default({}) };
const operators = { by: 'member', role: 'operator' } as const;
const viewers = { by: 'member', role: 'viewer' } as const;

/** What a run would do, without doing it: which servers could not be begun, and why. */
export const planRun = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'run', 'plan'),
  input: z.strictObject({ projectId: ProjectId, ...Wanted, serverIds: z.array(ServerId).min(1).max(MOST_SERVERS_IN_A_RUN), strategy: RunStrategy }),
  reply: z.object({ waves: z.array(z.int()), maxFailures: z.int(), refused: z.array(z.object({ serverId: ServerId, code: z.string(), reason: z.string(), /** It passes by itself, and the run waits for that. */ passes: z.boolean().default(false) })) }),
  access: operators,
});
export const createRun = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'run', 'create'),
  input: z.strictObject({
    projectId: ProjectId, runId: RunId, ...Wanted, priority: JobPriority.default('normal'), filter: plainText(1000),
    serverIds: z.array(ServerId).min(1).max(MOST_SERVERS_IN_A_RUN), strategy: RunStrategy, sample: RunSample.optional(),
  }),
  reply: Run,
  access: operators,
});
const one = z.strictObject({ projectId: ProjectId, runId: RunId });
export const readRun = defineRequest({ subject: subjects.rpc('agent-mgmt', 'run', 'read'), input: one, reply: Run, access: viewers });
export const listRuns = defineRequest({ subject: subjects.rpc('agent-mgmt', 'run', 'list'), input: z.strictObject({ projectId: ProjectId, status: RunStatus.optional(), sort: TimeSort.optional(), ...PageRequest }), reply: pageOf(Run), access: viewers });
/** In the order in which they begin. */
export const listRunServers = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'run', 'servers'), input: one.extend({ outcome: RunOutcome.optional(), ...PageRequest }), reply: pageOf(RunServer), access: viewers,
});
export const pauseRun = defineRequest({ subject: subjects.rpc('agent-mgmt', 'run', 'pause'), input: one, reply: Run, access: operators });
/** Goes on; what has failed so far counts no longer. */
export const resumeRun = defineRequest({ subject: subjects.rpc('agent-mgmt', 'run', 'resume'), input: one, reply: Run, access: operators });
/** Begins no further server and cancels what waits; with `cancelRunning` also what runs. */
export const abortRun = defineRequest({ subject: subjects.rpc('agent-mgmt', 'run', 'abort'), input: one.extend({ cancelRunning: z.boolean().default(false) }), reply: Run, access: operators });
/** A new run with the same inputs on the servers of an ended one that did not succeed. */
export const retryRun = defineRequest({ subject: subjects.rpc('agent-mgmt', 'run', 'retry'), input: one.extend({ newRunId: RunId }), reply: Run, access: operators });

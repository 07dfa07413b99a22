/**
 * The life of a job: queued → dispatched → running → an end, with at most one open attempt at any time. Reports of
 * agents arrive late, twice and out of order; whatever does not concern the open attempt decides to nothing. People's
 * commands (queue, cancel) are refused with a reason instead.
 */
import { canonicalJson, FINISHED_JOB_STATUSES, type BackupMade, type JobOutputs } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import type { FinalStatus, JobEvent, Outcome, QueuedJob } from './job.events.ts';
import { verdictOn, verdictOnCancelling, type Verdict } from './retry-rule.ts';

export type UnknownJob = { readonly status: 'unknown' };
export type WaitingJob = { readonly status: 'queued'; readonly job: QueuedJob; readonly attempt: number; readonly notBefore: string; /** The last attempt was given up without a word of its agent: it may still run. */ readonly isUnheard?: true };
export type OpenJob = {
  readonly status: 'dispatched' | 'running' | 'cancelling';
  readonly job: QueuedJob;
  readonly attempt: number;
  readonly commandId: string;
  readonly leaseUntil: string;
  readonly startedAt: string | null;
};
export type EndedJob = { readonly status: FinalStatus; readonly job: QueuedJob; readonly attempt: number };
export type JobState = UnknownJob | WaitingJob | OpenJob | EndedJob;

export type JobCommand =
  | { type: 'QueueJob'; data: QueuedJob }
  | { type: 'DispatchAttempt'; data: { attempt: number; commandId: string; leaseUntil: string; at: string } }
  | { type: 'RecordStarted'; data: { attempt: number; at: string } }
  | { type: 'RecordEnded'; data: { attempt: number; outcome: Outcome; exitCode: number | null; reason?: string | undefined; backup?: Omit<BackupMade, 'id'> | undefined; outputs?: JobOutputs | undefined; /** Nobody said so: its time ran out. */ isUnheard?: true; at: string } }
  | { type: 'RequestCancel'; data: { at: string } }
  | { type: 'ExpireJob'; data: { at: string } }
  /** A job that it waits for has ended without success. */
  | { type: 'EndForPredecessor'; data: { predecessor: string; reason: string; at: string } }
  /** The server is going or gone: what waits is cancelled, and with `serverGone` what runs has failed. */
  | { type: 'AbandonJob'; data: { serverGone: boolean; at: string } };

export const isOpen = (state: JobState): state is OpenJob => state.status === 'dispatched' || state.status === 'running' || state.status === 'cancelling';
export const isEnded = (state: JobState): state is EndedJob => (FINISHED_JOB_STATUSES as readonly string[]).includes(state.status);

type Ending = { readonly status: FinalStatus; readonly reason: string; readonly exitCode?: number | null; readonly backup?: Omit<BackupMade, 'id'> | undefined; readonly outputs?: JobOutputs | undefined; readonly at: string };

const finished = (state: WaitingJob | OpenJob, { status, reason, exitCode = null, backup, outputs, at }: Ending): JobEvent => {
  const { jobId, serverId, projectId, installer, action } = state.job;
  const startedAt = state.status === 'queued' ? null : state.startedAt;
  const made = action === 'backup' && status === 'succeeded' && backup ? { backup: { id: jobId, ...backup } } : {};
  return { type: 'JobFinished', data: { jobId, serverId, projectId, installer, action, attempt: state.attempt, status, exitCode, reason, startedAt, at, ...made, ...(outputs && { outputs }) } };
};

export const reusedKey = (): Refusal => new Refusal('idempotency.reused', 'This Idempotency-Key was used for another request. Choose a new one.');

/** What somebody asked for, as far as it can be compared: sealed texts differ each time. */
const requestOf = ({ projectId, serverId, installer, action, priority, inputs, backup }: QueuedJob): string => canonicalJson({ projectId, serverId, installer, action, priority, inputs, backup: backup ?? null });

const queue = (state: JobState, job: QueuedJob): JobEvent[] => {
  if (state.status === 'unknown') return [{ type: 'JobQueued', data: job }];
  if (requestOf(state.job) !== requestOf(job)) throw reusedKey();
  return [];
};

const dispatch = (state: JobState, { attempt, commandId, leaseUntil, at }: Extract<JobCommand, { type: 'DispatchAttempt' }>['data']): JobEvent[] => {
  const due = state.status === 'queued' && attempt === state.attempt + 1 && at >= state.notBefore && at < state.job.expiresAt;
  return due ? [{ type: 'JobDispatched', data: { jobId: state.job.jobId, serverId: state.job.serverId, attempt, commandId, leaseUntil, at } }] : [];
};

const end = (state: JobState, { attempt, outcome, exitCode, reason, backup, outputs, isUnheard, at }: Extract<JobCommand, { type: 'RecordEnded' }>['data']): JobEvent[] => {
  if (!isOpen(state) || state.attempt !== attempt) return [];
  const { jobId, serverId, idempotent } = state.job;
  const judge = state.status === 'cancelling' ? verdictOnCancelling : verdictOn;
  const verdict: Verdict = judge({ outcome, exitCode, reason, attempt, idempotent });
  if (verdict.next === 'finish') return [finished(state, { ...verdict, exitCode, backup, outputs, at })];
  const retryAt = new Date(Date.parse(at) + verdict.afterMs).toISOString();
  return [{ type: 'JobAttemptFailed', data: { jobId, serverId, attempt, outcome, exitCode, reason: verdict.reason, retryAt, ...(isUnheard && { isUnheard }), at } }];
};

/** A cancel is only told when nothing of the job runs any more; where nobody can know that, it is told as lost. */
const cancelledInQueue = ({ attempt, isUnheard }: WaitingJob): Pick<Ending, 'status' | 'reason'> => {
  if (isUnheard) return { status: 'lost', reason: 'Cancelled before its next try. Its last try was not heard of again: look at the server to see whether anything of it still runs.' };
  return { status: 'cancelled', reason: attempt === 0 ? 'Cancelled before it ran.' : 'Cancelled before its next try; nothing of it runs any more.' };
};

const cancel = (state: JobState, at: string): JobEvent[] => {
  if (state.status === 'unknown') return [];
  if (state.status === 'queued') return [finished(state, { ...cancelledInQueue(state), at })];
  if (state.status === 'dispatched' || state.status === 'running') return [{ type: 'JobCancelRequested', data: { jobId: state.job.jobId, serverId: state.job.serverId, at } }];
  if (state.status === 'cancelling' || state.status === 'cancelled') return [];
  throw new Refusal('job.finished', `This job has already ended (${state.status}); there is nothing to cancel.`);
};

const abandon = (state: JobState, serverGone: boolean, at: string): JobEvent[] => {
  if (state.status === 'unknown' || isEnded(state)) return [];
  if (isOpen(state) && serverGone) return [finished(state, { status: 'failed', reason: 'Its server was deleted while the job ran.', at })];
  if (state.status === 'queued') return [finished(state, { status: 'cancelled', reason: 'Its server was deleted.', at })];
  return cancel(state, at);
};

const decide = ({ type, data }: JobCommand, state: JobState): JobEvent[] => {
  switch (type) {
    case 'QueueJob': return queue(state, data);
    case 'DispatchAttempt': return dispatch(state, data);
    case 'RecordStarted':
      if (state.status !== 'dispatched' || state.attempt !== data.attempt) return [];
      return [{ type: 'JobStarted', data: { jobId: state.job.jobId, serverId: state.job.serverId, ...data } }];
    case 'RecordEnded': return end(state, data);
    case 'RequestCancel': return cancel(state, data.at);
    case 'ExpireJob':
      if (state.status !== 'queued' || data.at < state.job.expiresAt) return [];
      return [finished(state, { status: 'expired', reason: 'It waited too long for its server to be reachable. Create it again when the server is online.', at: data.at })];
    case 'EndForPredecessor':
      if (state.status !== 'queued' || !state.job.after?.some((jobId) => jobId === data.predecessor)) return [];
      return [finished(state, { status: 'failed', reason: data.reason, at: data.at })];
    case 'AbandonJob': return abandon(state, data.serverGone, data.at);
  }
};

const evolve = (state: JobState, { type, data }: JobEvent): JobState => {
  if (type === 'JobQueued') return { status: 'queued', job: data, attempt: 0, notBefore: data.at };
  if (state.status === 'unknown') return state;
  const { job } = state;
  switch (type) {
    case 'JobDispatched': return { status: 'dispatched', job, attempt: data.attempt, commandId: data.commandId, leaseUntil: data.leaseUntil, startedAt: null };
    case 'JobStarted': return isOpen(state) ? { ...state, status: state.status === 'cancelling' ? 'cancelling' : 'running', startedAt: data.at } : state;
    case 'JobCancelRequested': return isOpen(state) ? { ...state, status: 'cancelling' } : state;
    case 'JobAttemptFailed': return { status: 'queued', job, attempt: data.attempt, notBefore: data.retryAt, ...(data.isUnheard && { isUnheard: data.isUnheard }) };
    case 'JobFinished': return { status: data.status as FinalStatus, job, attempt: data.attempt };
  }
};

export const jobDecider: Decider<JobState, JobCommand, JobEvent> = { decide, evolve, initialState: { status: 'unknown' } };

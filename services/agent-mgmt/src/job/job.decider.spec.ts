import { ServerId } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { jobDecider, type JobCommand } from './job.decider.ts';
import type { JobEvent, Outcome, QueuedJob } from './job.events.ts';
import { at, cancelRequested, commandId, dispatched, job, projectId, queued, started } from './job.samples.ts';

const { given } = specFor(jobDecider);
const dispatch = (attempt: number, seconds: number): JobCommand => ({ type: 'DispatchAttempt', data: { attempt, commandId: commandId(attempt), leaseUntil: at(seconds + 120), at: at(seconds) } });
const ended = (attempt: number, outcome: Outcome, exitCode: number | null = null): JobCommand => ({ type: 'RecordEnded', data: { attempt, outcome, exitCode, at: at(50) } });
const nothing: JobEvent[] = [];
const cancel: JobCommand = { type: 'RequestCancel', data: { at: at(60) } };
const running = [queued(), dispatched(1, 1), started(1, 2)];
/** What a command leads to, in short. */
const after = (past: JobEvent[], command: JobCommand): string[] =>
  jobDecider.decide(command, past.reduce(jobDecider.evolve, jobDecider.initialState)).map(({ type, data }) =>
    type === 'JobFinished' ? `${data.status} after ${data.attempt}` : type === 'JobAttemptFailed' ? `again at ${(Date.parse(data.retryAt) - Date.parse(data.at)) / 1000} s` : type);

describe('a new job', () => {
  test('is queued', () => given().when({ type: 'QueueJob', data: job }).then(queued()));
  test('is queued once, whoever repeats the call', () => given(queued()).when({ type: 'QueueJob', data: job }).then(...nothing));
  test('is the same, however its secrets were sealed and its installer reloaded', () => given(queued()).when({ type: 'QueueJob', data: { ...job, sealedInputs: 'again', installerVersion: '2.0.0', at: at(9) } }).then(...nothing));
  test.each<Partial<QueuedJob>>([{ action: 'uninstall' }, { priority: 'high' }, { serverId: ServerId.parse(projectId) }, { inputs: { port: 81 } }, { inputs: {} }])('cannot take the id of another job: %j', (other) =>
    given(queued()).when({ type: 'QueueJob', data: { ...job, ...other } }).refuses('idempotency.reused'));
});

describe('a queued job', () => {
  test('is dispatched', () => given(queued()).when(dispatch(1, 1)).then(dispatched(1, 1)));
  test('is not dispatched out of turn', () => given(queued()).when(dispatch(2, 1)).then(...nothing));
  test('is not dispatched after its time', () => given(queued()).when(dispatch(1, 3600)).then(...nothing));
  test('expires when its time is over', () => expect(after([queued()], { type: 'ExpireJob', data: { at: at(3600) } })).toEqual(['expired after 0']));
  test('does not expire before', () => given(queued()).when({ type: 'ExpireJob', data: { at: at(3599) } }).then(...nothing));
  test('is cancelled at once', () => expect(after([queued()], cancel)).toEqual(['cancelled after 0']));
  test('that waits for its next try is cancelled when its agent has said how the last one ended', () =>
    expect(after([...running, ...jobDecider.decide(ended(1, 'failed', 2), running.reduce(jobDecider.evolve, jobDecider.initialState))], cancel)).toEqual(['cancelled after 1']));
  test('whose last try was not heard of again is lost, not cancelled: it may still run', () => {
    const idempotent: JobEvent[] = [queued({ idempotent: true }), ...running.slice(1)];
    const silent: JobCommand = { type: 'RecordEnded', data: { attempt: 1, outcome: 'lost', exitCode: null, isUnheard: true, at: at(50) } };
    expect(after([...idempotent, ...jobDecider.decide(silent, idempotent.reduce(jobDecider.evolve, jobDecider.initialState))], cancel)).toEqual(['lost after 1']);
  });
  test('ends with the job that it waited for, and with no other', () => {
    const waiting: JobEvent[] = [queued({ after: [job.jobId] })];
    const over = (predecessor: string): JobCommand => ({ type: 'EndForPredecessor', data: { predecessor, reason: 'It waited.', at: at(5) } });
    expect(after(waiting, over(job.jobId))).toEqual(['failed after 0']);
    expect(after(waiting, over(projectId))).toEqual([]);
  });
  test('is cancelled with its server', () => expect(after([queued()], { type: 'AbandonJob', data: { serverGone: false, at: at(5) } })).toEqual(['cancelled after 0']));
});

describe('an open attempt', () => {
  test('starts', () => given(queued(), dispatched(1, 1)).when({ type: 'RecordStarted', data: { attempt: 1, at: at(2) } }).then(started(1, 2)));
  test('starts once', () => given(...running).when({ type: 'RecordStarted', data: { attempt: 1, at: at(3) } }).then(...nothing));
  test('may end without having said that it started', () => expect(after([queued(), dispatched(1, 1)], ended(1, 'succeeded', 0))).toEqual(['succeeded after 1']));
  test('is not dispatched a second time', () => given(...running).when(dispatch(2, 5)).then(...nothing));
  test('ignores the report of another attempt', () => given(...running).when(ended(2, 'succeeded', 0)).then(...nothing));
  test('fails with its server', () => expect(after(running, { type: 'AbandonJob', data: { serverGone: true, at: at(5) } })).toEqual(['failed after 1']));
  test('is being cancelled when its server is about to go', () => expect(after(running, { type: 'AbandonJob', data: { serverGone: false, at: at(5) } })).toEqual(['JobCancelRequested']));
  test.each<[Outcome, number | null, string]>([
    ['succeeded', 0, 'succeeded after 1'],
    ['failed', 1, 'failed after 1'],
    ['failed', 2, 'again at 10 s'],
    ['failed', 3, 'failed after 1'],
    ['failed', 124, 'timed_out after 1'],
    ['failed', 77, 'failed after 1'],
    ['failed', null, 'failed after 1'],
    ['timed_out', 124, 'timed_out after 1'],
    ['cancelled', null, 'cancelled after 1'],
    ['refused', null, 'failed after 1'],
    ['lost', null, 'lost after 1'],
  ])('that ends %s with exit code %s: %s', (outcome, exitCode, verdict) => expect(after(running, ended(1, outcome, exitCode))).toEqual([verdict]));
  test('that got lost is tried again if that is harmless', () => expect(after([queued({ idempotent: true }), dispatched(1, 1)], ended(1, 'lost'))).toEqual(['again at 10 s']));
});

describe('a job that failed to install', () => {
  const failure = (attempt: number, seconds: number): JobEvent[] => {
    const past = [queued(), ...Array.from({ length: attempt - 1 }, (_, index) => index + 1).flatMap((n) => [dispatched(n, n * 100), ...failedOnce(n)])];
    return [...past, dispatched(attempt, seconds)];
  };
  const failedOnce = (attempt: number): JobEvent[] => [{ type: 'JobAttemptFailed', data: { jobId: job.jobId, serverId: job.serverId, attempt, outcome: 'failed', exitCode: 2, reason: '', retryAt: at(attempt * 100 + 60), at: at(attempt * 100 + 50) } }];

  test.each([[1, 'again at 10 s'], [2, 'again at 20 s'], [3, 'again at 40 s'], [4, 'failed after 4']])('run %i: %s', (attempt, verdict) =>
    expect(after(failure(attempt, attempt * 100), ended(attempt, 'failed', 2))).toEqual([verdict]));
  test('waits until it is due', () => {
    given(queued(), dispatched(1, 100), ...failedOnce(1)).when(dispatch(2, 159)).then(...nothing);
    given(queued(), dispatched(1, 100), ...failedOnce(1)).when(dispatch(2, 160)).then(dispatched(2, 160));
  });
});

describe('a job that is being cancelled', () => {
  const cancelling = [...running, cancelRequested(60)];
  test('was asked to', () => given(...running).when(cancel).then(cancelRequested(60)));
  test('is asked once', () => given(...cancelling).when(cancel).then(...nothing));
  test.each<[Outcome, number | null, string]>([
    ['cancelled', null, 'cancelled after 1'],
    ['succeeded', 0, 'succeeded after 1'],
    ['failed', 2, 'failed after 1'],
    ['lost', null, 'lost after 1'],
    ['refused', null, 'cancelled after 1'],
  ])('and ends %s (%s): %s', (outcome, exitCode, verdict) => expect(after(cancelling, ended(1, outcome, exitCode))).toEqual([verdict]));
  test('is never tried again, idempotent or not', () => expect(after([queued({ idempotent: true }), dispatched(1, 1), cancelRequested(60)], ended(1, 'lost'))).toEqual(['lost after 1']));
});

describe('a job that has ended', () => {
  const done: JobEvent[] = [...running, { type: 'JobFinished', data: { jobId: job.jobId, serverId: job.serverId, projectId: job.projectId, installer: job.installer, action: job.action, attempt: 1, status: 'succeeded', exitCode: 0, reason: '', startedAt: at(2), at: at(50) } }];
  test('ignores whatever comes later', () => {
    for (const command of [ended(1, 'lost'), dispatch(2, 100), { type: 'RecordStarted', data: { attempt: 1, at: at(70) } } as const, { type: 'AbandonJob', data: { serverGone: true, at: at(70) } } as const]) given(...done).when(command).then(...nothing);
  });
  test('cannot be cancelled, and says so', () => {
    given(...done).when(cancel).refuses('job.finished');
    expect(() => jobDecider.decide(cancel, done.reduce(jobDecider.evolve, jobDecider.initialState))).toThrow(Refusal);
  });
});

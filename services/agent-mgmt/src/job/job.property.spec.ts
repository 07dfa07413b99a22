/** Random lives of a job: reports that are late, doubled or wrong, leases that run out, cancels at any moment. */
import { Refusal } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isEnded, jobDecider, type JobCommand, type JobState } from './job.decider.ts';
import type { JobEvent, Outcome } from './job.events.ts';
import { at, commandId, job } from './job.samples.ts';
import { RETRY_AFTER_MS } from './retry-rule.ts';

const RUNS_AT_MOST = RETRY_AFTER_MS.length + 1;
const attempt = fc.integer({ min: 1, max: RUNS_AT_MOST + 1 });
type Step = (seconds: number) => JobCommand;
const step: fc.Arbitrary<Step> = fc.oneof(
  attempt.map((n): Step => (seconds) => ({ type: 'DispatchAttempt', data: { attempt: n, commandId: commandId(n), leaseUntil: at(seconds + 120), at: at(seconds) } })),
  attempt.map((n): Step => (seconds) => ({ type: 'RecordStarted', data: { attempt: n, at: at(seconds) } })),
  fc.tuple(attempt, fc.constantFrom<Outcome>('succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'refused'), fc.constantFrom(0, 1, 2, 2, 2, 3, 124, null)).map(([n, outcome, exitCode]): Step => (seconds) => ({ type: 'RecordEnded', data: { attempt: n, outcome, exitCode, at: at(seconds) } })),
  fc.constant<Step>((seconds) => ({ type: 'RequestCancel', data: { at: at(seconds) } })),
  fc.boolean().map((serverGone): Step => (seconds) => ({ type: 'AbandonJob', data: { serverGone, at: at(seconds) } })),
  fc.constant<Step>((seconds) => ({ type: 'ExpireJob', data: { at: at(seconds) } })),
);

const decideOrRefuse = (command: JobCommand, state: JobState): JobEvent[] => {
  try {
    return jobDecider.decide(command, state);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
};

const live = (steps: readonly Step[], idempotent: boolean): { events: JobEvent[]; state: JobState } => {
  const events: JobEvent[] = [{ type: 'JobQueued', data: { ...job, idempotent } }];
  let state = events.reduce(jobDecider.evolve, jobDecider.initialState);
  for (const [index, make] of steps.entries()) {
    const command = make(index * 30);
    const decided = decideOrRefuse(command, state);
    state = decided.reduce(jobDecider.evolve, state);
    expect(decideOrRefuse(command, state), `${command.type} twice`).toEqual([]);
    events.push(...decided);
  }
  return { events, state };
};

const lives = fc.tuple(fc.array(step, { maxLength: 60 }), fc.boolean()).map(([steps, idempotent]) => ({ ...live(steps, idempotent), idempotent }));
const isAttemptsEnd = ({ type, data }: JobEvent, number: number) => (type === 'JobAttemptFailed' || type === 'JobFinished') && data.attempt === number;

test('at most one attempt is open at any time, and they are numbered without a gap', () => {
  fc.assert(fc.property(lives, ({ events }) => {
    const dispatches = events.flatMap((event, index) => (event.type === 'JobDispatched' ? [{ index, attempt: event.data.attempt }] : []));
    expect(dispatches.map((dispatch) => dispatch.attempt)).toEqual(dispatches.map((_, index) => index + 1));
    expect(dispatches.length).toBeLessThanOrEqual(RUNS_AT_MOST);
    for (const [n, { index }] of dispatches.entries()) {
      const next = dispatches[n + 1];
      if (next) expect(events.slice(index, next.index).filter((event) => isAttemptsEnd(event, n + 1))).toHaveLength(1);
    }
  }));
});

test('nothing follows the end', () => {
  fc.assert(fc.property(lives, ({ events, state }) => {
    const end = events.findIndex((event) => event.type === 'JobFinished');
    expect(isEnded(state)).toBe(end >= 0);
    if (end >= 0) expect(end).toBe(events.length - 1);
  }));
});

test('only a failed installation, or a lost attempt of an idempotent installer, is tried again', () => {
  fc.assert(fc.property(lives, ({ events, idempotent }) => {
    for (const { type, data } of events) {
      if (type !== 'JobAttemptFailed') continue;
      expect((data.outcome === 'failed' && data.exitCode === 2) || (data.outcome === 'lost' && idempotent)).toBe(true);
    }
  }));
});

test('after a cancel was asked for, no attempt begins', () => {
  fc.assert(fc.property(lives, ({ events }) => {
    const cancel = events.findIndex((event) => event.type === 'JobCancelRequested');
    if (cancel >= 0) expect(events.slice(cancel).some((event) => event.type === 'JobDispatched')).toBe(false);
  }));
});

test('whatever happened, an answer of the agent or a lease that runs out brings an open job to its end', () => {
  fc.assert(fc.property(lives, ({ state: begin }) => {
    let state = begin;
    for (let round = 0; round <= RUNS_AT_MOST && !isEnded(state); round += 1) {
      const number = state.status === 'unknown' ? 0 : state.attempt;
      const next: JobCommand = state.status === 'queued'
        ? { type: 'DispatchAttempt', data: { attempt: number + 1, commandId: commandId(1), leaseUntil: at(3599), at: at(3598) } }
        : { type: 'RecordEnded', data: { attempt: number, outcome: 'lost', exitCode: null, at: at(3000) } };
      state = decideOrRefuse(next, state).reduce(jobDecider.evolve, state);
      state = decideOrRefuse({ type: 'RecordEnded', data: { attempt: number + 1, outcome: 'lost', exitCode: null, at: at(3000) } }, state).reduce(jobDecider.evolve, state);
    }
    expect(isEnded(state)).toBe(true);
  }));
});

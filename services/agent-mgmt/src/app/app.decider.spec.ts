import { ChangeStep, Digest, InstallerId, JobId, ProjectId, ServerId, type ChangeAction } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appDecider, type AppCommand, type AppLife } from './app.decider.ts';
import type { AppEvent, FinishedChange, RequestedChange } from './app.events.ts';
import type { StepEnd } from './change-rule.ts';

const at = '2026-11-21T10:00:00.000Z';
const id = (last: number) => `0198c2a0-0000-7000-8000-${String(last).padStart(12, '0')}`;
const backup = { id: id(20), digest: Digest.parse(`sha256:${'b'.repeat(64)}`), bytes: 7 };
const asked = (changes: Partial<RequestedChange> = {}): RequestedChange => ({
  changeId: id(1) as RequestedChange['changeId'], serverId: ServerId.parse(id(2)), projectId: ProjectId.parse(id(3)), installer: InstallerId.parse('web'), action: 'upgrade',
  installerVersion: '2.0.0', installerDigest: Digest.parse(`sha256:${'a'.repeat(64)}`), inputs: {}, sealedInputs: '', priorInputs: {}, withBackup: true, withHealth: true,
  jobIds: Object.fromEntries(ChangeStep.options.map((step, index) => [step, JobId.parse(id(30 + index))])) as RequestedChange['jobIds'], at, ...changes,
});
const good: StepEnd = { status: 'succeeded', mayHaveRun: true, reason: '' };
const bad: StepEnd = { status: 'failed', mayHaveRun: true, reason: 'the script ended with exit code 3' };
const never: StepEnd = { status: 'expired', mayHaveRun: false, reason: 'It waited too long' };
const made: StepEnd = { ...good, backup };

const run = (command: AppCommand, state: AppLife): { events: AppEvent[]; state: AppLife } => {
  const events = appDecider.decide(command, state);
  return { events, state: events.reduce(appDecider.evolve, state) };
};
const begin = (changes: Partial<RequestedChange> = {}) => run({ type: 'RequestChange', data: asked(changes) }, appDecider.initialState);

/** The steps that begin, and the end, when they end like this one after the other. */
const live = (changes: Partial<RequestedChange>, ends: readonly StepEnd[]): { steps: ChangeStep[]; end: FinishedChange | undefined; events: AppEvent[] } => {
  let { events, state } = begin(changes);
  const all = [...events];
  for (const end of ends) {
    if (!state.open) break;
    const command: AppCommand = { type: 'EndStep', data: { changeId: id(1), step: state.open.step, end, at } };
    ({ events, state } = run(command, state));
    all.push(...events);
    expect(appDecider.decide(command, state), 'told twice').toEqual([]);
  }
  return { steps: all.flatMap((event) => (event.type === 'AppChangeAdvanced' ? [event.data.step] : [])), end: all.flatMap((event) => (event.type === 'AppChangeFinished' ? [event.data] : []))[0], events: all };
};

describe('a change', () => {
  test.each<[string, Partial<RequestedChange>, StepEnd[], [ChangeStep[], Partial<FinishedChange>]]>([
    ['goes from a backup to a healthy app', {}, [made, good, good, good], [['back-up', 'verify', 'change', 'check'], { status: 'changed', appIs: 'changed', isHealthy: true, reason: '', advice: '' }]],
    ['of an installer without a health check ends with the change', { withHealth: false }, [made, good, good], [['back-up', 'verify', 'change'], { status: 'changed', isHealthy: null }]],
    ['removes only what was backed up', { action: 'uninstall' }, [made, good, good], [['back-up', 'verify', 'change'], { status: 'changed', appIs: 'removed' }]],
    ['does nothing when no backup can be made', {}, [bad], [['back-up'], { status: 'failed', appIs: 'unchanged' }]],
    ['does nothing when the agent is too old to tell of a backup', {}, [good], [['back-up'], { status: 'failed', appIs: 'unchanged', advice: 'Upgrade the agent of this server, then try again.' }]],
    ['does nothing when the backup cannot be read again', { action: 'uninstall' }, [made, bad], [['back-up', 'verify'], { status: 'failed', appIs: 'unchanged' }]],
    ['leaves alone what it never reached', {}, [made, good, never], [['back-up', 'verify', 'change'], { status: 'failed', appIs: 'unchanged' }]],
    ['goes back when it fails', {}, [made, good, bad, good, good], [['back-up', 'verify', 'change', 'restore', 'recheck'], { status: 'rolled-back', appIs: 'restored', isHealthy: true, reason: 'The upgrade ended failed: the script ended with exit code 3' }]],
    ['goes back when the app is not healthy afterwards', {}, [made, good, good, bad, good, good], [['back-up', 'verify', 'change', 'check', 'restore', 'recheck'], { status: 'rolled-back' }]],
    ['is not taken back because nobody could ask', {}, [made, good, good, never], [['back-up', 'verify', 'change', 'check'], { status: 'failed', appIs: 'changed', isHealthy: null }]],
    ['says when even the way back failed', {}, [made, good, bad, bad], [['back-up', 'verify', 'change', 'restore'], { status: 'failed', appIs: 'unknown', advice: expect.stringContaining(backup.id) }]],
    ['says when what was brought back is not healthy', {}, [made, good, bad, good, bad], [['back-up', 'verify', 'change', 'restore', 'recheck'], { status: 'failed', appIs: 'restored', isHealthy: false }]],
    ['without a backup has no way back', { withBackup: false }, [bad], [['change'], { status: 'failed', appIs: 'unknown' }]],
    ['without a backup stays when it is not healthy', { withBackup: false }, [good, bad], [['change', 'check'], { status: 'failed', appIs: 'changed', isHealthy: false }]],
  ])('%s', (_, changes, ends, [steps, end]) => {
    const lived = live(changes, ends);
    expect(lived.steps).toEqual(steps);
    expect(lived.end).toMatchObject(end);
  });

  test('is asked for once, one at a time', () => {
    const { state } = begin();
    expect(appDecider.decide({ type: 'RequestChange', data: asked({ sealedInputs: 'sealed anew' }) }, state)).toEqual([]);
    expect(() => appDecider.decide({ type: 'RequestChange', data: asked({ action: 'uninstall' }) }, state)).toThrow(expect.objectContaining({ code: 'idempotency.reused' }));
    expect(() => appDecider.decide({ type: 'RequestChange', data: asked({ changeId: id(9) as RequestedChange['changeId'] }) }, state)).toThrow(Refusal);
    expect(appDecider.decide({ type: 'EndStep', data: { changeId: id(9), step: 'back-up', end: made, at } }, state), 'of another change').toEqual([]);
    expect(appDecider.decide({ type: 'EndStep', data: { changeId: id(1), step: 'change', end: good, at } }, state), 'of another step').toEqual([]);
  });

  test('tells health only when it is another', () => {
    const record = (health: 'healthy' | 'unhealthy'): AppCommand => ({ type: 'RecordHealth', data: { serverId: asked().serverId, projectId: asked().projectId, installer: asked().installer, jobId: JobId.parse(id(40)), health, reason: null, at } });
    const healthy = run(record('healthy'), appDecider.initialState);
    expect(healthy.events).toHaveLength(1);
    expect(run(record('healthy'), healthy.state).events).toEqual([]);
    expect(run(record('unhealthy'), healthy.state).events).toHaveLength(1);
  });
});

test('whatever fails at any step, it ends changed and healthy, rolled back, or failed with what is there and what to do', () => {
  const end = fc.record({ status: fc.constantFrom<StepEnd['status']>('succeeded', 'succeeded', 'succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'lost'), mayHaveRun: fc.boolean(), reason: fc.constantFrom('', 'why'), hasBackup: fc.boolean() })
    .map(({ hasBackup, ...rest }): StepEnd => ({ ...rest, mayHaveRun: rest.mayHaveRun || rest.status === 'succeeded', ...(hasBackup && { backup }) }));
  const changes = fc.record({ action: fc.constantFrom<ChangeAction>('upgrade', 'reconfigure', 'uninstall'), withBackup: fc.boolean(), withHealth: fc.boolean() });
  fc.assert(fc.property(changes, fc.array(end, { minLength: 6, maxLength: 6 }), (change, ends) => {
    const { steps, end: finished, events } = live(change, ends);
    if (!finished) throw new Error(`it never ends: ${steps.join(', ')}`);
    const endOf = (step: ChangeStep): StepEnd | undefined => (steps.includes(step) ? ends[steps.indexOf(step)] : undefined);
    const isGood = (step: ChangeStep) => endOf(step)?.status === 'succeeded';
    expect(steps.length).toBeLessThanOrEqual(6);
    expect(new Set(steps).size, 'no step twice').toBe(steps.length);
    expect(events.at(-1)?.type).toBe('AppChangeFinished');
    if (steps.includes('change') && change.withBackup) expect([isGood('back-up'), endOf('back-up')?.backup !== undefined, isGood('verify')], 'nothing is changed before its backup is proven').toEqual([true, true, true]);
    if (endOf('change')?.mayHaveRun && !isGood('change') && change.withBackup) expect(steps).toContain('restore');
    if (steps.includes('restore')) expect(change.withBackup && (!isGood('change') || !isGood('check'))).toBe(true);
    if (finished.status === 'changed') expect([isGood('change'), change.action === 'uninstall' || !change.withHealth || finished.isHealthy]).toEqual([true, true]);
    if (finished.status === 'rolled-back') expect([isGood('restore'), !change.withHealth || isGood('recheck'), finished.reason !== '']).toEqual([true, true, true]);
    if (finished.status === 'failed') expect([finished.reason === '', finished.advice === '']).toEqual([false, false]);
    if (finished.appIs === 'unchanged') expect(endOf('change')?.mayHaveRun ?? false).toBe(false);
    if (finished.appIs === 'removed') expect(change.action === 'uninstall' && isGood('change')).toBe(true);
  }), { numRuns: 2000 });
});

import { Digest, InstallerId, ProjectId, RunId, RunStrategy, ServerId } from '@citrus/contracts';
import { Refusal } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinished, runDecider, type KnownRun, type Progress, type RunCommand, type RunState } from './run.decider.ts';
import type { CreatedRun } from './run.events.ts';
import { allowedFailuresOf, waveEndsOf } from './run.strategy.ts';

const at = '2026-11-21T10:00:00.000Z';
const serverId = (index: number) => ServerId.parse(`0198c2a0-0000-7000-8000-${String(index).padStart(12, '0')}`);
const created = (servers: number, strategy: Partial<RunStrategy> = {}): CreatedRun => ({
  runId: RunId.parse('0198c2a0-0000-7000-8000-00000000000a'), projectId: ProjectId.parse('0198c2a0-0000-7000-8000-00000000000b'), installer: InstallerId.parse('nginx'),
  installerDigest: Digest.parse(`sha256:${'a'.repeat(64)}`), action: 'install', inputs: {}, sealedInputs: '', priority: 'normal', filter: '*',
  serverIds: Array.from({ length: servers }, (_, index) => serverId(index)), strategy: RunStrategy.parse(strategy), at,
});
const apply = (state: RunState, command: RunCommand): RunState => runDecider.decide(command, state).reduce(runDecider.evolve, state);
const started = (servers: number, strategy: Partial<RunStrategy> = {}): KnownRun => apply(runDecider.initialState, { type: 'CreateRun', data: created(servers, strategy) }) as KnownRun;
const advance = (state: RunState, ended: number, failed = 0): KnownRun => apply(state, { type: 'AdvanceRun', data: { ended, failed, at } }) as KnownRun;

describe('waves', () => {
  test.each([
    [['1', '25%', '100%'], 40, [1, 10, 40]],
    [['1', '25%', '100%'], 1, [1]],
    [['1', '25%', '100%'], 3, [1, 3]],
    [[], 7, [7]],
    [['50%', '10%', '3'], 10, [1, 3, 5, 10]],
    [['9999'], 10, [10]],
  ] as const)('%j of %i servers end at %j', (waves, total, ends) => {
    expect(waveEndsOf(RunStrategy.parse({ waves }), total)).toEqual(ends);
  });
  test.each([['0', 50, 0], ['3', 50, 3], ['5%', 50, 2], ['5%', 10, 0], ['100%', 7, 7]])('%s of %i servers may fail: %i', (maxFailures, total, allowed) => {
    expect(allowedFailuresOf(RunStrategy.parse({ maxFailures }), total)).toBe(allowed);
  });
});

describe('a run', () => {
  test('begins with one server, waits for it, and goes on in waves', () => {
    const first = advance(started(40), 0);
    expect(first.begun).toBe(1);
    expect(advance(first, 0).begun).toBe(1);
    const second = advance(first, 1);
    expect(second.begun).toBe(10);
    expect(advance(second, 9).begun).toBe(10);
    const all = advance(second, 10);
    expect([all.begun, advance(all, 39).status, advance(all, 40).status]).toEqual([40, 'running', 'succeeded']);
  });
  test('keeps so many at work in a wave', () => {
    const first = advance(started(100, { waves: [], atOnce: 10 }), 0);
    expect([first.begun, advance(first, 3).begun]).toEqual([10, 13]);
  });
  test('pauses when more have failed than may, says so, and forgets them when it is resumed', () => {
    const paused = advance(advance(advance(started(10, { waves: ['2'], maxFailures: '1' }), 0), 1, 1), 2, 2);
    expect(paused).toMatchObject({ status: 'paused', begun: 2 });
    expect(advance(paused, 2, 2)).toBe(paused);
    const resumed = advance(apply(paused, { type: 'ResumeRun', data: { ended: 2, failed: 2, at } }), 2, 2);
    expect(resumed).toMatchObject({ status: 'running', begun: 10 });
    expect(advance(resumed, 10, 3).status).toBe('failed');
  });
  test('begins nothing more once it is aborted, and ends when what runs has ended', () => {
    const aborting = apply(advance(started(10), 0), { type: 'AbortRun', data: { cancelRunning: false, at } });
    expect(advance(aborting, 0)).toMatchObject({ status: 'aborting', begun: 1 });
    expect(advance(aborting, 1)).toMatchObject({ status: 'aborted' });
    expect(() => runDecider.decide({ type: 'PauseRun', data: { ended: 1, failed: 0, at } }, advance(aborting, 1))).toThrow(Refusal);
  });
  test('refuses each server once, and only one that has begun', () => {
    const refusal = (index: number) => ({ serverId: serverId(index), code: 'server.deleted', reason: 'gone' });
    const state = advance(started(10), 0);
    const [event] = runDecider.decide({ type: 'RefuseServers', data: { servers: [refusal(0), refusal(5)], at } }, state);
    expect(event?.data).toMatchObject({ servers: [{ serverId: serverId(0) }] });
  });
});

describe('a server of a run that is not ready', () => {
  const hours = (count: number) => new Date(Date.parse(at) + count * 3_600_000).toISOString();
  const refusing = (code: string, when: string): RunCommand => ({ type: 'RefuseServers', data: { servers: [{ serverId: serverId(0), code, reason: 'no agent' }], at: when } });
  const told = (state: RunState, code: string, when: string) => runDecider.decide(refusing(code, when), state);
  const begun = () => advance(started(10), 0);
  const held = () => apply(begun(), refusing('server.not_ready', at));

  test('waits, which is told once, and is given up when its time is over', () => {
    expect(told(begun(), 'server.not_ready', at)).toMatchObject([{ type: 'RunServersHeld', data: { servers: [{ serverId: serverId(0), code: 'server.not_ready', until: hours(24) }] } }]);
    expect(told(held(), 'server.not_ready', hours(23))).toEqual([]);
    expect(told(held(), 'server.not_ready', hours(24))).toMatchObject([{ type: 'RunServersRefused', data: { servers: [{ code: 'server.not_ready', reason: expect.stringContaining('24 hours') }] } }]);
    expect(told(apply(held(), refusing('server.not_ready', hours(24))), 'server.not_ready', hours(25)), 'by a replica that was asleep').toEqual([]);
  });
  test('says when it waits for something else, and not longer for it', () => {
    const heard = apply(begun(), refusing('server.unknown', at));
    expect(told(heard, 'server.not_ready', hours(0.1))).toMatchObject([{ type: 'RunServersHeld', data: { servers: [{ until: hours(24) }] } }]);
    expect(told(heard, 'server.unknown', hours(0.2))).toMatchObject([{ type: 'RunServersRefused' }]);
  });
  test.each(['server.deleted', 'installer.changed'])('waits no longer with %s', (code) => {
    expect(told(held(), code, hours(1))).toMatchObject([{ type: 'RunServersRefused', data: { servers: [{ code, reason: 'no agent' }] } }]);
  });
  test('waits no longer when the run is aborted, which then ends', () => {
    const aborting = apply(held(), { type: 'AbortRun', data: { cancelRunning: false, at } });
    expect(told(aborting, 'server.not_ready', at)).toMatchObject([{ type: 'RunServersRefused', data: { servers: [{ code: 'run.aborted', reason: expect.stringContaining('aborted while this server waited') }] } }]);
    expect(advance(apply(aborting, refusing('server.not_ready', at)), 1, 1).status).toBe('aborted');
  });
  test('is not begun twice, and the next wave waits for it', () => {
    expect(advance(held(), 0)).toMatchObject({ begun: 1, status: 'running' });
    expect(told(begun(), 'server.not_ready', at)[0]?.data).not.toHaveProperty('since');
  });
});

/** A fleet that ends jobs in any order, replicas that count late, people who press every button. */
test('whatever happens, no more begin than may, nothing begins after a pause, and it ends', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ type: fc.constant('end' as const), share: fc.double({ min: 0, max: 1, noNaN: true }), fails: fc.boolean() }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('advance' as const), late: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const, 'abort' as const) }) },
  );
  const shares = fc.array(fc.constantFrom('1', '3', '10%', '50%'), { maxLength: 3 });
  const life = fc.record({ servers: fc.integer({ min: 1, max: 30 }), waves: shares, atOnce: fc.integer({ min: 0, max: 5 }), maxFailures: fc.constantFrom('0', '2', '20%'), steps: fc.array(step, { maxLength: 80 }) });
  fc.assert(fc.property(life, ({ servers, waves, atOnce, maxFailures, steps }) => {
    let state = started(servers, { waves, atOnce, maxFailures });
    let progress: Progress = { ended: 0, failed: 0 };
    let before = progress;
    const ends = waveEndsOf(state.run.strategy, servers);
    const command = (asked: RunCommand): void => {
      let decided;
      try {
        decided = runDecider.decide(asked, state);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      const next = decided.reduce(runDecider.evolve, state) as KnownRun;
      if (next.begun > state.begun) {
        expect(state.status).toBe('running');
        expect(progress.failed - state.forgiven, 'late counts of failures are within a wave').toBeLessThanOrEqual(Math.max(allowedFailuresOf(state.run.strategy, servers), progress.failed - before.failed + allowedFailuresOf(state.run.strategy, servers)));
        if (atOnce > 0) expect(next.begun - progress.ended).toBeLessThanOrEqual(atOnce);
        const wave = ends.find((end) => end > state.begun - 1) ?? servers;
        if (progress.ended < state.begun) expect(next.begun).toBeLessThanOrEqual(wave);
      }
      expect(next.begun).toBeGreaterThanOrEqual(state.begun);
      expect(runDecider.decide({ type: 'AdvanceRun', data: { ended: servers + 1, failed: 0, at } }, next)).toEqual([]);
      state = next;
    };
    const act = (type: 'pause' | 'resume' | 'abort') => {
      if (type === 'abort') return command({ type: 'AbortRun', data: { cancelRunning: false, at } });
      return command({ type: type === 'pause' ? 'PauseRun' : 'ResumeRun', data: { ...progress, at } });
    };
    for (const each of steps) {
      if (each.type === 'advance') command({ type: 'AdvanceRun', data: { ...(each.late ? before : progress), at } });
      else if (each.type !== 'end') act(each.type);
      else if (progress.ended < state.begun) {
        before = progress;
        const many = Math.max(1, Math.round(each.share * (state.begun - progress.ended)));
        progress = { ended: progress.ended + many, failed: progress.failed + (each.fails ? many : 0) };
      }
    }
    for (let turns = 0; !isFinished(state); turns += 1) {
      expect(turns).toBeLessThan(4 * servers + 10);
      progress = { ended: state.begun, failed: progress.failed };
      before = progress;
      command({ type: 'AdvanceRun', data: { ...progress, at } });
      if (state.status === 'paused') act('resume');
    }
    if (state.status !== 'aborted') expect(state.begun).toBe(servers);
  }), { numRuns: 500 });
});

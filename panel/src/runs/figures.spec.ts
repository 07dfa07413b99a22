import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Run, RunServer } from '../api/types.ts';
import { averageOf, boxesOf, retryOf, wavesOf } from './figures.ts';

const score = { 'not-started': 1, waiting: 2, running: 3, succeeded: 4, failed: 5, unanswered: 6, cancelled: 0, refused: 7 };
const run = (id: string, more: Partial<Run> = {}): Run => ({ id, installer: 'web', action: 'install', status: 'succeeded', createdAt: '2026-11-22T00:00:00.000Z', finishedAt: '2026-11-22T00:01:00.000Z', ...more }) as Run;

test('the boxes together are all servers', () => {
  expect(boxesOf({ score })).toEqual([{ box: 'succeeded', count: 4 }, { box: 'failed', count: 18 }, { box: 'running', count: 3 }, { box: 'waiting', count: 2 }, { box: 'not-started', count: 1 }]);
  fc.assert(fc.property(fc.record(Object.fromEntries(Object.keys(score).map((key) => [key, fc.nat(5000)]))), (any) => {
    expect(boxesOf({ score: any as typeof score }).reduce((sum, { count }) => sum + count, 0)).toBe(Object.values(any).reduce((sum, count) => sum + count, 0));
  }));
  expect(retryOf({ score })).toEqual({ failed: 18, notStarted: 3 });
});

test('each server stands in one wave, in its order, also while not all are loaded', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(300), fc.array(fc.constantFrom('1', '3', '25%', '50%'), { maxLength: 4 }), (total, loaded, waves) => {
    const servers = Array.from({ length: Math.min(total, loaded) }, (_, index) => ({ serverId: String(index) }) as unknown as RunServer);
    const found = wavesOf({ strategy: { waves, atOnce: 0, maxFailures: '0' }, servers: total }, servers);
    expect(found.flatMap((wave) => wave.servers)).toEqual(servers);
    expect(found.reduce((sum, { size }) => sum + size, 0)).toBe(total);
  }), { numRuns: 200 });
});

test('the average is of ended runs of the same kind, not of itself and not of aborted ones', () => {
  const others = [run('a'), run('b', { finishedAt: '2026-11-22T00:03:00.000Z' }), run('c', { installer: 'db' as Run['installer'] }), run('d', { status: 'aborted' }), run('e', { finishedAt: null }), run('me')];
  expect(averageOf(others, run('me'))).toEqual({ ms: 120_000, runs: 2 });
  expect(averageOf([run('me')], run('me'))).toBeUndefined();
});

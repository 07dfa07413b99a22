import { describe, expect, test } from 'vitest';
import type { Fact, LiveServer } from '../api/types.ts';
import { lifeSteps } from './lifecycle.ts';

const server = (part: Partial<LiveServer>): LiveServer => ({ status: 'creating', dropletRef: null, ipAddress: null, agentId: null, ...part }) as LiveServer;
const fact = (type: string, second: number, data: Record<string, unknown> = {}): Fact => ({ type, at: `2026-11-21T09:00:0${second}.000Z`, data }) as Fact;
const states = (...about: Parameters<typeof lifeSteps>) => lifeSteps(...about).map(({ state }) => state);

describe('a server’s life', () => {
  test('is told by its status alone', () => {
    expect(states(server({ status: 'provisioning' }), [])).toEqual(['done', 'current', 'waiting', 'waiting']);
    expect(states(server({ status: 'active' }), [])).toEqual(['done', 'done', 'done', 'done']);
  });

  test('has the times of its facts', () => {
    const steps = lifeSteps(server({ status: 'provisioning' }), [fact('ServerRequested', 1), fact('DropletAccepted', 3)]);
    expect(steps[0]).toMatchObject({ since: '2026-11-21T09:00:01.000Z', until: '2026-11-21T09:00:03.000Z' });
    expect(steps[1]).toEqual({ phase: 'provisioning', state: 'current', since: '2026-11-21T09:00:03.000Z' });
  });

  test('is short for a machine that joins', () => {
    const steps = lifeSteps(server({ status: 'initializing', provider: 'none' }), [fact('ServerRequested', 1), fact('JoinOpened', 1)]);
    expect(steps).toEqual([{ phase: 'initializing', state: 'current', since: '2026-11-21T09:00:01.000Z' }, { phase: 'active', state: 'waiting' }]);
    expect(states(server({ status: 'failed', provider: 'none' }), [fact('ServerFailed', 5, { step: 'initializing' })])).toEqual(['failed', 'waiting']);
  });

  test('stops where its failure says', () => {
    expect(states(server({ status: 'failed', dropletRef: '1' }), [fact('ServerFailed', 5, { step: 'initializing' })])).toEqual(['done', 'done', 'failed', 'waiting']);
  });

  test('stops where it had come to when the failure is not at hand', () => {
    expect(states(server({ status: 'failed' }), [])).toEqual(['failed', 'waiting', 'waiting', 'waiting']);
    expect(states(server({ status: 'failed', dropletRef: '1' }), [])).toEqual(['done', 'failed', 'waiting', 'waiting']);
  });

  test('begins anew with a second droplet', () => {
    const steps = lifeSteps(server({ status: 'provisioning' }), [fact('ServerRequested', 1), fact('DropletAccepted', 2), fact('DropletReady', 3), fact('DropletAccepted', 6)]);
    expect(steps[2]).toEqual({ phase: 'initializing', state: 'waiting' });
  });
});

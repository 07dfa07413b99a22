import type { AgentId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import { describe, expect, test } from 'vitest';
import { isTwinRuledOut, nextStep, pause, pauseAfterFailure, settledAt, type Policy } from './next-step.ts';
import { serverDecider } from './server.decider.ts';
import type { ServerEvent } from './server.events.ts';
import type { ExistingServer } from './server.state.ts';

const policy: Policy = {
  settleMs: 60_000, createTimeoutMs: 30_000, pollMs: { first: 1000, longest: 15_000 },
  deadlinesMs: { creating: 600_000, provisioning: 600_000, initializing: 600_000, deleting: 600_000 },
};
const start = Date.parse('2026-11-21T09:00:00.000Z');
const after = (seconds: number) => start + seconds * 1000;
const at = (seconds: number) => new Date(after(seconds)).toISOString();

const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };
const requested: ServerEvent = { type: 'ServerRequested', data: { serverId, projectId: serverId as unknown as ProjectId, agentId: 'agent-of-web' as AgentId, jobId: serverId as unknown as JobId, spec, at: at(0) } };
const first = { serverId, attempt: 1, tryNumber: 1 };
const intended: ServerEvent = { type: 'DropletCreateIntended', data: { ...first, name: 'web-1', tag: 't', at: at(0) } };
const accepted: ServerEvent = { type: 'DropletAccepted', data: { serverId, attempt: 1, dropletRef: '7', at: at(1) } };
const ready: ServerEvent = { type: 'DropletReady', data: { serverId, attempt: 1, ipAddress: '10.0.0.7', at: at(20) } };

const serverAfter = (...events: ServerEvent[]) => fold(serverDecider, [requested, ...events]) as ExistingServer;
const stepAfter = (seconds: number, ...events: ServerEvent[]) => nextStep(serverAfter(...events), after(seconds), policy);

describe('the next step', () => {
  test('for a new server is to create its droplet', () => expect(stepAfter(0)).toEqual({ do: 'create' }));

  test('after a crash with the intent in the log is to look, never to create', () => {
    for (const seconds of [0, 50, 599]) expect(stepAfter(seconds, intended)).toMatchObject({ do: 'look-up', pending: { tryNumber: 1 } });
    expect(stepAfter(600, intended)).toMatchObject({ do: 'fail', failure: { code: 'cloud.silent' }, lastLook: { do: 'look-up' } });
  });

  test('is not given up for time in which nobody could get on', () => {
    expect(nextStep(serverAfter(), after(599), { ...policy, countsFrom: 0 })).toEqual({ do: 'create' });
    expect(nextStep(serverAfter(), after(5000), { ...policy, countsFrom: after(4401) })).toEqual({ do: 'create' });
    expect(nextStep(serverAfter(), after(5001), { ...policy, countsFrom: after(4401) })).toMatchObject({ do: 'fail', failure: { code: 'droplet.not_made' } });
  });

  test('after a refusal is to wait as long as the cloud asked for', () => {
    const refused: ServerEvent = { type: 'DropletCreateRefused', data: { ...first, code: 'account.droplet_limit', reason: 'The account’s droplet limit of 10 is reached.', retryAt: at(30), at: at(1) } };
    expect(stepAfter(2, intended, refused)).toEqual({ do: 'rest', until: after(30) });
    expect(stepAfter(30, intended, refused)).toEqual({ do: 'create' });
    expect(stepAfter(600, intended, refused)).toMatchObject({ do: 'fail', failure: { step: 'creating', reason: 'The account’s droplet limit of 10 is reached.' } });
  });

  test('while the droplet is built or boots is to watch it, until the deadline', () => {
    expect(stepAfter(2, intended, accepted)).toMatchObject({ do: 'watch', droplet: { ref: '7' } });
    expect(stepAfter(601, intended, accepted)).toMatchObject({ do: 'fail', failure: { step: 'provisioning', code: 'droplet.slow' }, lastLook: { do: 'watch' } });
    expect(stepAfter(21, intended, accepted, ready)).toMatchObject({ do: 'watch', droplet: { ref: '7' } });
    expect(stepAfter(620, intended, accepted, ready)).toMatchObject({ do: 'fail', failure: { step: 'initializing', code: 'agent.silent' } });
  });

  test('long after the create is to look once for a second droplet, whatever became of the server', () => {
    const active: ServerEvent = { type: 'ServerActivated', data: { serverId, agentId: 'agent-of-web' as AgentId, at: at(30) } };
    expect(stepAfter(31, intended, accepted, ready, active)).toEqual({ do: 'rest', until: after(120) });
    expect(stepAfter(120, intended, accepted, ready, active)).toEqual({ do: 'sweep', since: at(0) });
    const swept: ServerEvent = { type: 'StraysRuledOut', data: { serverId, at: at(121) } };
    expect(stepAfter(122, intended, accepted, ready, active, swept)).toEqual({ do: 'rest', until: null });
  });

  test('for a stray is to destroy it, also when the server is gone', () => {
    const events: ServerEvent[] = [intended, accepted, { type: 'DeletionRequested', data: { serverId, at: at(2) } }, { type: 'DropletGone', data: { serverId, dropletRef: '7', at: at(3) } }, { type: 'ServerDeleted', data: { serverId, at: at(4) } }];
    expect(stepAfter(5, ...events, { type: 'StrayDropletFound', data: { serverId, dropletRef: '8', at: at(5) } })).toMatchObject({ do: 'destroy', droplets: [{ ref: '8' }] });
  });

  test('for a retried server is to remove what is left, then to create', () => {
    const retried: ServerEvent[] = [intended, accepted, { type: 'ServerFailed', data: { serverId, step: 'provisioning', code: 'a.b', reason: 'Because.', at: at(5) } }, { type: 'RetryRequested', data: { serverId, attempt: 2, at: at(100) } }];
    expect(stepAfter(100, ...retried)).toMatchObject({ do: 'destroy', droplets: [{ ref: '7' }] });
    const gone: ServerEvent = { type: 'DropletGone', data: { serverId, dropletRef: '7', at: at(101) } };
    expect(stepAfter(101, ...retried, gone)).toEqual({ do: 'look-up', pending: null });
    expect(stepAfter(102, ...retried, gone, { type: 'AttemptCleared', data: { serverId, attempt: 2, at: at(102) } })).toEqual({ do: 'create' });
  });
});

describe('another create is safe', () => {
  const settledAfter = (...events: ServerEvent[]) => {
    const { pending } = serverAfter(...events);
    return pending && (settledAt(pending, policy) - start) / 1000;
  };
  const unknownAt = (seconds: number): ServerEvent => ({ type: 'DropletCreateUnknown', data: { ...first, reason: 'connection lost', at: at(seconds) } });

  test('when a POST whose connection broke at once could have been carried out for as long as others, and is shown', () => {
    expect(settledAfter(intended, unknownAt(1))).toBe(1 + 30 + 60);
  });

  test('when the POST of a process that slept before it, and then died, is shown', () => {
    expect(settledAfter(intended)).toBe(30 + 30 + 60);
  });

  test('when the twin of a droplet that has vanished would be shown', () => {
    const vanished: ServerEvent[] = [{ type: 'ServerFailed', data: { serverId, step: 'initializing', code: 'droplet.vanished', reason: 'Gone.', at: at(30) } }, { type: 'DropletGone', data: { serverId, dropletRef: '7', at: at(30) } }];
    const retried: ServerEvent = { type: 'RetryRequested', data: { serverId, attempt: 2, at: at(33) } };
    const isSafeAt = (seconds: number, ...events: ServerEvent[]) => isTwinRuledOut(serverAfter(intended, ...events, retried), after(seconds), policy);
    expect([34, 119, 120].map((seconds) => isSafeAt(seconds, accepted, ready, ...vanished))).toEqual([false, false, true]);
    const refused: ServerEvent[] = [{ type: 'DropletCreateRefused', data: { ...first, code: 'a.b', reason: 'No.', retryAt: at(1), at: at(1) } }, { type: 'ServerFailed', data: { serverId, step: 'creating', code: 'a.b', reason: 'No.', at: at(1) } }];
    expect(isSafeAt(34, ...refused)).toBe(true);
  });
});

describe('the pause between two looks', () => {
  test('is short at first, grows with the time that it takes, and stays within its bounds', () => {
    const server = serverAfter(intended, accepted);
    const middle = 0.5;
    expect(pause(server, after(1), policy, middle)).toBe(1000);
    expect(pause(server, after(21), policy, middle)).toBe(5000);
    expect(pause(server, after(500), policy, middle)).toBe(15_000);
    expect([pause(server, after(1), policy, 0), pause(server, after(1), policy, 0.999)]).toEqual([800, 1200]);
  });

  test('doubles with each failure up to a minute', () => {
    expect([1, 2, 3, 20].map((failures) => pauseAfterFailure(failures, policy, 0.999))).toEqual([1999, 3998, 7996, 59_970]);
  });
});

import type { AgentId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { nextStep } from './next-step.ts';
import type { ServerCommand } from './server.commands.ts';
import { serverDecider } from './server.decider.ts';
import type { ServerEvent } from './server.events.ts';
import { policy } from '../testing/simulated-life.ts';

const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const projectId = '01980000-0000-7000-8000-00000000000a' as ProjectId;
const jobId = '01980000-0000-7000-8000-00000000000b' as JobId;
const agentId = 'agent-1-of-web' as AgentId;
const spec = { name: 'web', region: 'none', size: 'none', image: 'none', tags: ['rack-4'], sshKeys: [], backups: false, ipv6: false, monitoring: false };
const at = '2026-11-21T09:00:00.000Z';
const endsAt = '2026-11-22T09:00:00.000Z';

const opened = (attempt: number, until = endsAt): ServerEvent => ({ type: 'JoinOpened', data: { serverId, attempt, endsAt: until, at } });
const requested: ServerEvent = { type: 'ServerRequested', data: { serverId, projectId, agentId, jobId, spec, provider: 'none', at } };
const waiting = [requested, opened(1)] as const;
const activated: ServerEvent = { type: 'ServerActivated', data: { serverId, agentId, ipAddress: '203.0.113.7', at } };
const expired: ServerEvent = { type: 'ServerFailed', data: { serverId, step: 'initializing', code: 'join.expired', reason: 'Because.', at } };
const gone: ServerEvent[] = [{ type: 'DeletionRequested', data: { serverId, at } }, { type: 'ServerDeleted', data: { serverId, at } }];

const request = (data: object = {}): ServerCommand => ({ type: 'RequestServer', at, data: { serverId, projectId, agentId, jobId, spec, joinEndsAt: endsAt, ...data } });
const connected = (who = agentId): ServerCommand => ({ type: 'RecordAgentConnected', at, data: { serverId, agentId: who, ipAddress: '203.0.113.7' } });
const renew: ServerCommand = { type: 'RenewJoin', at, data: { serverId, endsAt } };
const deletion: ServerCommand = { type: 'RequestDeletion', at, data: { serverId } };
const { given } = specFor(serverDecider, { again: { RenewJoin: 'gives RetryRequested, JoinOpened' } });

describe('a server that joins', () => {
  test('waits for its agent from the first moment on', () => given().when(request()).then(...waiting));
  test('is asked for once', () => given(...waiting).when(request({ joinEndsAt: '2026-11-23T09:00:00.000Z' })).then());
  test('is not a droplet that was asked for under the same key', () => {
    const droplet: ServerEvent = { type: 'ServerRequested', data: { serverId, projectId, agentId, jobId, spec, at } };
    given(droplet).when(request()).refuses('idempotency.reused');
    given(...waiting).when({ type: 'RequestServer', at, data: { serverId, projectId, agentId, jobId, spec } }).refuses('idempotency.reused');
  });
  test('cannot carry the tag that droplets are found by', () => given().when(request({ spec: { ...spec, tags: [`citrus-srv:${serverId}`] } })).refuses('tag.reserved'));
  test('is active with its agent, at the address that it tells', () => {
    given(...waiting).when(connected()).then(activated);
    expect(given(...waiting, activated).state()).toMatchObject({ status: 'active', droplet: null, ipAddress: '203.0.113.7' });
  });
  test('is not active with somebody else’s', () => given(...waiting).when(connected('agent-of-mallory' as AgentId)).then());
  test('heals when its agent was only late', () => given(...waiting, expired).when(connected()).then(activated));
  test('stays deleted when its agent comes later', () => given(...waiting, ...gone).when(connected()).then());
  test('is gone at once, because no cloud has anything of it', () => given(...waiting, activated).when(deletion).then(...gone));
  test('is deleted once', () => given(...waiting, ...gone).when(deletion).then());
  test('is not tried again without a new command', () => given(...waiting, expired).when({ type: 'RetryServer', at, data: { serverId } }).refuses('server.joins_by_command'));
});

describe('a new command', () => {
  const again: ServerEvent[] = [{ type: 'RetryRequested', data: { serverId, attempt: 2, at } }, opened(2)];
  test('makes the one before void', () => given(...waiting).when(renew).then(...again));
  test('is made for one that has run out', () => given(...waiting, expired).when(renew).then(...again));
  test('is made for who has joined, who then waits for its agent anew', () => {
    given(...waiting, activated).when(renew).then(...again);
    given(...waiting, activated, ...again).when(connected()).then(activated);
  });
  test('is not made for who is deleted', () => given(...waiting, ...gone).when(renew).refuses('server.deleted'));
  test('is not made for a droplet', () => given({ type: 'ServerRequested', data: { serverId, projectId, agentId, jobId, spec, at } }).when(renew).refuses('server.not_joining'));
  test('is not made for nobody', () => expect(() => given().when(renew).then()).toThrow('There is no server'));
});

describe('what the cloud shows', () => {
  const first = { serverId, attempt: 1, tryNumber: 1 };
  test.each<ServerCommand>([
    { type: 'RecordLookUp', at, data: { ...first, ours: ['7'], strays: ['8'], isSettled: true } },
    { type: 'RecordAccepted', at, data: { ...first, dropletRef: '7' } },
    { type: 'IntendCreate', at, data: { ...first, name: 'web', tag: 't' } },
    { type: 'RecordCleared', at, data: { serverId, attempt: 1 } },
  ])('means nothing to it: $type', (command) => given(...waiting).when(command).then());
});

describe('the next step of a server that joins', () => {
  const stepAt = (instant: string, ...events: ServerEvent[]) => nextStep(given(...waiting, ...events).state(), Date.parse(instant), policy);
  test('is to wait until its token ends', () => expect(stepAt(at)).toEqual({ do: 'rest', until: Date.parse(endsAt) }));
  test('is then to say so', () => expect(stepAt(endsAt)).toMatchObject({ do: 'fail', failure: { step: 'initializing', code: 'join.expired', reason: expect.stringContaining('within 24 hours') as string } }));
  test.each([[[activated]], [[expired]], [gone]])('is none after that', (events) => expect(stepAt(endsAt, ...events)).toEqual({ do: 'rest', until: null }));
});

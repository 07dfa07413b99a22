import type { AgentId, JobId, ProjectId, ServerId } from '@citrus/contracts';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import type { ServerCommand } from './server.commands.ts';
import { serverDecider } from './server.decider.ts';
import type { ServerEvent } from './server.events.ts';

const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const projectId = '01980000-0000-7000-8000-00000000000a' as ProjectId;
const jobId = '01980000-0000-7000-8000-00000000000b' as JobId;
const agentId = 'agent-1-of-web' as AgentId;
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: ['shop'], sshKeys: [], backups: false, ipv6: true, monitoring: true };
const at = '2026-11-21T09:00:00.000Z';
const first = { serverId, attempt: 1, tryNumber: 1 };

const requested: ServerEvent = { type: 'ServerRequested', data: { serverId, projectId, agentId, jobId, spec, at } };
const intended: ServerEvent = { type: 'DropletCreateIntended', data: { ...first, name: 'web-1', tag: 't', at } };
const unknown: ServerEvent = { type: 'DropletCreateUnknown', data: { ...first, reason: 'no answer', at } };
const accepted: ServerEvent = { type: 'DropletAccepted', data: { serverId, attempt: 1, dropletRef: '7', at } };
const ready: ServerEvent = { type: 'DropletReady', data: { serverId, attempt: 1, ipAddress: '10.0.0.7', at } };
const activated: ServerEvent = { type: 'ServerActivated', data: { serverId, agentId, at } };
const stray = (dropletRef: string): ServerEvent => ({ type: 'StrayDropletFound', data: { serverId, dropletRef, at } });
const gone = (dropletRef: string): ServerEvent => ({ type: 'DropletGone', data: { serverId, dropletRef, at } });
const failed = (step: 'creating' | 'provisioning' | 'initializing' | 'deleting'): ServerEvent => ({ type: 'ServerFailed', data: { serverId, step, code: 'a.b', reason: 'Because.', at } });
const retried: ServerEvent = { type: 'RetryRequested', data: { serverId, attempt: 2, at } };
const deletionRequested: ServerEvent = { type: 'DeletionRequested', data: { serverId, at } };
const deleted: ServerEvent = { type: 'ServerDeleted', data: { serverId, at } };

const request = (data: object = {}): ServerCommand => ({ type: 'RequestServer', at, data: { serverId, projectId, agentId, jobId, spec, ...data } });
const acceptedAnswer = (dropletRef: string): ServerCommand => ({ type: 'RecordAccepted', at, data: { ...first, dropletRef } });
const lookUp = (ours: string[], isSettled = false): ServerCommand => ({ type: 'RecordLookUp', at, data: { ...first, ours, strays: [], isSettled } });
const agentConnected: ServerCommand = { type: 'RecordAgentConnected', at, data: { serverId, agentId } };
const deletion: ServerCommand = { type: 'RequestDeletion', at, data: { serverId } };
const retry: ServerCommand = { type: 'RetryServer', at, data: { serverId } };
const cleared = (attempt: number): ServerCommand => ({ type: 'RecordCleared', at, data: { serverId, attempt } });

const { given } = specFor(serverDecider, { again: { RetryServer: 'refuses server.not_failed' } });

describe('a server that is asked for', () => {
  test('is requested', () => given().when(request()).then(requested));
  test('is not requested twice by its job', () => given(requested).when(request()).then());
  test('cannot be asked for by another job', () => given(requested).when(request({ jobId: serverId })).refuses('server.exists'));
  test('cannot be asked for by another project', () => given(requested).when(request({ projectId: serverId })).refuses('server.exists'));
  test('cannot change while it is asked for again', () => given(requested).when(request({ spec: { ...spec, size: 's-2' } })).refuses('idempotency.reused'));
  test('cannot carry the tag that another server is found by', () => given().when(request({ spec: { ...spec, tags: [`citrus-srv:${serverId}`] } })).refuses('tag.reserved'));
});

describe('a create', () => {
  const intend = (tryNumber: number): ServerCommand => ({ type: 'IntendCreate', at, data: { ...first, tryNumber, name: 'web-1', tag: 't' } });
  test('is intended before it is sent', () => given(requested).when(intend(1)).then(intended));
  test('is not sent by a second replica', () => given(requested, intended).when(intend(1)).then());
  test('is not sent again while its outcome is unknown', () => given(requested, intended, unknown).when(intend(2)).then());
  test('is not sent for a server that is deleted meanwhile', () => given(requested, deletionRequested).when(intend(1)).then());
  test('that was accepted gives the server its droplet', () => given(requested, intended).when(acceptedAnswer('7')).then(accepted));
  test('that was accepted is recorded once', () => given(requested, intended, accepted).when(acceptedAnswer('7')).then());
  test('that was answered after another droplet was adopted leaves a stray', () => given(requested, intended, accepted).when(acceptedAnswer('8')).then(stray('8')));
  test('that was answered after the deletion leaves a stray', () => given(requested, intended, deletionRequested, deleted).when(acceptedAnswer('7')).then(stray('7')));
  test('that was refused for good fails the server with the reason', () =>
    given(requested, intended).when({ type: 'RecordRefused', at, data: { ...first, code: 'a.b', reason: 'Because.', retryAt: null } }).then(
      { type: 'DropletCreateRefused', data: { ...first, code: 'a.b', reason: 'Because.', retryAt: at, at } }, failed('creating'),
    ));
});

describe('a look-up after a create without an answer', () => {
  test('adopts the droplet that it finds', () => given(requested, intended, unknown).when(lookUp(['7'])).then(accepted));
  test('keeps the oldest of several and condemns the rest', () => given(requested, intended, unknown).when(lookUp(['7', '8'])).then(accepted, stray('8')));
  test('says nothing while the cloud may still be behind', () => given(requested, intended, unknown).when(lookUp([])).then());
  test('gives the create up when nothing came over the whole window', () =>
    given(requested, intended, unknown).when(lookUp([], true)).then({ type: 'DropletCreateLost', data: { ...first, at } }));
  test('condemns what it finds for a server that is deleted', () => given(requested, intended, unknown, deletionRequested).when(lookUp(['7'])).then(stray('7')));
  test('does not condemn what was condemned before', () => given(requested, intended, accepted, deletionRequested).when(lookUp(['7'])).then());
});

describe('an agent’s first hello', () => {
  test('makes the server active', () => given(requested, intended, accepted, ready).when(agentConnected).then(activated));
  test('is redelivered without effect', () => given(requested, intended, accepted, ready, activated).when(agentConnected).then());
  test('is kept until the address is known', () => {
    const seen: ServerEvent = { type: 'AgentSeen', data: { serverId, agentId, at } };
    given(requested, intended, accepted).when(agentConnected).then(seen);
    given(requested, intended, accepted, seen).when({ type: 'RecordReady', at, data: { serverId, attempt: 1, dropletRef: '7', ipAddress: '10.0.0.7' } }).then(ready, activated);
  });
  test('heals a server that was only slow', () => given(requested, intended, accepted, ready, failed('initializing')).when(agentConnected).then(activated));
  test('of the attempt before does not activate the next one', () => given(requested, intended, accepted, ready, failed('initializing'), retried).when(agentConnected).then());
  test('of somebody else’s agent does nothing', () => given(requested, intended, accepted, ready).when({ type: 'RecordAgentConnected', at, data: { serverId, agentId: 'agent-of-mallory' as AgentId } }).then());
});

describe('a failed server', () => {
  test('can be tried again', () => given(requested, failed('creating')).when(retry).then(retried));
  test('can be deleted', () => given(requested, failed('creating')).when(deletion).then(deletionRequested));
  test('whose deletion failed can only be deleted', () => given(requested, deletionRequested, failed('deleting')).when(retry).refuses('server.deletion_failed'));
  test('starts the next attempt only when the droplet of the last one has gone', () => {
    const past = [requested, intended, accepted, failed('provisioning'), retried];
    given(...past).when(cleared(2)).then();
    given(...past, gone('7')).when(cleared(2)).then({ type: 'AttemptCleared', data: { serverId, attempt: 2, at } });
  });
  test('is the only one that can be tried again', () => given(requested).when(retry).refuses('server.not_failed'));
});

describe('a server that is deleted', () => {
  test('is deleted once', () => given(requested, deletionRequested).when(deletion).then());
  test('stays until its droplet has gone', () => {
    given(requested, intended, accepted, deletionRequested).when(cleared(1)).then();
    given(requested, intended, accepted, deletionRequested, gone('7')).when(cleared(1)).then(deleted);
  });
  test('stays while a create has no answer', () => given(requested, intended, deletionRequested).when(cleared(1)).then());
  test('was there before', () => expect(() => given().when(deletion).then()).toThrow('There is no server'));
});

test('a droplet that disappears fails its server and belongs to nobody', () => {
  given(requested, intended, accepted)
    .when({ type: 'RecordVanished', at, data: { serverId, dropletRef: '7', code: 'a.b', reason: 'Because.' } })
    .then(failed('provisioning'), gone('7'));
  expect(given(requested, intended, accepted, failed('provisioning'), gone('7')).state()).toMatchObject({ status: 'failed', droplet: null });
});

import type { ActionId, AgentId, JobId, ProjectId, ServerAction, ServerId } from '@citrus/contracts';
import { fold, NotFound } from '@citrus/kit-domain';
import { specFor } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { serverDecider } from '../server/server.decider.ts';
import type { ServerCommand } from '../server/server.commands.ts';
import type { ServerEvent } from '../server/server.events.ts';
import type { ExistingServer } from '../server/server.state.ts';
import { specNow } from './action.state.ts';

/** Asking twice by one id is one action; by two replicas, one call. */
const { given } = specFor(serverDecider, { again: { CancelAction: ['refuses action.over'], RequestAction: ['gives nothing', 'refuses server.no_cloud'], RetryServer: ['refuses server.not_failed'] } });
const serverId = '01980000-0000-7000-8000-000000000001' as ServerId;
const [first, second] = ['01980000-0000-7000-8000-0000000000a1', '01980000-0000-7000-8000-0000000000a2'] as [ActionId, ActionId];
const agentId = 'agent-1-of-web' as AgentId;
const at = '2026-11-23T09:00:00.000Z';
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: [], sshKeys: [], backups: false, ipv6: true, monitoring: true };
const requested: ServerEvent = { type: 'ServerRequested', data: { serverId, projectId: serverId as unknown as ProjectId, agentId, jobId: serverId as unknown as JobId, spec, at } };
const accepted: ServerEvent = { type: 'DropletAccepted', data: { serverId, attempt: 1, dropletRef: '7', at } };
const ready: ServerEvent = { type: 'DropletReady', data: { serverId, attempt: 1, ipAddress: '192.0.2.7', at } };
const activated: ServerEvent = { type: 'ServerActivated', data: { serverId, agentId, at } };
const active = [requested, accepted, ready, activated];

const about = { serverId, actionId: first, at };
const asked = (action: ServerAction, actionId = first): ServerEvent => ({ type: 'ActionRequested', data: { ...about, actionId, action } });
const intended: ServerEvent = { type: 'ActionIntended', data: { ...about, tryNumber: 1, known: ['1'] } };
const unknown: ServerEvent = { type: 'ActionUnknown', data: { ...about, tryNumber: 1, reason: 'no answer' } };
const lost: ServerEvent = { type: 'ActionLost', data: { ...about, tryNumber: 1 } };
const begun: ServerEvent = { type: 'ActionStarted', data: { ...about, opRef: '9' } };
const reenrol: ServerEvent = { type: 'ReenrolOpened', data: { serverId, attempt: 1, because: 'rebuild', endsAt: '2026-11-23T10:00:00.000Z', at } };
const protectedNow: ServerEvent = { type: 'ProtectionChanged', data: { serverId, isProtected: true, at } };
const reboot: ServerAction = { type: 'reboot' };
const rebuild: ServerAction = { type: 'rebuild', image: 'debian-12-x64' };
const rename: ServerAction = { type: 'rename', name: 'shop' };

type DataOf<Type extends ServerCommand['type']> = Omit<Extract<ServerCommand, { type: Type }>['data'], 'serverId'>;
const command = <Type extends ServerCommand['type']>(type: Type, data: DataOf<Type>, when = at): ServerCommand => ({ type, at: when, data: { serverId, ...data } }) as unknown as ServerCommand;
const ask = (action: ServerAction, actionId = first) => command('RequestAction', { actionId, action });
const intend = (tryNumber = 1) => command('IntendAction', { actionId: first, tryNumber, known: ['1'] });
const answer = (tryNumber = 1) => command('RecordActStarted', { actionId: first, tryNumber, opRef: '9', reenrolEndsAt: '2026-11-23T10:00:00.000Z' });

describe('an action', () => {
  test('is asked for once by its id', () => {
    given(...active).when(ask(reboot)).then(asked(reboot));
    given(...active, asked(reboot)).when(ask(rebuild)).refuses('idempotency.reused');
    given(...active, asked(reboot), { type: 'ActionSucceeded', data: { ...about, action: reboot } }).when(ask(reboot)).then();
  });
  test('waits for no other: the second is refused', () => given(...active, asked(reboot)).when(ask(reboot, second)).refuses('server.busy'));
  test('needs a droplet that was seen to run', () => {
    given(requested).when(ask(reboot)).refuses('server.not_there');
    given(requested, accepted).when(ask(reboot)).refuses('server.not_there');
    given(requested, accepted, ready).when(ask(reboot)).then(asked(reboot));
    given(...active, { type: 'DeletionRequested', data: { serverId, at } }).when(ask(reboot)).refuses('server.not_there');
  });
  test('may heal a server whose agent never came', () =>
    given(requested, accepted, ready, { type: 'ServerFailed', data: { serverId, step: 'initializing', code: 'agent.silent', reason: 'Silent.', at } }).when(ask({ type: 'power-cycle' })).then(asked({ type: 'power-cycle' })));
  test('is called once: who did not write the intent does not call', () => {
    given(...active, asked(reboot)).when(intend()).then(intended);
    given(...active, asked(reboot), intended).when(intend(2)).then();
    given(...active, asked(reboot), intended, begun).when(intend(2)).then();
  });
  test('is begun by its answer, also by one that was given up for lost, and by no other', () => {
    given(...active, asked(reboot), intended).when(answer()).then(begun);
    given(...active, asked(reboot), intended, unknown, lost).when(answer()).then(begun);
    given(...active, asked(reboot), intended).when(answer(2)).then();
    given(...active, asked(reboot)).when(answer()).then();
    given(...active, asked(reboot), intended, begun).when(answer()).then();
  });
  test('is cancelled as long as the cloud was not told', () => {
    given(...active, asked(reboot)).when(command('CancelAction', { actionId: first })).then({ type: 'ActionCancelled', data: { ...about, action: reboot } });
    for (const told of [[intended], [intended, unknown], [intended, unknown, lost], [intended, begun]]) given(...active, asked(reboot), ...told).when(command('CancelAction', { actionId: first })).refuses('action.begun');
    expect(() => serverDecider.decide(command('CancelAction', { actionId: first }), fold(serverDecider, active))).toThrow(NotFound);
  });
  test('is not ended by a replica that was overtaken', () => {
    given(...active, asked(reboot), intended).when(command('FailAction', { actionId: first, tries: 0, code: 'a.b', reason: 'Late.' })).then();
    given(...active, asked(reboot), intended).when(command('SucceedAction', { actionId: first, tries: 0, outcome: {} })).then();
  });
});

describe('a rename', () => {
  test('is told with its success', () =>
    given(...active, asked(rename), intended, begun).when(command('SucceedAction', { actionId: first, tries: 1, outcome: {} })).then({ type: 'ServerRenamed', data: { serverId, name: 'shop', at } }, { type: 'ActionSucceeded', data: { ...about, action: rename } }));
});

describe('a change of tags', () => {
  const tag: ServerAction = { type: 'tag', add: ['shop'], remove: ['canary'] };
  const done = (tags: string[]): ServerEvent => ({ type: 'ActionSucceeded', data: { ...about, action: tag, tags } });
  test('tells what the tags are then, and the next one begins there', () => {
    given(...active, asked(tag), intended).when(command('SucceedAction', { actionId: first, tries: 1, outcome: { tags: ['shop'] } })).then(done(['shop']));
    expect(specNow(fold(serverDecider, [...active, asked(tag), intended, done(['shop'])]) as ExistingServer).tags).toEqual(['shop']);
  });
  test('is refused before anything is asked of the cloud', () => {
    given(...active).when(ask({ type: 'tag', add: ['citrus-fleet'], remove: [] })).refuses('tag.reserved');
    given(...active).when(ask({ type: 'tag', add: [], remove: ['citrus-host'] })).refuses('tag.reserved');
    given(...active).when(ask({ type: 'tag', add: ['a'], remove: ['A'] })).refuses('tag.contradiction');
    given(...active, asked(tag), intended, done(Array.from({ length: 20 }, (_, n) => `t${n}`))).when(ask({ type: 'tag', add: ['one-more'], remove: [] }, second)).refuses('tag.too_many');
  });
  test('of a server that joined is over at once', () => {
    const joined: ServerEvent[] = [{ type: 'ServerRequested', data: { ...requested.data, provider: 'none' } as never }, { type: 'JoinOpened', data: { serverId, attempt: 1, endsAt: at, at } }, activated];
    given(...joined).when(ask(tag)).then(asked(tag), done(['shop']));
  });
});

describe('a rebuild', () => {
  test('puts the agent out only when the cloud has begun', () => {
    given(...active, asked(rebuild), intended).when(command('RecordActRejected', { actionId: first, tryNumber: 1, code: 'image.unknown', reason: 'No such image.' })).then({ type: 'ActionFailed', data: { ...about, action: rebuild, code: 'image.unknown', reason: 'No such image.' } });
    given(...active, asked(rebuild), intended).when(answer()).then(begun, reenrol);
  });
  test('waits for the new agent, and is not taken in by what the old one said before', () => {
    const connected = (when: string) => command('RecordAgentConnected', { agentId }, when);
    given(...active, asked(rebuild), intended, begun, reenrol).when(connected('2026-11-23T08:59:59.999Z')).then();
    given(...active, asked(rebuild), intended, begun, reenrol).when(connected('2026-11-23T09:05:00.000Z')).then({ type: 'ServerActivated', data: { serverId, agentId, at: '2026-11-23T09:05:00.000Z' } });
  });
});

describe('deletion', () => {
  const deletion = command('RequestDeletion', {});
  const requestedDeletion: ServerEvent = { type: 'DeletionRequested', data: { serverId, at } };
  test('beats what has not begun, and what has', () => {
    given(...active, asked(reboot)).when(deletion).then({ type: 'ActionCancelled', data: { ...about, action: reboot } }, requestedDeletion);
    given(...active, asked(reboot), intended).when(deletion).then({ type: 'ActionFailed', data: { ...about, action: reboot, code: 'droplet.gone', reason: 'The droplet is gone or goes: what the cloud had begun with it ends with it.' } }, requestedDeletion);
  });
  test('is beaten by protection, and so are a rebuild and a new attempt', () => {
    given(...active, protectedNow).when(deletion).refuses('server.protected');
    given(...active, protectedNow).when(ask(rebuild)).refuses('server.protected');
    given(...active, protectedNow).when(ask({ type: 'restore', snapshotRef: '1' })).refuses('server.protected');
    given(...active, protectedNow).when(ask(reboot)).then(asked(reboot));
    const failed: ServerEvent = { type: 'ServerFailed', data: { serverId, step: 'initializing', code: 'agent.silent', reason: 'Silent.', at } };
    given(requested, accepted, ready, failed, protectedNow).when(command('RetryServer', {})).refuses('server.protected');
    given(...active, protectedNow, { type: 'ProtectionChanged', data: { serverId, isProtected: false, at } }).when(deletion).then(requestedDeletion);
  });
});

describe('a server that joined', () => {
  const joined: ServerEvent[] = [{ type: 'ServerRequested', data: { ...requested.data, provider: 'none' } as never }, { type: 'JoinOpened', data: { serverId, attempt: 1, endsAt: at, at } }, activated];
  test('is told in words what no cloud can do', () => given(...joined).when(ask(reboot)).refuses('server.no_cloud'));
  test('is renamed here', () => given(...joined).when(ask(rename)).then(asked(rename), { type: 'ServerRenamed', data: { serverId, name: 'shop', at } }, { type: 'ActionSucceeded', data: { ...about, action: rename } }));
  test('is protected and maintained like any other', () => {
    given(...joined).when(command('ProtectServer', { isProtected: true })).then(protectedNow);
    given(...joined, protectedNow).when(command('RequestDeletion', {})).refuses('server.protected');
    given(...joined).when(command('MaintainServer', { isOn: true, reason: 'a new disk' })).then({ type: 'MaintenanceChanged', data: { serverId, isOn: true, reason: 'a new disk', at } });
    given(...joined).when(command('MaintainServer', { isOn: false })).then();
  });
});

describe('power', () => {
  const seen = (power: 'on' | 'off', dropletRef = '7') => command('RecordPower', { dropletRef, power });
  test('is told when it is not what was known', () => {
    given(...active).when(seen('off')).then({ type: 'PowerObserved', data: { serverId, power: 'off', at } });
    given(...active).when(seen('on')).then();
    given(...active).when(seen('off', '8')).then();
    given(...active, asked(reboot)).when(seen('off')).then();
  });
});

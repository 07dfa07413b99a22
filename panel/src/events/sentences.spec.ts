import { describe, expect, test } from 'vitest';
import type { Fact } from '../api/types.ts';
import { actorOf, jobNamesIn, plainText, sentenceOf, serverNamesIn, wordsOf, type Names } from './sentences.ts';

const names: Names = { server: (id) => (id === 's1' ? 'yuzu' : undefined), job: (id) => (id === 'j1' ? 'Install nginx' : undefined), person: (id) => (id === 'u1' ? 'Ada' : undefined) };
const fact = (type: string, data: Record<string, unknown>): Fact => ({
  id: 'f', type, version: 1, stream: 'server-s1', streamVersion: 1, position: 1, at: '2026-11-21T09:00:00.000Z', actor: { kind: 'user', id: 'u1' }, correlationId: 'c', data,
});
const said = (type: string, data: Record<string, unknown>): string => plainText(sentenceOf(fact(type, data), names).parts);

describe('a fact is told', () => {
  test.each([
    ['ServerRequested', { serverId: 's9', spec: { name: 'lemon' } }, 'lemon was requested'],
    ['DropletReady', { serverId: 's1', ipAddress: '10.0.0.7' }, 'yuzu is up at 10.0.0.7'],
    ['ServerFailed', { serverId: 's1', step: 'provisioning', reason: 'no capacity' }, 'yuzu failed while provisioning: no capacity'],
    ['AgentConnected', { serverId: 's1' }, 'The agent of yuzu connected for the first time'],
    ['RunCreated', { runId: 'r1', installer: 'nginx', action: 'install', filter: 'tag:web', serverIds: ['s1', 's2'] }, 'A run (Install nginx) on 2 servers (tag:web) was created'],
    ['RunServersHeld', { runId: 'r1', servers: [{ serverId: 's1', code: 'server.not_ready', reason: 'Waiting for the server.', until: '2026-11-27T10:00:00.000Z' }] }, 'yuzu cannot begin yet in a run: Waiting for the server.'],
    ['RunServersHeld', { runId: 'r1', servers: [{ serverId: 's1', reason: 'Waiting.' }, { serverId: 's2', reason: 'Waiting.' }] }, '2 servers cannot begin yet in a run: Waiting.'],
    ['RunServersRefused', { runId: 'r1', servers: [{ serverId: 's1', reason: 'Gone.' }, { serverId: 's2', reason: 'Too small.' }] }, '2 servers could not begin in a run'],
    ['BundleStepHeld', { installer: 'nginx', serverId: 's1', reason: 'Waiting for the server.' }, 'nginx on yuzu cannot begin yet in its bundle: Waiting for the server.'],
    ['RunPaused', { runId: 'r1', reason: '1 server has failed, and 0 may.', failed: 1 }, 'A run waits: 1 server has failed, and 0 may.'],
    ['AppChangeAdvanced', { serverId: 's1', installer: 'nginx', step: 'restore', cause: 'The upgrade ended failed' }, 'nginx on yuzu goes back to its backup: The upgrade ended failed'],
    ['AppChangeFinished', { serverId: 's1', installer: 'nginx', status: 'changed', reason: '' }, 'nginx on yuzu was changed'],
    ['AppHealthChanged', { serverId: 's1', installer: 'nginx', health: 'healthy', reason: null }, 'nginx on yuzu is healthy'],
    ['JobQueued', { serverId: 's1', jobId: 'j2', installer: 'nginx', action: 'install' }, 'Install nginx was queued for yuzu'],
    ['JobStarted', { serverId: 's1', jobId: 'j1' }, 'Install nginx started on yuzu'],
    ['JobFinished', { serverId: 's1', jobId: 'j1', status: 'failed', reason: 'exit code 2' }, 'Install nginx failed on yuzu: exit code 2'],
    ['JobFinished', { serverId: 's1', jobId: 'j1', status: 'succeeded', reason: 'ended' }, 'Install nginx succeeded on yuzu'],
    ['MembershipEnded', { userId: 'u1', reason: 'left' }, 'Ada left'],
    ['MembershipEnded', { userId: 'u2', reason: 'removed' }, 'somebody was removed'],
    ['MembershipEnded', { userId: 'u1', reason: 'erased' }, 'A member was forgotten'],
    ['MemberInvited', { role: 'viewer' }, 'Somebody was invited as viewer'],
    ['InvitationAccepted', { userId: 'u1', role: 'viewer' }, 'Ada accepted an invitation as viewer'],
    ['RecoveryBegun', { userId: 'u1' }, 'An administrator made a link to recover the account of Ada'],
    ['RecoveryFinished', { userId: 'u1' }, 'Ada has a new password by an administrator’s link; every other way in ended'],
    ['IdentityLinked', { userId: 'u1' }, 'Ada was linked with the sign-in provider'],
    ['IdentityLinked', { userId: 'u1', isAlone: true }, 'Ada was linked with the sign-in provider; every other way in ended'],
    ['InvitationEnded', { reason: 'expired' }, 'An invitation expired'],
    ['CredentialAdded', { name: 'ours' }, 'The cloud ours was added'],
    ['QuotaChanged', { servers: 10, creationsPerHour: null }, 'The project may have 10 servers and ask for any number an hour'],
    ['CredentialRotated', { tokenEnd: 'f00d' }, 'A cloud has another API token, …f00d'],
    ['DefaultCloudChosen', { credentialId: null }, 'Servers that name no cloud are made with the installation’s from now on'],
    ['ProjectRenamed', { name: 'Market' }, 'The project is called Market now'],
    ['ActionRequested', { serverId: 's1', action: { type: 'snapshot', name: 'nightly' } }, 'yuzu: taking a snapshot was asked for'],
    ['ActionFailed', { serverId: 's1', action: { type: 'shutdown' }, reason: 'Its system ignores the request.' }, 'yuzu: shutting down failed: Its system ignores the request.'],
    ['ReenrolOpened', { serverId: 's1', because: 'rebuild' }, 'The agent of yuzu has to enrol again, because of a rebuild'],
    ['MaintenanceChanged', { serverId: 's1', isOn: true, reason: 'a new disk' }, 'yuzu is in maintenance: a new disk'],
    ['ProtectionChanged', { serverId: 's1', isProtected: false }, 'yuzu is not protected from deletion any more'],
    ['GroupCreated', { name: 'pool', target: 1 }, 'The server group pool was made, for one server'],
    ['MemberReleased', { serverId: 's1', why: 'scale-in' }, 'yuzu is let go by its group, which needs one less'],
    ['GroupDeletionRequested', { keepsServers: true }, 'A server group is to be deleted; its servers stay'],
    ['ApiTokenCreated', { userId: 'u1' }, 'An API token of Ada was made'],
    ['AgentFactsChanged', { serverId: 's1' }, 'The machine of yuzu has changed'],
    ['DeletionRequested', { serverId: 'abcdefghijk' }, 'server abcdefgh is to be deleted'],
  ])('%s', (type, data, sentence) => expect(said(type, data)).toBe(sentence));

  test('by its own name when the panel does not know it', () => {
    expect(said('SomethingNewer', { serverId: 's1' })).toBe('Something newer · yuzu');
    expect(said('SomethingNewer', {})).toBe('Something newer');
  });

  test('with a link to what it is about', () => {
    expect(sentenceOf(fact('ServerActivated', { serverId: 's1' }), names).parts[0]).toEqual({ text: 'yuzu', href: '/servers/s1' });
  });
});

test('jobs are called what their own facts call them', () => {
  expect([...jobNamesIn([fact('JobQueued', { jobId: 'j1', installer: 'nginx', action: 'uninstall' }), fact('JobStarted', { jobId: 'j1' })])]).toEqual([['j1', 'Uninstall nginx']]);
});

test('servers are called what they were ordered as', () => {
  expect([...serverNamesIn([fact('ServerRequested', { serverId: 's2', spec: { name: 'pomelo' } }), fact('ServerDeleted', { serverId: 's2' })])]).toEqual([['s2', 'pomelo']]);
});

test('the actor is a name, if it is known', () => {
  expect(actorOf(fact('X', {}), names)).toBe('Ada');
});

test('a type is readable', () => expect(wordsOf('JobAttemptFailed')).toBe('Job attempt failed'));

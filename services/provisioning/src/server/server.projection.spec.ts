import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import type { ServerEvent } from './server.events.ts';
import { serversProjection } from './server.projection.ts';

const { given } = projectionSpec(serversProjection);
const serverId = '01980000-0000-7000-8000-000000000001';
const projectId = '01980000-0000-7000-8000-00000000000a';
const agentId = 'agent-1-of-web';
const at = '2026-11-21T09:00:00.000Z';
const first = { serverId, attempt: 1, tryNumber: 1, at };
const spec = { name: 'web', region: 'sfo3', size: 's-1', image: 'debian', tags: ['shop'], sshKeys: [], backups: false, ipv6: true, monitoring: true };

const told = (type: ServerEvent['type'], data: object, of = serverId): ToldEvent => ({ type, stream: `server-${of}`, data: { serverId: of, at, ...data } });
const requested = (of = serverId) => told('ServerRequested', { projectId, agentId, jobId: projectId, spec }, of);
const accepted = told('DropletAccepted', { attempt: 1, dropletRef: '7' });
const ready = told('DropletReady', { attempt: 1, ipAddress: '10.0.0.7' });
const activated = told('ServerActivated', { agentId });
const failed = told('ServerFailed', { step: 'initializing', code: 'a.b', reason: 'The agent never came.' });
const life = [requested(), accepted, ready, activated];
const untouched = {
  cloud_id: null, power: null, action_id: null, action_type: null, action_since: null, action_note: null, is_protected: false, maintenance_since: null, maintenance_reason: null, backups: false,
};
const row = { id: serverId, project_id: projectId, name: 'web', provider: 'digitalocean', region: 'sfo3', size: 's-1', image: 'debian', tags: ['shop'], created_at: '2026-11-21T10:00:01.000Z', ...untouched };

describe('the row of a server', () => {
  test('begins with its request', () =>
    given(requested()).then({ ...row, status: 'creating', droplet_ref: null, ip_address: null, agent_id: null, note: 'Waiting for the cloud.', updated_at: '2026-11-21T10:00:01.000Z' }));
  test('knows the droplet, its address and its agent', () =>
    given(...life).then({ ...row, status: 'active', power: 'on', droplet_ref: '7', ip_address: '10.0.0.7', agent_id: agentId, note: null, updated_at: '2026-11-21T10:00:04.000Z' }));
  test('tells why it failed', () => given(requested(), accepted, ready, failed).shows({ status: 'failed', note: 'The agent never came.', ip_address: '10.0.0.7' }));
  test('begins anew with a retry', () =>
    given(requested(), accepted, failed, told('RetryRequested', { attempt: 2 }), told('AttemptCleared', { attempt: 2 })).shows({ status: 'creating', droplet_ref: null, agent_id: null, note: 'The cloud is asked for a new droplet.' }));
  test('stays when the server is deleted', () =>
    given(...life, told('DeletionRequested', {}), told('DropletGone', { dropletRef: '7' }), told('ServerDeleted', {})).shows({ status: 'deleted', droplet_ref: null, ip_address: null, note: null }));
  test('of a machine that joins tells what to do there, from the first moment to the last', () => {
    const asked = told('ServerRequested', { projectId, agentId, jobId: projectId, provider: 'none', spec: { ...spec, region: 'none', size: 'none', image: 'none' } });
    const opened = told('JoinOpened', { attempt: 1, endsAt: '2026-11-22T10:00:00.000Z' });
    given(asked, opened).shows({ provider: 'none', status: 'initializing', note: 'Waits until 2026-11-22 10:00 UTC for the command that joins it to be run on its machine.' });
    given(asked, opened, told('ServerActivated', { agentId, ipAddress: '203.0.113.7' })).shows({ status: 'active', ip_address: '203.0.113.7', note: null });
    given(asked, opened, told('DeletionRequested', {}), told('ServerDeleted', {})).shows({ status: 'deleted', note: 'To remove the agent from the machine, run there: sudo sh /opt/citrus-agent/uninstall.sh' });
  });
  test.each([
    ['DropletCreateIntended', { ...first, name: 'web-1', tag: 't' }, 'The cloud is asked for a droplet.'],
    ['DropletCreateRefused', { ...first, code: 'a.b', reason: 'Too many.', retryAt: at }, 'Too many. It is asked again.'],
    ['DropletCreateUnknown', { ...first, reason: 'no answer' }, 'The cloud did not answer; it is looked up whether it has made the droplet.'],
    ['DropletCreateLost', first, 'The cloud has not made the droplet; it is asked again.'],
  ] as const)('says what happens after %s', (type, data, note) => given(requested(), told(type, data)).shows({ status: 'creating', note }));
  test.each([told('StrayDropletFound', { dropletRef: '8' }), told('StraysRuledOut', {}), told('AgentSeen', { agentId })])('does not move for $type', (event) =>
    given(requested(), event).shows({ updated_at: '2026-11-21T10:00:01.000Z' }));
  test('tells what is done with it, and what was different afterwards', () => {
    const actionId = '01980000-0000-7000-8000-0000000000aa';
    const resize = { actionId, action: { type: 'resize', size: 's-2', withDisk: false } };
    given(...life, told('ActionRequested', resize)).shows({ status: 'active', action_id: actionId, action_type: 'resize', action_since: '2026-11-21T10:00:05.000Z', action_note: 'Waiting for the cloud.' });
    given(...life, told('ActionRequested', resize), told('ActionStarted', { actionId, opRef: '9' })).shows({ size: 's-1', action_note: 'The cloud is at it.' });
    given(...life, told('ActionRequested', resize), told('ActionSucceeded', { ...resize, size: 's-2' })).shows({ size: 's-2', action_id: null, action_note: null });
    given(...life, told('ActionRequested', resize), told('ActionFailed', { ...resize, code: 'a.b', reason: 'No.' })).shows({ size: 's-1', action_id: null });
    given(...life, told('ServerRenamed', { name: 'shop' }), told('PowerObserved', { power: 'off' }), told('ProtectionChanged', { isProtected: true })).shows({ name: 'shop', power: 'off', is_protected: true });
    given(...life, told('MaintenanceChanged', { isOn: true, reason: 'a new disk' })).shows({ maintenance_since: '2026-11-21T10:00:05.000Z', maintenance_reason: 'a new disk' });
    given(...life, told('MaintenanceChanged', { isOn: true }), told('MaintenanceChanged', { isOn: false })).shows({ maintenance_since: null });
    given(...life, told('ReenrolOpened', { attempt: 1, because: 'rebuild', endsAt: at })).shows({ status: 'initializing', ip_address: '10.0.0.7' });
  });
  test('is its own', () => given(requested(), requested(projectId), accepted).shows({ id: serverId, status: 'provisioning' }, { id: projectId, status: 'creating' }));
});

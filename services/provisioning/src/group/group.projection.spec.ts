import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { GroupSpec } from '@citrus/contracts';
import { describe, test } from 'vitest';
import type { GroupEvent } from './group.events.ts';
import { groupsProjection } from './group.projection.ts';

const { given } = projectionSpec(groupsProjection);
const groupId = '01980000-0000-7000-8000-0000000000aa';
const projectId = '01980000-0000-7000-8000-0000000000bb';
const serverId = '01980000-0000-7000-8000-000000000001';
const at = '2026-11-21T09:00:00.000Z';
const { template } = GroupSpec.parse({ name: 'shop' });

const told = (type: GroupEvent['type'], data: object = {}): ToldEvent => ({ type, stream: `group-${groupId}`, data: { groupId, at, ...data } });
const created = told('GroupCreated', { projectId, name: 'shop', template, min: 1, max: 3, target: 1, policy: null });
const requested = told('MemberRequested', { serverId, jobId: serverId, ordinal: 1 });
const member = { serverId, name: 'shop-1', requestedAt: at, isReleased: false };

describe('the row of a group', () => {
  test('begins with what was wanted', () =>
    given(created).then({ id: groupId, project_id: projectId, name: 'shop', status: 'active', is_paused: false, is_stalled: false, min: 1, max: 3, target: 1, template, policy: null, members: [], note: null, created_at: '2026-11-21T10:00:01.000Z', updated_at: '2026-11-21T10:00:01.000Z' }));
  test('follows what people change', () => given(created, told('GroupChanged', { max: 5, target: 2 }), told('GroupPaused')).shows({ min: 1, max: 5, target: 2, is_paused: true }));
  test('follows its rule, and says why', () => given(created, told('ScaleDecided', { from: 1, to: 2, why: 'Busy.' })).shows({ target: 2, note: 'Busy.' }));
  test('has its members until they have left', () => {
    given(created, requested, told('MemberJoined', { serverId })).shows({ members: [member], note: null });
    given(created, requested, told('MemberReleased', { serverId, why: 'scale-in' })).shows({ members: [{ ...member, isReleased: true }] });
    given(created, requested, told('MemberReleased', { serverId, why: 'scale-in' }), told('MemberLeft', { serverId, as: 'removed' })).shows({ members: [] });
  });
  test('tells what is in the way', () => {
    given(created, requested, told('MemberRefused', { serverId, code: 'quota.reached', reason: 'Full.', retryAt: at })).shows({ note: 'Full. It is asked again.' });
    given(created, requested, told('MemberFailed', { serverId, reason: 'No such size.' }), told('GroupStalled', { reason: 'Three have failed.' })).shows({ is_stalled: true, note: 'Three have failed.' });
    given(created, told('GroupStalled', { reason: 'Three have failed.' }), told('GroupResumed')).shows({ is_stalled: false, note: null });
  });
  test('stays when the group is deleted', () => given(created, told('GroupDeletionRequested', { keepsServers: false }), told('GroupDeleted')).shows({ status: 'deleted', note: null }));
});

import { projectionSpec, type ToldEvent } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { invitationsProjection } from './invitation.projection.ts';

const ids = { invitationId: '0198c0de-0000-7000-8000-000000000001', projectId: '0198c0de-0000-7000-8000-00000000000a' };
const [userId, other, expiresAt] = ['0198c0de-0000-7000-8000-000000000002', '0198c0de-0000-7000-8000-000000000003', '2026-11-29T10:00:00.000Z'];
const invited: ToldEvent = { type: 'MemberInvited', data: { ...ids, role: 'viewer', email: { sealed: 'e' }, tokenHash: 'h', invitedBy: other, expiresAt } };
const forgotten: ToldEvent = { type: 'SubjectErased', data: { subjectId: `user-${ids.invitationId}`, at: '2026-11-22T10:00:00.000Z' } };

describe('the row of an invitation', () => {
  const { given } = projectionSpec(invitationsProjection);
  test('has the address as it is sealed, and nothing of the token', () => given(invited).then({
    invitation_id: ids.invitationId, project_id: ids.projectId, role: 'viewer', email: { sealed: 'e' }, invited_by: other, invited_at: '2026-11-21T10:00:01.000Z', expires_at: expiresAt, status: 'pending', accepted_by: null,
  }));
  test('says who accepted it', () => given(invited, { type: 'InvitationAccepted', data: { ...ids, userId, role: 'viewer' } }, forgotten).shows({ status: 'accepted', accepted_by: userId }));
  test.each(['revoked', 'replaced', 'expired'] as const)('says that it was %s', (reason) => given(invited, { type: 'InvitationEnded', data: { ...ids, reason } }, forgotten).shows({ status: reason, accepted_by: null }));
});

import { specFor } from '@citrus/kit-testing';
import { describe, test } from 'vitest';
import { invitationDecider, type InvitationCommand } from './invitation.decider.ts';
import type { InvitationEvent } from './invitation.events.ts';

const { given } = specFor(invitationDecider);
const [invitationId, projectId, userId, other] = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-00000000000a', '0198c0de-0000-7000-8000-000000000002', '0198c0de-0000-7000-8000-000000000003'];
const [at, late] = ['2026-11-22T10:00:00.000Z', '2026-11-29T10:00:00.000Z'];
const data = { invitationId, projectId, role: 'viewer' as const, email: { sealed: 'key.v1.e' }, tokenHash: 'h', invitedBy: other, expiresAt: late };
const invited: InvitationEvent = { type: 'MemberInvited', data };
const forgotten: InvitationEvent = { type: 'SubjectErased', data: { subjectId: `user-${invitationId}`, at } };
const accepted: InvitationEvent = { type: 'InvitationAccepted', data: { invitationId, projectId, userId, role: 'viewer' } };
const ended = (reason: 'revoked' | 'replaced' | 'expired'): InvitationEvent => ({ type: 'InvitationEnded', data: { invitationId, projectId, reason } });
const accept = (by = userId, tokenHash = 'h', when = at): InvitationCommand => ({ type: 'Accept', data: { tokenHash, userId: by, role: 'viewer' }, at: when });
const end = (reason: 'revoked' | 'replaced' | 'expired'): InvitationCommand => ({ type: 'End', data: { reason }, at });

describe('an invitation', () => {
  test('is made once', () => given().when({ type: 'Invite', data }).then(invited));
  test('is accepted, and the address forgotten', () => given(invited).when(accept()).then(accepted, forgotten));
  test('is accepted by one person, again and again', () => {
    given(invited, accepted, forgotten).when(accept()).then();
    given(invited, accepted, forgotten).when(accept(other)).refuses('invitation.used');
  });
  test('is for whoever has its token', () => {
    given(invited).when(accept(userId, 'x')).refuses('invitation.unknown');
    given(invited, accepted).when(accept(userId, 'x')).refuses('invitation.unknown');
    given().when(accept()).refuses('invitation.unknown');
  });
  test('gets too old', () => given(invited).when(accept(userId, 'h', late)).refuses('invitation.expired'));
  test.each(['revoked', 'replaced', 'expired'] as const)('that was %s is not accepted', (reason) => {
    given(invited).when(end(reason)).then(ended(reason), forgotten);
    given(invited, ended(reason), forgotten).when(accept()).refuses(`invitation.${reason}`);
    given(invited, ended(reason), forgotten).when(end('revoked')).then();
  });
  test('that was accepted does not end', () => given(invited, accepted, forgotten).when(end('revoked')).then());
});

/** An invitation is open until it is accepted once, taken back, replaced by a newer one or too old. */
import type { Role } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import { subjectOf } from '../subject/personal-text.ts';
import type { DataOf, InvitationEvent } from './invitation.events.ts';

type EndReason = DataOf<'InvitationEnded'>['reason'];
export type InvitationCommand =
  | { readonly type: 'Invite'; readonly data: DataOf<'MemberInvited'> }
  | { readonly type: 'Accept'; readonly data: { readonly tokenHash: string; readonly userId: string; readonly role: Role }; readonly at: string }
  | { readonly type: 'End'; readonly data: { readonly reason: EndReason }; readonly at: string };

type Open = { readonly status: 'pending' } & DataOf<'MemberInvited'>;
export type Invitation =
  | { readonly status: 'none' }
  | Open
  | { readonly status: 'accepted'; readonly invitationId: string; readonly projectId: string; readonly tokenHash: string; readonly userId: string; readonly role: Role; readonly at?: string }
  | { readonly status: EndReason; readonly tokenHash: string };

const WHY: Readonly<Record<EndReason, string>> = {
  revoked: 'This invitation was taken back. Ask whoever invited you for a new one.',
  replaced: 'There is a newer invitation for you; this link is no longer good. Open the newer one.',
  expired: 'This invitation has expired. Ask whoever invited you for a new one.',
};

export const unknownInvitation = () => new Refusal('invitation.unknown', 'There is no such invitation. Check that the whole link was copied.');
export const usedInvitation = () => new Refusal('invitation.used', 'This invitation was accepted already. If it was you, sign in; if not, tell whoever invited you.');

/** @throws Refusal unless it is open, at this time, for whoever has the token */
export const checkOpen = (invitation: Invitation, tokenHash: string, at: string): Open => {
  if (invitation.status === 'none' || invitation.tokenHash !== tokenHash) throw unknownInvitation();
  if (invitation.status === 'accepted') throw usedInvitation();
  if (invitation.status !== 'pending') throw new Refusal(`invitation.${invitation.status}`, WHY[invitation.status]);
  if (at >= invitation.expiresAt) throw new Refusal('invitation.expired', WHY.expired);
  return invitation;
};

const forgotten = (invitationId: string, at: string): InvitationEvent => ({ type: 'SubjectErased', data: { subjectId: subjectOf(invitationId), at } });

const decide = (command: InvitationCommand, invitation: Invitation): InvitationEvent[] => {
  switch (command.type) {
    case 'Invite':
      return invitation.status === 'none' ? [{ type: 'MemberInvited', data: command.data }] : [];
    case 'Accept': {
      const { tokenHash, userId, role } = command.data;
      if (invitation.status === 'accepted' && invitation.tokenHash === tokenHash && invitation.userId === userId) return [];
      const { invitationId, projectId } = checkOpen(invitation, tokenHash, command.at);
      return [{ type: 'InvitationAccepted', data: { invitationId, projectId, userId, role } }, forgotten(invitationId, command.at)];
    }
    case 'End': {
      if (invitation.status !== 'pending') return [];
      const { invitationId, projectId } = invitation;
      return [{ type: 'InvitationEnded', data: { invitationId, projectId, ...command.data } }, forgotten(invitationId, command.at)];
    }
  }
};

const evolve = (invitation: Invitation, event: InvitationEvent): Invitation => {
  const tokenHash = invitation.status === 'none' ? '' : invitation.tokenHash;
  switch (event.type) {
    case 'MemberInvited':
      return { status: 'pending', ...event.data };
    case 'InvitationAccepted':
      return { status: 'accepted', tokenHash, ...event.data };
    case 'InvitationEnded':
      return { status: event.data.reason, tokenHash };
    case 'SubjectErased':
      return invitation.status === 'accepted' ? { ...invitation, at: event.data.at } : invitation;
  }
};

export const invitationDecider: Decider<Invitation, InvitationCommand, InvitationEvent> = { initialState: { status: 'none' }, decide, evolve };

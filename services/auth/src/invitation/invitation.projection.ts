/** Who was invited to where and what became of it. The address stays sealed, and unreadable once the invitation has ended. */
import type { InvitationStatus, Role } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { PersonalText } from '../subject/personal-text.ts';
import type { InvitationEvent } from './invitation.events.ts';

type Row = {
  invitation_id: string; project_id: string; role: Role; email: PersonalText; invited_by: string; invited_at: string; expires_at: string;
  status: InvitationStatus; accepted_by: string | null;
};
type Fact = Exclude<InvitationEvent, { type: 'SubjectErased' }>;

export const invitationsProjection = defineFold<Row>({
  name: 'invitations',
  version: 1,
  table: 'invitations',
  key: ['invitation_id'],
  handles: ['MemberInvited', 'InvitationAccepted', 'InvitationEnded'] satisfies Fact['type'][],
  keyOf: ({ data }) => [String(data['invitationId'])],
  evolve: (row, envelope) => {
    const { type, data } = envelope as unknown as Fact;
    switch (type) {
      case 'MemberInvited':
        return {
          invitation_id: data.invitationId, project_id: data.projectId, role: data.role, email: data.email, invited_by: data.invitedBy, invited_at: envelope.at, expires_at: data.expiresAt,
          status: 'pending', accepted_by: null,
        };
      case 'InvitationAccepted':
        return row && { ...row, status: 'accepted', accepted_by: data.userId };
      case 'InvitationEnded':
        return row && { ...row, status: data.reason };
    }
  },
});

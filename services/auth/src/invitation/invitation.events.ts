/**
 * The facts of a stream `invitation-<id>`. The invited person is a subject like any user, `user-<invitation id>`, with a
 * key of its own: `SubjectErased` ends it with the invitation, and nobody can read the address any more (ADR 0009).
 */
import { Instant, Role } from '@citrus/contracts';
import { z } from 'zod';
import { PersonalText } from '../subject/personal-text.ts';
import type { userEvents } from '../user/user.events.ts';

const ids = { invitationId: z.uuid(), projectId: z.uuid() };
const MemberInvited = z.object({ ...ids, role: Role, email: PersonalText, tokenHash: z.string(), invitedBy: z.uuid(), expiresAt: Instant });
const InvitationAccepted = z.object({ ...ids, userId: z.uuid(), role: Role });
const InvitationEnded = z.object({ ...ids, reason: z.enum(['revoked', 'replaced', 'expired']) });

export const invitationEvents = {
  MemberInvited: { schema: MemberInvited },
  InvitationAccepted: { schema: InvitationAccepted },
  InvitationEnded: { schema: InvitationEnded },
} as const;

type Schemas = typeof invitationEvents & Pick<typeof userEvents, 'SubjectErased'>;
export type InvitationEvent = { [Type in keyof Schemas]: { readonly type: Type; readonly data: z.infer<Schemas[Type]['schema']> } }[keyof Schemas];
export type DataOf<Type extends keyof Schemas> = z.infer<Schemas[Type]['schema']>;

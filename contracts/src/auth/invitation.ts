/**
 * How somebody becomes a member: by a link with a one-time token, which is shown to whoever invites and to nobody else.
 * Citrus sends no e-mail. The token stands behind the `#`, where no server and no log sees it.
 */
import { z } from 'zod';
import { Instant, nameText, plainText, ProjectId, UserId } from '../ids.ts';
import { pageOf, PageRequest } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { Role } from '../roles.ts';
import { subjects } from '../subjects.ts';
import { NewPassword } from './password.ts';

export const InvitationId = z.uuid().brand('InvitationId');
export type InvitationId = z.infer<typeof InvitationId>;

export const InvitationStatus = z.enum(['pending', 'accepted', 'revoked', 'replaced', 'expired']);
export type InvitationStatus = z.infer<typeof InvitationStatus>;

export const Invitation = z.object({
  id: InvitationId,
  projectId: ProjectId,
  role: Role,
  /** Forgotten, and null, when the invitation has ended. */
  email: z.string().nullable(),
  status: InvitationStatus,
  invitedBy: UserId,
  invitedAt: Instant,
  expiresAt: Instant,
  acceptedBy: UserId.nullable(),
});
export type Invitation = z.infer<typeof Invitation>;

export const InvitationToken = plainText(128).min(1);
export const PersonName = nameText(200).transform((name) => name.trim()).refine((name) => name.length > 0, 'must not be empty');

const of = (verb: string) => subjects.rpc('auth', 'invitation', verb);
const asAdmin = { by: 'member', role: 'admin', with: 'session' } as const;
const One = z.strictObject({ projectId: ProjectId, invitationId: InvitationId });

/** In person. The answer is the same whether the address has an account or not. An open invitation of the same address to the same project is replaced. */
export const inviteMember = defineRequest({
  subject: of('create'), input: z.strictObject({ projectId: ProjectId, email: z.email().max(254), role: Role }), reply: z.object({ invitation: Invitation, token: z.string() }), access: asAdmin,
});
export const listInvitations = defineRequest({ subject: of('list'), input: z.strictObject({ projectId: ProjectId, ...PageRequest }), reply: pageOf(Invitation), access: asAdmin });
export const revokeInvitation = defineRequest({ subject: of('revoke'), input: One, reply: Invitation, access: asAdmin });

/** What an open invitation says to whoever holds its token. */
export const OpenInvitation = z.object({ projectId: ProjectId, projectName: z.string(), role: Role, email: z.string(), expiresAt: Instant });
export type OpenInvitation = z.infer<typeof OpenInvitation>;
export const readInvitation = defineRequest({ subject: of('read'), input: z.strictObject({ token: InvitationToken }), reply: OpenInvitation, access: { by: 'anyone' } });

export const AcceptedInvitation = z.object({ userId: UserId, projectId: ProjectId, role: Role });
export type AcceptedInvitation = z.infer<typeof AcceptedInvitation>;

/** Makes an account for the invited address. Again with the same password: the same answer. */
export const acceptInvitation = defineRequest({
  subject: of('accept'),
  input: z.strictObject({ token: InvitationToken, name: PersonName, password: NewPassword, address: z.string().max(64) }),
  reply: AcceptedInvitation,
  access: { by: 'anyone' },
});
/** For whoever is signed in with the invited address. */
export const acceptInvitationSignedIn = defineRequest({ subject: of('accept-signed-in'), input: z.strictObject({ token: InvitationToken }), reply: AcceptedInvitation, access: { by: 'person', with: 'session' } });

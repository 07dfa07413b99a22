import { acceptInvitation, acceptInvitationSignedIn, inviteMember, listInvitations, readInvitation, revokeInvitation, type AcceptedInvitation, type Invitation, type InvitationId, type OpenInvitation, type ProjectId } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import { ACCEPT_INVITATION, INVITATION_LIST, INVITATIONS } from '../tokens.ts';
import type { AcceptInvitation } from './accept-invitation.ts';
import type { Invitations } from './invitations.ts';
import type { InvitationList } from './invitations.store.ts';

@Controller()
export class InvitationController {
  constructor(
    @Inject(INVITATIONS) private readonly invitations: Invitations,
    @Inject(ACCEPT_INVITATION) private readonly acceptance: AcceptInvitation,
    @Inject(INVITATION_LIST) private readonly invited: InvitationList,
  ) {}

  @OnRequest(inviteMember)
  invite(input: z.infer<typeof inviteMember.input>, context: RequestContext): Promise<z.infer<typeof inviteMember.reply>> {
    return this.invitations.invite(input, callerOf(context), context);
  }

  @OnRequest(listInvitations)
  list({ projectId, ...page }: z.infer<typeof listInvitations.input>): Promise<z.infer<typeof listInvitations.reply>> {
    return this.invited.list(projectId, page);
  }

  @OnRequest(revokeInvitation)
  revoke(input: { projectId: ProjectId; invitationId: InvitationId }, context: RequestContext): Promise<Invitation> {
    return this.invitations.revoke(input, callerOf(context), context);
  }

  @OnRequest(readInvitation)
  read(input: { token: string }): Promise<OpenInvitation> {
    return this.invitations.read(input);
  }

  @OnRequest(acceptInvitation)
  accept(input: z.infer<typeof acceptInvitation.input>, context: RequestContext): Promise<AcceptedInvitation> {
    return this.acceptance.accept(input, context);
  }

  @OnRequest(acceptInvitationSignedIn)
  acceptSignedIn(input: { token: string }, context: RequestContext): Promise<AcceptedInvitation> {
    return this.acceptance.acceptSignedIn(input, callerOf(context), context);
  }
}

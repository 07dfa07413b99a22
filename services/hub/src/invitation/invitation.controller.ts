/**
 * Invitations. The link with the one-time token is in the answer to whoever invites and nowhere else: Citrus sends no
 * e-mail. The token stands behind the `#` of the link and travels in bodies, so no address in a log has it.
 */
import {
  acceptInvitation, AcceptedInvitation, acceptInvitationSignedIn, Invitation, InvitationId, InvitationToken, inviteMember, listInvitations, OpenInvitation, PageRequest, pageOf, PersonName, readInvitation, revokeInvitation, Role,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { CONFIG, REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { HubConfig } from '../config.ts';
import { By, Input } from '../http/input.ts';
import { anyone, defineRoute, inPerson, memberOfProject, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';

const Wish = z.strictObject({ email: z.email().max(254), role: Role });
const Token = z.strictObject({ token: InvitationToken });
const Newcomer = z.strictObject({ token: InvitationToken, name: PersonName, password: z.string().min(1).max(1024) });
const Invited = z.object({ invitation: Invitation, link: z.string() });
const asAdmin = inPerson(memberOfProject('admin'));
const byToken = anyone('the one-time token is the proof');

const invite = defineRoute({ method: 'POST', path: '/api/invitations', summary: 'Invite somebody into a project; the answer alone has the link to pass on', rule: asAdmin, body: Wish, reply: Invited, status: 201 });
const list = defineRoute({ method: 'GET', path: '/api/invitations', summary: 'The invitations of a project', rule: asAdmin, query: z.strictObject(PageRequest), reply: pageOf(Invitation) });
const revoke = defineRoute({ method: 'DELETE', path: '/api/invitations/:id', summary: 'Take an invitation back', rule: asAdmin, params: z.strictObject({ id: InvitationId }), reply: Invitation });
const read = defineRoute({ method: 'POST', path: '/api/invitations/read', summary: 'What an invitation is for', rule: byToken, body: Token, reply: OpenInvitation, isLimited: true });
const accept = defineRoute({ method: 'POST', path: '/api/invitations/accept', summary: 'Accept an invitation with a new account', rule: byToken, body: Newcomer, reply: AcceptedInvitation, isLimited: true });
const acceptSignedIn = defineRoute({ method: 'POST', path: '/api/invitations/accept-signed-in', summary: 'Accept an invitation to one\'s own e-mail address', rule: person('session'), body: Token, reply: AcceptedInvitation, isLimited: true });

/** A password is hashed on the way, which takes a moment. */
const TIMEOUT_MS = 10_000;

@Controller()
export class InvitationController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(CONFIG) private readonly config: HubConfig,
  ) {}

  @Route(invite)
  async invite(@Input() { body }: InputOf<typeof invite>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<z.infer<typeof Invited>> {
    const { invitation, token } = await this.requests.call(inviteMember, { projectId: visit.projectId, ...body }, visit.carried);
    void reply.header('cache-control', 'no-store');
    return { invitation, link: `${this.config.CITRUS_PUBLIC_URL.replace(/\/+$/, '')}/join#${token}` };
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof listInvitations.reply>> {
    return this.requests.call(listInvitations, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(revoke)
  revoke(@Input() { params }: InputOf<typeof revoke>, @By() visit: Visit): Promise<Invitation> {
    return this.requests.call(revokeInvitation, { projectId: visit.projectId, invitationId: params.id }, visit.carried);
  }

  @Route(read)
  read(@Input() { body }: InputOf<typeof read>, @By() visit: Visit): Promise<OpenInvitation> {
    return this.requests.call(readInvitation, body, visit.carried);
  }

  @Route(accept)
  accept(@Input() { body }: InputOf<typeof accept>, @By() visit: Visit): Promise<AcceptedInvitation> {
    return this.requests.call(acceptInvitation, { ...body, address: visit.address }, { ...visit.carried, timeoutMs: TIMEOUT_MS });
  }

  @Route(acceptSignedIn)
  acceptSignedIn(@Input() { body }: InputOf<typeof acceptSignedIn>, @By() visit: Visit): Promise<AcceptedInvitation> {
    return this.requests.call(acceptInvitationSignedIn, body, visit.carried);
  }
}

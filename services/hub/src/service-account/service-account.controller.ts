/** The programs of a project, and the API tokens that they come in with. */
import {
  createServiceAccount, createServiceAccountToken, listServiceAccounts, NewApiToken, pageOf, plainText, removeServiceAccount, revokeServiceAccountToken, Role, ServiceAccount, ServiceAccountQuery, TokenDays, TokenName, UserId,
} from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, inPerson, memberOfProject, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { Revocations } from '../session/revocations.ts';

const One = z.strictObject({ id: UserId });
const OneToken = One.extend({ tokenId: z.uuid() });
const Wanted = z.strictObject({ name: plainText(100).min(1), role: Role });
const WantedToken = z.strictObject({ name: TokenName, expiresInDays: TokenDays, role: Role.optional() });

const create = defineRoute({ method: 'POST', path: '/api/service-accounts', summary: 'Make a service account, in person', rule: inPerson(memberOfProject('admin')), body: Wanted, reply: ServiceAccount, status: 201 });
const list = defineRoute({ method: 'GET', path: '/api/service-accounts', summary: 'The service accounts of a project, with their API tokens', rule: memberOfProject('admin'), query: z.strictObject(ServiceAccountQuery), reply: pageOf(ServiceAccount) });
const remove = defineRoute({ method: 'DELETE', path: '/api/service-accounts/:id', summary: 'Remove a service account; its API tokens end', rule: memberOfProject('admin'), params: One, reply: z.object({}) });
const createToken = defineRoute({
  method: 'POST', path: '/api/service-accounts/:id/tokens', summary: 'Make an API token for a service account, in person; it is shown this once',
  rule: inPerson(memberOfProject('admin')), params: One, body: WantedToken, reply: NewApiToken, status: 201,
});
const revokeToken = defineRoute({ method: 'DELETE', path: '/api/service-accounts/:id/tokens/:tokenId', summary: 'Revoke an API token of a service account', rule: memberOfProject('admin'), params: OneToken, reply: z.object({}) });

@Controller()
export class ServiceAccountController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(Revocations) private readonly revocations: Revocations,
  ) {}

  @Route(create)
  create(@Input() { body }: InputOf<typeof create>, @By() visit: Visit): Promise<ServiceAccount> {
    return this.requests.call(createServiceAccount, { ...body, projectId: visit.projectId, userId: UserId.parse(visit.newId('service account')) }, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof list.reply>> {
    return this.requests.call(listServiceAccounts, { projectId: visit.projectId, ...query }, visit.carried);
  }

  @Route(remove)
  async remove(@Input() { params }: InputOf<typeof remove>, @By() visit: Visit): Promise<object> {
    const answer = await this.requests.call(removeServiceAccount, { projectId: visit.projectId, userId: params.id }, visit.carried);
    await this.revocations.hear();
    return answer;
  }

  @Route(createToken)
  createToken(@Input() { params, body }: InputOf<typeof createToken>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<NewApiToken> {
    void reply.header('cache-control', 'no-store');
    return this.requests.call(createServiceAccountToken, { ...body, projectId: visit.projectId, userId: params.id }, visit.carried);
  }

  @Route(revokeToken)
  async revokeToken(@Input() { params }: InputOf<typeof revokeToken>, @By() visit: Visit): Promise<object> {
    const answer = await this.requests.call(revokeServiceAccountToken, { projectId: visit.projectId, userId: params.id, tokenId: params.tokenId }, visit.carried);
    await this.revocations.hear();
    return answer;
  }
}

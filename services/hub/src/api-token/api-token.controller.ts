/** One's own API tokens. */
import { ApiToken, ApiTokenQuery, createApiToken, listApiTokens, NewApiToken, pageOf, revokeApiToken, TokenDays, TokenName, TokenScopes } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Controller, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { By, Input } from '../http/input.ts';
import { defineRoute, person, Route, type InputOf } from '../http/route.ts';
import type { Visit } from '../http/visit.ts';
import { Revocations } from '../session/revocations.ts';

const One = z.strictObject({ id: z.uuid() });
const Wanted = z.strictObject({ name: TokenName, expiresInDays: TokenDays, scopes: TokenScopes });

const create = defineRoute({ method: 'POST', path: '/api/tokens', summary: 'Make an API token; it is shown this once', rule: person('session'), body: Wanted, reply: NewApiToken, status: 201 });
const list = defineRoute({ method: 'GET', path: '/api/tokens', summary: 'One\'s own API tokens that are still good', rule: person('session'), query: z.strictObject(ApiTokenQuery), reply: pageOf(ApiToken) });
const revoke = defineRoute({ method: 'DELETE', path: '/api/tokens/:id', summary: 'Revoke one of one\'s own API tokens', rule: person('session'), params: One, reply: z.object({}) });

@Controller()
export class ApiTokenController {
  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(Revocations) private readonly revocations: Revocations,
  ) {}

  @Route(create)
  create(@Input() { body }: InputOf<typeof create>, @By() visit: Visit, @Res({ passthrough: true }) reply: FastifyReply): Promise<NewApiToken> {
    void reply.header('cache-control', 'no-store');
    return this.requests.call(createApiToken, body, visit.carried);
  }

  @Route(list)
  list(@Input() { query }: InputOf<typeof list>, @By() visit: Visit): Promise<z.infer<typeof list.reply>> {
    return this.requests.call(listApiTokens, query, visit.carried);
  }

  @Route(revoke)
  async revoke(@Input() { params }: InputOf<typeof revoke>, @By() visit: Visit): Promise<object> {
    const answer = await this.requests.call(revokeApiToken, { tokenId: params.id }, visit.carried);
    await this.revocations.hear();
    return answer;
  }
}

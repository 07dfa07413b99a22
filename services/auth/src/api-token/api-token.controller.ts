import { createApiToken, exchangeApiToken, listApiTokens, revokeApiToken, type NewApiToken, type TokenScope } from '@citrus/contracts';
import { OnRequest, pageOfShortList, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import type { OwnAccess } from '../session/own-access.ts';
import { API_TOKENS, OWN_ACCESS } from '../tokens.ts';
import type { ApiTokens } from './api-tokens.ts';

@Controller()
export class ApiTokenController {
  constructor(
    @Inject(API_TOKENS) private readonly tokens: ApiTokens,
    @Inject(OWN_ACCESS) private readonly own: OwnAccess,
  ) {}

  @OnRequest(createApiToken)
  async create(input: { name: string; expiresInDays: number; scopes: TokenScope[] }, context: RequestContext): Promise<NewApiToken> {
    const asker = callerOf(context);
    await this.own.requireRecent(asker);
    return this.tokens.create(asker, { ...input, userId: asker.userId }, context);
  }

  @OnRequest(listApiTokens)
  async list(page: z.infer<typeof listApiTokens.input>, context: RequestContext): Promise<z.infer<typeof listApiTokens.reply>> {
    const { userId } = callerOf(context);
    return pageOfShortList((await this.tokens.listOf([userId])).get(userId) ?? [], page, (token) => token);
  }

  @OnRequest(revokeApiToken)
  async revoke({ tokenId }: { tokenId: string }, context: RequestContext): Promise<Record<string, never>> {
    const asker = callerOf(context);
    await this.tokens.revoke(asker, { userId: asker.userId, tokenId }, context);
    return {};
  }

  @OnRequest(exchangeApiToken)
  exchange(input: { token: string; address: string }): Promise<{ accessToken: string; expiresInSeconds: number }> {
    return this.tokens.exchange(input);
  }
}

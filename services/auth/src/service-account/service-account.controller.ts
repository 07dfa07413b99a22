import { createServiceAccount, createServiceAccountToken, listServiceAccounts, removeServiceAccount, revokeServiceAccountToken, type NewApiToken, type ProjectId, type Role, type ServiceAccount, type UserId } from '@citrus/contracts';
import { OnRequest, pageOfShortList, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import type { OwnAccess } from '../session/own-access.ts';
import { OWN_ACCESS, SERVICE_ACCOUNTS } from '../tokens.ts';
import type { ServiceAccounts } from './service-accounts.ts';

type One = { projectId: ProjectId; userId: UserId };

@Controller()
export class ServiceAccountController {
  constructor(
    @Inject(SERVICE_ACCOUNTS) private readonly accounts: ServiceAccounts,
    @Inject(OWN_ACCESS) private readonly own: OwnAccess,
  ) {}

  @OnRequest(createServiceAccount)
  create(input: One & { name: string; role: Role }, context: RequestContext): Promise<ServiceAccount> {
    return this.accounts.create(callerOf(context), input, context);
  }

  @OnRequest(listServiceAccounts)
  async list({ projectId, ...page }: z.infer<typeof listServiceAccounts.input>): Promise<z.infer<typeof listServiceAccounts.reply>> {
    return pageOfShortList(await this.accounts.list(projectId), page, ({ userId: id, name, createdAt }) => ({ id, name, createdAt }));
  }

  @OnRequest(removeServiceAccount)
  async remove(input: One, context: RequestContext): Promise<Record<string, never>> {
    await this.accounts.remove(callerOf(context), input, context);
    return {};
  }

  @OnRequest(createServiceAccountToken)
  async createToken(input: One & { name: string; expiresInDays: number; role?: Role | undefined }, context: RequestContext): Promise<NewApiToken> {
    const asker = callerOf(context);
    await this.own.requireRecent(asker);
    return this.accounts.createToken(asker, input, context);
  }

  @OnRequest(revokeServiceAccountToken)
  async revokeToken(input: One & { tokenId: string }, context: RequestContext): Promise<Record<string, never>> {
    await this.accounts.revokeToken(callerOf(context), input, context);
    return {};
  }
}

import { claimInstallation, grantAdministrator, listUsers, revokeAdministrator, type UserId } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import { ADMINISTRATORS, CLAIM, PEOPLE } from '../tokens.ts';
import type { People } from '../user/people.store.ts';
import type { Administrators } from './administrators.ts';
import type { Claim } from './claim.ts';

type Administers = z.infer<typeof grantAdministrator.reply>;

@Controller()
export class InstallationController {
  constructor(
    @Inject(CLAIM) private readonly claims: Claim,
    @Inject(ADMINISTRATORS) private readonly administrators: Administrators,
    @Inject(PEOPLE) private readonly people: People,
  ) {}

  @OnRequest(claimInstallation)
  claim(input: z.infer<typeof claimInstallation.input>, context: RequestContext): Promise<z.infer<typeof claimInstallation.reply>> {
    return this.claims.claim(input, context);
  }

  @OnRequest(listUsers)
  listUsers(page: z.infer<typeof listUsers.input>): Promise<z.infer<typeof listUsers.reply>> {
    return this.people.list(page);
  }

  @OnRequest(grantAdministrator)
  grant(input: { userId: UserId }, context: RequestContext): Promise<Administers> {
    return this.administrators.grant(input, callerOf(context), context);
  }

  @OnRequest(revokeAdministrator)
  revoke(input: { userId: UserId }, context: RequestContext): Promise<Administers> {
    return this.administrators.revoke(input, callerOf(context), context);
  }
}

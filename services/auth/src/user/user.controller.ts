import { eraseUser, readMe, type ErasedUser, type Me, type UserId } from '@citrus/contracts';
import { NotFound, Unauthenticated } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { scoped } from '../api-token/api-token.ts';
import type { Holders } from '../session/holders.ts';
import { ERASE_USER, HOLDERS } from '../tokens.ts';
import type { EraseUser } from './erase-user.ts';

@Controller()
export class UserController {
  constructor(
    @Inject(HOLDERS) private readonly holders: Holders,
    @Inject(ERASE_USER) private readonly eraseUser: EraseUser,
  ) {}

  /** As the read model has it now, which may be newer than what the access token says. */
  @OnRequest(readMe)
  async me(_input: object, { caller }: RequestContext): Promise<z.infer<typeof Me>> {
    if (!caller) throw new Unauthenticated('Sign in first.');
    const known = await this.holders.anybody(caller.userId);
    if (!known) throw new NotFound('user.unknown', 'This user no longer exists.');
    const { userId, email, name, memberships, isAdministrator } = known.who;
    const mine = { userId, email, name, signedInBy: caller.signedInBy, credentialId: caller.credentialId, ...(caller.isFactorDue && { isFactorDue: true }) };
    if (caller.signedInBy === 'session') return { ...mine, memberships, isAdministrator };
    return { ...mine, memberships: scoped(memberships, caller.memberships), isAdministrator: false };
  }

  @OnRequest(eraseUser)
  async erase(input: { userId: UserId }, { caller, ...trace }: RequestContext): Promise<ErasedUser> {
    if (!caller) throw new Unauthenticated('Sign in first.');
    return this.eraseUser(input, caller, trace);
  }
}

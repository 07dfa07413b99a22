import { eraseUser, readMe, type ErasedUser, type Me, type UserId } from '@citrus/contracts';
import { NotFound, Unauthenticated } from '@citrus/kit-domain';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { ERASE_USER, USERS } from '../tokens.ts';
import type { EraseUser } from './erase-user.ts';
import type { Users } from './users.store.ts';

@Controller()
export class UserController {
  constructor(
    @Inject(USERS) private readonly users: Users,
    @Inject(ERASE_USER) private readonly eraseUser: EraseUser,
  ) {}

  /** As the read model has it now, which may be newer than what the access token says. */
  @OnRequest(readMe)
  async me(_input: object, { caller }: RequestContext): Promise<z.infer<typeof Me>> {
    if (!caller) throw new Unauthenticated('Sign in first.');
    const account = await this.users.byId(caller.userId);
    if (!account) throw new NotFound('user.unknown', 'This user no longer exists.');
    const { sealedPassword: _, ...known } = account;
    return { ...known, signedInBy: caller.signedInBy, credentialId: caller.credentialId };
  }

  @OnRequest(eraseUser)
  async erase(input: { userId: UserId }, { caller, ...trace }: RequestContext): Promise<ErasedUser> {
    if (!caller) throw new Unauthenticated('Sign in first.');
    return this.eraseUser(input, caller, trace);
  }
}

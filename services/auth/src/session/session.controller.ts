import { changePassword, endAllSessions, endSession, endSessionsOf, listSessions, readRevocations, refreshSession, signIn, signOut, type Revocations, type SignIn, type TokenPair, type UserId } from '@citrus/contracts';
import { OnRequest, pageOfShortList, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { callerOf } from '../command-context.ts';
import { OWN_ACCESS, READ_REVOCATIONS, SESSIONS } from '../tokens.ts';
import type { From, OwnAccess } from './own-access.ts';
import type { ReadRevocations } from './revocations.ts';
import type { Sessions } from './sessions.ts';

@Controller()
export class SessionController {
  constructor(
    @Inject(SESSIONS) private readonly sessions: Sessions,
    @Inject(OWN_ACCESS) private readonly own: OwnAccess,
    @Inject(READ_REVOCATIONS) private readonly readRevocations: ReadRevocations,
  ) {}

  @OnRequest(signIn)
  login(input: SignIn, context: RequestContext): Promise<TokenPair> {
    return this.sessions.signIn(input, context);
  }

  @OnRequest(refreshSession)
  refresh(input: { refreshToken: string; address: string }, context: RequestContext): Promise<TokenPair> {
    return this.sessions.refresh(input, context);
  }

  @OnRequest(signOut)
  async logout(input: { refreshToken: string }, context: RequestContext): Promise<Record<string, never>> {
    await this.sessions.signOut(input, context);
    return {};
  }

  @OnRequest(listSessions)
  async list(page: z.infer<typeof listSessions.input>, context: RequestContext): Promise<z.infer<typeof listSessions.reply>> {
    return pageOfShortList(await this.own.list(callerOf(context)), page, ({ id, startedAt: createdAt }) => ({ id, createdAt }));
  }

  @OnRequest(endSession)
  async end({ sessionId }: { sessionId: string }, context: RequestContext): Promise<Record<string, never>> {
    await this.own.end(callerOf(context), sessionId, context);
    return {};
  }

  @OnRequest(endAllSessions)
  async endAll(_input: object, context: RequestContext): Promise<{ ended: number }> {
    return { ended: await this.own.endAll(callerOf(context), context) };
  }

  @OnRequest(endSessionsOf)
  async endOf({ userId }: { userId: UserId }, context: RequestContext): Promise<{ ended: number }> {
    return { ended: await this.own.endAllOf(callerOf(context), userId, context) };
  }

  @OnRequest(changePassword)
  async changePassword(input: { currentPassword: string; newPassword: string } & From, context: RequestContext): Promise<{ ended: number }> {
    return { ended: await this.own.changePassword(callerOf(context), input, context) };
  }

  @OnRequest(readRevocations)
  revocations(input: { after: number }): Promise<Revocations> {
    return this.readRevocations(input);
  }
}

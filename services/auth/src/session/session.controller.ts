import { readKeySet, refreshSession, signIn, signOut, type SignIn, type TokenPair } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import { SESSIONS, SIGNING_KEYS } from '../tokens.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.store.ts';

@Controller()
export class SessionController {
  constructor(
    @Inject(SESSIONS) private readonly sessions: Sessions,
    @Inject(SIGNING_KEYS) private readonly signingKeys: SigningKeys,
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

  @OnRequest(readKeySet)
  async jwks(): Promise<{ keys: Array<Record<string, unknown>> }> {
    return { keys: (await this.signingKeys.published()).map((key) => ({ ...key })) };
  }
}

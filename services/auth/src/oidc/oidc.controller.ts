import { finishOidc, linkOidc, readOidc, startOidc, type OidcNotice, type OidcProvider, type TokenPair } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import { callerOf } from '../command-context.ts';
import type { OwnAccess } from '../session/own-access.ts';
import { OIDC_SIGN_IN, OWN_ACCESS } from '../tokens.ts';
import type { OidcSignIn } from './oidc-sign-in.ts';

@Controller()
export class OidcController {
  constructor(
    @Inject(OIDC_SIGN_IN) private readonly oidc: OidcSignIn,
    @Inject(OWN_ACCESS) private readonly own: OwnAccess,
  ) {}

  @OnRequest(readOidc)
  async read(): Promise<OidcProvider> {
    const { name } = this.oidc;
    return { isOn: name !== undefined, name: name ?? null };
  }

  @OnRequest(startOidc)
  start(input: { redirectUri: string; returnTo: string }): Promise<{ url: string; browser: string; expiresInSeconds: number }> {
    return this.oidc.start(input);
  }

  @OnRequest(linkOidc)
  async link(input: { redirectUri: string; returnTo: string }, context: RequestContext): Promise<{ url: string; browser: string; expiresInSeconds: number }> {
    const asker = callerOf(context);
    await this.own.requireRecent(asker);
    return this.oidc.start({ ...input, signedInAs: asker.userId });
  }

  @OnRequest(finishOidc)
  finish(input: { answer: string; browser: string; redirectUri: string; address: string; device?: string | undefined }, context: RequestContext): Promise<{ tokens: TokenPair; returnTo: string; notice?: OidcNotice }> {
    return this.oidc.finish(input, context);
  }
}

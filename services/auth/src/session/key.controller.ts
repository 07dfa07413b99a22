import { readKeySet, rotateSigningKey, type RotatedSigningKey } from '@citrus/contracts';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import type { Audit } from '../audit/audit.ts';
import { AUDIT, SIGNING_KEYS } from '../tokens.ts';
import { askerOf } from './asker.ts';
import type { SigningKeys } from './signing-keys.store.ts';

@Controller()
export class KeyController {
  constructor(
    @Inject(SIGNING_KEYS) private readonly signingKeys: SigningKeys,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  @OnRequest(rotateSigningKey)
  async rotate(_input: object, context: RequestContext): Promise<RotatedSigningKey> {
    const rotated = await this.signingKeys.rotate();
    this.audit({ action: 'keys.rotate', outcome: 'allowed', actor: { kind: 'user', id: askerOf(context).userId }, reason: `access tokens are signed with ${rotated.current} now` });
    return rotated;
  }

  @OnRequest(readKeySet)
  async jwks(): Promise<{ keys: Array<Record<string, unknown>> }> {
    return { keys: (await this.signingKeys.published()).map((key) => ({ ...key })) };
  }
}

import { readKeySet, rotateSigningKey, type RotatedSigningKey } from '@citrus/contracts';
import { OnRequest } from '@citrus/kit-messaging';
import { Controller, Inject } from '@nestjs/common';
import { SIGNING_KEYS } from '../tokens.ts';
import type { SigningKeys } from './signing-keys.store.ts';

@Controller()
export class KeyController {
  constructor(@Inject(SIGNING_KEYS) private readonly signingKeys: SigningKeys) {}

  @OnRequest(rotateSigningKey)
  rotate(): Promise<RotatedSigningKey> {
    return this.signingKeys.rotate();
  }

  @OnRequest(readKeySet)
  async jwks(): Promise<{ keys: Array<Record<string, unknown>> }> {
    return { keys: (await this.signingKeys.published()).map((key) => ({ ...key })) };
  }
}

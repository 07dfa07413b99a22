/**
 * API tokens come to the hub alone. Services get the access token that auth gives for one, which is kept for up to half a
 * minute, and dropped at once when the API token or its holder's roles are revoked. Whoever tries tokens that are none is
 * slowed down by address.
 */
import { createHash } from 'node:crypto';
import { exchangeApiToken, networkOf } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import type { Requests } from '@citrus/kit-messaging';
import { REQUESTS } from '@citrus/kit-service';
import { Inject, Injectable } from '@nestjs/common';
import { claimsIn } from '../http/claims.ts';
import { createRateLimit } from '../http/rate-limit.ts';
import { Revocations } from './revocations.ts';
import { createTurns } from './turns.ts';

const KEPT_MS = 30_000;
/** The oldest go first. */
const MOST_KEPT = 10_000;
const WRONG_TOKENS = { burst: 20, perSecond: 0.2 };
/** From one network, so that guesses that come side by side are counted before the next ones are looked at. */
const ASKED_AT_ONCE = 4;

type Kept = { readonly accessToken: Promise<string>; until: number; readonly holder: { credentialId?: string; userId?: string; token?: string } };

export const isApiToken = (bearer: string): boolean => bearer.startsWith('ctr_');

@Injectable()
export class ApiTokens {
  readonly #kept = new Map<string, Kept>();
  readonly #turns = createTurns(ASKED_AT_ONCE);
  readonly #limit = createRateLimit(WRONG_TOKENS, { message: 'Too many API tokens from your address were wrong; wait a moment, and check the token.' });

  constructor(
    @Inject(REQUESTS) private readonly requests: Requests,
    @Inject(Revocations) private readonly revocations: Revocations,
  ) {
    revocations.onNews(() => this.#dropRevoked());
  }

  /**
   * @throws Unauthenticated `api_token.invalid`
   * @throws TooManyRequests
   */
  accessTokenFor(apiToken: string, address: string): Promise<string> {
    const key = createHash('sha256').update(apiToken).digest('base64url');
    const known = this.#kept.get(key);
    if (known && performance.now() < known.until) return known.accessToken;
    this.#kept.delete(key);
    this.#limit.check(networkOf(address));
    const kept: Kept = { accessToken: this.#exchange(key, apiToken, address), until: performance.now() + KEPT_MS, holder: {} };
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value ?? '');
    this.#kept.set(key, kept);
    return kept.accessToken;
  }

  /** The next request asks auth again. */
  forget(apiToken: string): void {
    this.#kept.delete(createHash('sha256').update(apiToken).digest('base64url'));
  }

  async #exchange(key: string, token: string, address: string): Promise<string> {
    const network = networkOf(address);
    const over = await this.#turns.mine(network);
    try {
      // Those before may have been wrong.
      this.#limit.check(network);
      const { accessToken, expiresInSeconds } = await this.requests.call(exchangeApiToken, { token, address });
      const kept = this.#kept.get(key);
      const { sid, sub } = claimsIn(accessToken);
      if (kept) Object.assign(kept.holder, { credentialId: sid, userId: sub, token: accessToken });
      if (kept) kept.until = Math.min(kept.until, performance.now() + expiresInSeconds * 1000);
      return accessToken;
    } catch (error) {
      this.#kept.delete(key);
      if (error instanceof Unauthenticated) this.#limit.take(network);
      throw error;
    } finally {
      over();
    }
  }

  #dropRevoked(): void {
    for (const [key, { holder: { credentialId, userId, token } }] of this.#kept) {
      if (credentialId && userId && token && !this.revocations.isGood({ credentialId, userId }, token)) this.#kept.delete(key);
    }
  }
}

/**
 * Verifying access tokens with auth's public keys. They are fetched again when a token names a new one, and every few
 * minutes beside the work, so that a key that auth no longer publishes is forgotten here too. While auth does not answer,
 * the keys that are known go on to count. A token is verified once with each set of keys: what was found out is kept with
 * the set, and forgotten with it.
 */
import { AccessClaims, readKeySet, TOKEN_AUDIENCE, TOKEN_ISSUER, type Caller } from '@citrus/contracts';
import { Unauthenticated, Unavailable } from '@citrus/kit-domain';
import { createLocalJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { Authenticate } from './access.ts';
import type { Requests } from './requests.ts';
import { createVerifiedTokens, type VerifiedTokens } from './verified-tokens.ts';

/** Made-up key ids in tokens must not make us ask auth each time. */
const REFETCH_AFTER_MS = 5000;
const REFRESH_AFTER_MS = 5 * 60_000;
const LEEWAY_SECONDS = 10;

type KeySet = { readonly find: JWTVerifyGetKey; readonly fetchedAt: number; readonly verified: VerifiedTokens };

const callerOf = (claims: AccessClaims): Caller => ({
  userId: claims.sub, email: claims.email, memberships: claims.memberships, isAdministrator: claims.adm, signedInBy: claims.by, credentialId: claims.sid, ...(claims.due && { isFactorDue: true }),
});

export const createJwtAuthenticator = (requests: Requests, clock: () => number = Date.now): Authenticate => {
  let keys: KeySet | undefined;
  let fetching: Promise<KeySet> | undefined;

  const fetchKeys = async () => {
    const set = await requests.call(readKeySet, {});
    keys = { find: createLocalJWKSet(set), fetchedAt: clock(), verified: createVerifiedTokens() };
    return keys;
  };
  const fetchOnce = () => (fetching ??= fetchKeys().finally(() => (fetching = undefined)));

  let triedAt = 0;
  /** Nobody waits for it, and nobody is refused when it fails. */
  const refreshBesideTheWork = (fetchedAt: number): void => {
    if (clock() - fetchedAt < REFRESH_AFTER_MS || clock() - triedAt < REFETCH_AFTER_MS) return;
    triedAt = clock();
    void fetchOnce().then(undefined, () => undefined);
  };

  const verify = async (token: string, { find, verified }: KeySet): Promise<Caller> => {
    const { payload } = await jwtVerify(token, find, { issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, algorithms: ['EdDSA'], clockTolerance: LEEWAY_SECONDS });
    const caller = callerOf(AccessClaims.parse(payload));
    if (payload.exp !== undefined) verified.learn(token, { caller, untilMs: (payload.exp + LEEWAY_SECONDS) * 1000 });
    return caller;
  };

  return async (token): Promise<Caller> => {
    const known = keys ?? (await fetchOnce());
    refreshBesideTheWork(known.fetchedAt);
    const before = known.verified.of(token);
    if (before) return before;
    try {
      return await verify(token, known).catch(async (error: unknown) => {
        const isNewKey = error instanceof errors.JWKSNoMatchingKey && clock() - (keys?.fetchedAt ?? 0) > REFETCH_AFTER_MS;
        if (!isNewKey) throw error;
        return await verify(token, await fetchOnce());
      });
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      if (error instanceof errors.JWTExpired) throw new Unauthenticated('Your sign-in has expired; sign in again.', 'session.expired');
      throw new Unauthenticated('The access token is not valid; sign in again.', 'session.invalid');
    }
  };
};

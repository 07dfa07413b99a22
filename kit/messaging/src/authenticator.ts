/**
 * Verifying access tokens with auth's public keys. They are fetched again when a token names a new one, and every few
 * minutes beside the work, so that a key that auth no longer publishes is forgotten here too. While auth does not answer,
 * the keys that are known go on to count.
 */
import { AccessClaims, readKeySet, TOKEN_AUDIENCE, TOKEN_ISSUER, type Caller } from '@citrus/contracts';
import { Unauthenticated, Unavailable } from '@citrus/kit-domain';
import { createLocalJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { Authenticate } from './access.ts';
import type { Requests } from './requests.ts';

/** Made-up key ids in tokens must not make us ask auth each time. */
const REFETCH_AFTER_MS = 5000;
const REFRESH_AFTER_MS = 5 * 60_000;
const LEEWAY_SECONDS = 10;

export const createJwtAuthenticator = (requests: Requests, clock: () => number = Date.now): Authenticate => {
  let keys: { readonly find: JWTVerifyGetKey; readonly fetchedAt: number } | undefined;
  let fetching: Promise<JWTVerifyGetKey> | undefined;

  const fetchKeys = async () => {
    const set = await requests.call(readKeySet, {});
    const find = createLocalJWKSet(set);
    keys = { find, fetchedAt: clock() };
    return find;
  };
  const fetchOnce = () => (fetching ??= fetchKeys().finally(() => (fetching = undefined)));

  let triedAt = 0;
  /** Nobody waits for it, and nobody is refused when it fails. */
  const refreshBesideTheWork = (fetchedAt: number): void => {
    if (clock() - fetchedAt < REFRESH_AFTER_MS || clock() - triedAt < REFETCH_AFTER_MS) return;
    triedAt = clock();
    void fetchOnce().then(undefined, () => undefined);
  };

  const verify = async (token: string, find: JWTVerifyGetKey) => {
    const { payload } = await jwtVerify(token, find, { issuer: TOKEN_ISSUER, audience: TOKEN_AUDIENCE, algorithms: ['EdDSA'], clockTolerance: LEEWAY_SECONDS });
    return AccessClaims.parse(payload);
  };

  return async (token): Promise<Caller> => {
    const known = keys?.find ?? (await fetchOnce());
    refreshBesideTheWork(keys?.fetchedAt ?? clock());
    try {
      const claims = await verify(token, known).catch(async (error: unknown) => {
        const isNewKey = error instanceof errors.JWKSNoMatchingKey && clock() - (keys?.fetchedAt ?? 0) > REFETCH_AFTER_MS;
        if (!isNewKey) throw error;
        return await verify(token, await fetchOnce());
      });
      return { userId: claims.sub, email: claims.email, memberships: claims.memberships, isAdministrator: claims.adm, signedInBy: claims.by, credentialId: claims.sid, ...(claims.due && { isFactorDue: true }) };
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      if (error instanceof errors.JWTExpired) throw new Unauthenticated('Your sign-in has expired; sign in again.', 'session.expired');
      throw new Unauthenticated('The access token is not valid; sign in again.', 'session.invalid');
    }
  };
};

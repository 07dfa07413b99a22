import { TOKEN_AUDIENCE, TOKEN_ISSUER } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { describe, expect, test } from 'vitest';
import { createJwtAuthenticator, type Requests } from './index.ts';

const USER = '33333333-3333-4333-8333-333333333333';

const newKey = async (kid: string) => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } };
};

const tokenBy = ({ kid, privateKey }: { kid: string; privateKey: CryptoKey }, { audience = TOKEN_AUDIENCE, expires = '5m' } = {}) =>
  new SignJWT({ email: 'a@example.com', memberships: [] }).setProtectedHeader({ alg: 'EdDSA', kid }).setSubject(USER).setIssuer(TOKEN_ISSUER).setAudience(audience).setIssuedAt().setExpirationTime(expires).sign(privateKey);

/** Auth's answer to `keys.jwks`, and how often it was asked. */
const keySets = (...keys: object[]) => {
  const asked = { times: 0, keys };
  const requests = { call: async () => ((asked.times += 1), { keys: asked.keys }) } as unknown as Requests;
  return { asked, requests };
};

describe('an access token', () => {
  test('is verified with keys that are fetched once', async () => {
    const key = await newKey('one');
    const { asked, requests } = keySets(key.jwk);
    const authenticate = createJwtAuthenticator(requests);
    expect(await authenticate(await tokenBy(key))).toEqual({ userId: USER, email: 'a@example.com', memberships: [] });
    await authenticate(await tokenBy(key));
    expect(asked.times).toBe(1);
  });

  test('signed by a new key makes us fetch the keys again, but not for every made-up one', async () => {
    const [old, rotated, unknown] = await Promise.all([newKey('old'), newKey('new'), newKey('made-up')]);
    const { asked, requests } = keySets(old.jwk);
    let now = 0;
    const authenticate = createJwtAuthenticator(requests, () => now);
    await authenticate(await tokenBy(old));
    asked.keys = [old.jwk, rotated.jwk];
    now = 10_000;
    await authenticate(await tokenBy(rotated));
    await expect(authenticate(await tokenBy(unknown))).rejects.toBeInstanceOf(Unauthenticated);
    expect(asked.times).toBe(2);
  });

  test('for another audience, out of date or forged is refused', async () => {
    const [key, forger] = await Promise.all([newKey('one'), newKey('one')]);
    const authenticate = createJwtAuthenticator(keySets(key.jwk).requests);
    await expect(authenticate(await tokenBy(key, { audience: 'other' }))).rejects.toMatchObject({ code: 'session.invalid' });
    await expect(authenticate(await tokenBy(key, { expires: '-1m' }))).rejects.toMatchObject({ code: 'session.expired' });
    await expect(authenticate(await tokenBy(forger))).rejects.toMatchObject({ code: 'session.invalid' });
    await expect(authenticate('nonsense')).rejects.toMatchObject({ code: 'session.invalid' });
  });
});

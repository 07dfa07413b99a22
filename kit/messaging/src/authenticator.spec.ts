import { Unauthenticated, Unavailable } from '@citrus/kit-domain';
import { createTokenIssuer, somebody } from '@citrus/kit-testing';
import { describe, expect, test } from 'vitest';
import { createJwtAuthenticator, type Requests } from './index.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/** Auth's answer to `keys.jwks`, and how often it was asked. */
const keySets = (...keys: object[]) => {
  const asked = { times: 0, keys };
  const requests = { call: async () => ((asked.times += 1), { keys: asked.keys }) } as unknown as Requests;
  return { asked, requests };
};

describe('an access token', () => {
  test('is verified with keys that are fetched once', async () => {
    const key = await createTokenIssuer('one');
    const { asked, requests } = keySets(key.jwk);
    const authenticate = createJwtAuthenticator(requests);
    const ada = somebody({ isAdministrator: true });
    expect(await authenticate(await key.tokenOf(ada))).toEqual(ada);
    await authenticate(await key.tokenOf());
    expect(asked.times).toBe(1);
  });

  test('signed by a new key makes us fetch the keys again, but not for every made-up one', async () => {
    const [old, rotated, unknown] = await Promise.all([createTokenIssuer('old'), createTokenIssuer('new'), createTokenIssuer('made-up')]);
    const { asked, requests } = keySets(old.jwk);
    let now = 0;
    const authenticate = createJwtAuthenticator(requests, () => now);
    await authenticate(await old.tokenOf());
    asked.keys = [old.jwk, rotated.jwk];
    now = 10_000;
    await authenticate(await rotated.tokenOf());
    await expect(authenticate(await unknown.tokenOf())).rejects.toBeInstanceOf(Unauthenticated);
    expect(asked.times).toBe(2);
  });

  test('T842. signed by a key that is no longer published is refused within minutes, and by no other while auth is away', async () => {
    const [old, next] = await Promise.all([createTokenIssuer('old'), createTokenIssuer('next')]);
    const { asked, requests } = keySets(old.jwk, next.jwk);
    let now = 0;
    const authenticate = createJwtAuthenticator(requests, () => now);
    await authenticate(await old.tokenOf());
    asked.keys = [next.jwk];
    now = 6 * 60_000;
    await authenticate(await next.tokenOf());
    await expect(authenticate(await old.tokenOf())).rejects.toMatchObject({ code: 'session.invalid' });
    let isAway = false;
    const sometimes = { call: async () => {
      if (isAway) throw new Unavailable('away');
      return { keys: asked.keys };
    } } as unknown as Requests;
    const whenAway = createJwtAuthenticator(sometimes, () => now);
    await whenAway(await next.tokenOf());
    isAway = true;
    now = 60 * 60_000;
    for (let n = 0; n < 3; n += 1) await expect(whenAway(await next.tokenOf())).resolves.toHaveProperty('userId');
  });

  test('is verified once with a set of keys: what is known of it ends with the token and with the set', async () => {
    const [old, next] = await Promise.all([createTokenIssuer('old'), createTokenIssuer('next')]);
    const { asked, requests } = keySets(old.jwk);
    let now = 0;
    const authenticate = createJwtAuthenticator(requests, () => now);
    const token = await old.tokenOf();
    expect(await authenticate(token)).toBe(await authenticate(token));
    asked.keys = [next.jwk];
    now = 6 * 60_000;
    await authenticate(token);
    await expect.poll(() => asked.times).toBe(2);
    await expect(authenticate(token)).rejects.toMatchObject({ code: 'session.invalid' });
  });

  test('T606. for another audience, out of date or forged is refused', async () => {
    const [key, forger] = await Promise.all([createTokenIssuer('one'), createTokenIssuer('one')]);
    const authenticate = createJwtAuthenticator(keySets(key.jwk).requests);
    await expect(authenticate(await key.tokenOf({}, { audience: 'other' }))).rejects.toMatchObject({ code: 'session.invalid' });
    await expect(authenticate(await key.tokenOf({}, { expires: '-1m' }))).rejects.toMatchObject({ code: 'session.expired' });
    await expect(authenticate(await forger.tokenOf())).rejects.toMatchObject({ code: 'session.invalid' });
    await expect(authenticate('nonsense')).rejects.toMatchObject({ code: 'session.invalid' });
  });
});

describe('tokens that were verified', () => {
  test('are known until they run out, and only so many', () => {
    let now = 0;
    const tokens = createVerifiedTokens({ most: 2, now: () => now });
    const [one, other, third] = [somebody(), somebody(), somebody()];
    tokens.learn('one', { caller: one, untilMs: 5000 });
    tokens.learn('other', { caller: other, untilMs: 9000 });
    expect(tokens.of('one')).toBe(one);
    tokens.learn('third', { caller: third, untilMs: 9000 });
    expect([tokens.of('one'), tokens.of('other'), tokens.of('third')]).toEqual([one, undefined, third]);
    now = 5000;
    expect([tokens.of('one'), tokens.of('third')]).toEqual([undefined, third]);
  });
});

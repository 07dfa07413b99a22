import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beginTotp, confirmTotp, createApiToken, exchangeApiToken, finishOidc, linkOidc, ProjectId, readMe, readOidc, setSecondFactorPolicy, startOidc, type TokenPair } from '@citrus/contracts';
import type { Requests } from '@citrus/kit-messaging';
import { Secret, TOTP } from 'otpauth';
import { describe, expect } from 'vitest';
import { ADMIN } from '../auth-service.fixture.ts';
import { ADA, ADDRESS, asking, test as base } from '../user/people.fixture.ts';
import { CLIENT, goThrough, REDIRECT_URI, startProvider } from './provider.fixture.ts';

const refusedAs = (code: string) => expect.objectContaining({ code });
const by = ({ accessToken }: TokenPair) => ({ token: accessToken });

type People = { readonly hub: Requests; readonly signedIn: () => Promise<TokenPair>; readonly refresh: (refreshToken: string) => Promise<unknown>; readonly login: (person: typeof ADA) => Promise<unknown> };

const test = base.extend('oidc', async ({ people }, { onCleanup }) => {
  const { auth, hub } = people;
  const provider = await startProvider();
  const dir = await mkdtemp(join(tmpdir(), 'citrus-oidc-'));
  onCleanup(async () => {
    await provider.close();
    await rm(dir, { recursive: true });
  });
  await writeFile(join(dir, 'client.secret'), `${CLIENT.secret}\n`, { mode: 0o600 });
  const configured = { CITRUS_OIDC_ISSUER: provider.issuer, CITRUS_OIDC_CLIENT_ID: CLIENT.id, CITRUS_OIDC_CLIENT_SECRET_FILE: join(dir, 'client.secret'), CITRUS_OIDC_NAME: 'Example Login' };
  // Both replicas know the provider; the one that the fixture started does not, and goes.
  await auth.restart(configured);
  await auth.start(configured);
  const start = (returnTo = '/servers') => hub.call(startOidc, { redirectUri: REDIRECT_URI, returnTo });
  const finish = (answer: string, browser: string) => hub.call(finishOidc, { answer, browser, redirectUri: REDIRECT_URI, address: ADDRESS }, { timeoutMs: 15_000 });
  const signInAs = async (login: string) => {
    const { url, browser } = await start();
    return finish(await goThrough(url, login), browser);
  };
  return { provider, hub, start, finish, signInAs, people, configured };
});

describe('signing in with a provider', () => {
  test('goes there and comes back as the person with that verified address, then always as that identity', async ({ oidc, people }) => {
    const { provider, hub, start, finish, signInAs } = oidc;
    expect(await hub.call(readOidc, {})).toEqual({ isOn: true, name: 'Example Login' });
    const userId = await people.add('viewer');
    provider.people.set('ada-at-work', { email: 'Ada.Lovelace@Example.org', email_verified: true });
    const { url, browser } = await start('/jobs?status=failed');
    const asked = new URL(url).searchParams;
    expect(Object.fromEntries(['response_type', 'code_challenge_method', 'redirect_uri', 'client_id'].map((name) => [name, asked.get(name)]))).toEqual({ response_type: 'code', code_challenge_method: 'S256', redirect_uri: REDIRECT_URI, client_id: CLIENT.id });
    expect(asked.get('state')?.length).toBeGreaterThan(20);
    expect(asked.get('nonce')?.length).toBeGreaterThan(20);
    const answer = await goThrough(url, 'ada-at-work');
    const { tokens, returnTo } = await finish(answer, browser);
    expect(returnTo).toBe('/jobs?status=failed');
    expect(await hub.call(readMe, {}, by(tokens))).toMatchObject({ userId, email: ADA.email, signedInBy: 'session' });
    await expect(finish(answer, browser)).rejects.toEqual(refusedAs('oidc.expired'));
    provider.people.set('ada-at-work', { email: 'married@example.org', email_verified: false });
    expect(await hub.call(readMe, {}, by((await signInAs('ada-at-work')).tokens))).toMatchObject({ userId });
    const everything = JSON.stringify([await asking(people.auth.database.superuserUrl, 'select data from events'), await asking(people.auth.database.superuserUrl, 'select * from oidc_attempts')]);
    expect(everything).not.toContain('ada-at-work');
    expect(everything).toContain(provider.issuer);
  });

  test('is refused to whoever has no account, no verified address, or another identity than the account', async ({ oidc, people }) => {
    const { provider, signInAs } = oidc;
    await people.add('viewer');
    provider.people.set('stranger', { email: 'stranger@example.org', email_verified: true });
    await expect(signInAs('stranger')).rejects.toEqual(refusedAs('oidc.no_account'));
    provider.people.set('liar', { email: ADA.email, email_verified: false });
    await expect(signInAs('liar')).rejects.toEqual(refusedAs('oidc.email_unverified'));
    provider.people.set('nameless', {});
    await expect(signInAs('nameless')).rejects.toEqual(refusedAs('oidc.email_unverified'));
    provider.people.set('ada', { email: ADA.email, email_verified: true });
    await expect(signInAs('ada')).resolves.toHaveProperty('tokens');
    // The address was given to somebody else, who must not find what its former owner left.
    provider.people.set('successor', { email: ADA.email, email_verified: true });
    await expect(signInAs('successor')).rejects.toEqual(refusedAs('oidc.other_identity'));
  });

  test('T610. is bound to the browser, the state and the place where it began', async ({ oidc, people }) => {
    const { provider, hub, start, finish } = oidc;
    await people.add('viewer');
    provider.people.set('ada', { email: ADA.email, email_verified: true });
    const mine = await start();
    const answer = await goThrough(mine.url, 'ada');
    // Somebody else's browser, as when a link is sent to make people finish a sign-in that is not theirs.
    await expect(finish(answer, 'x'.repeat(43))).rejects.toEqual(refusedAs('oidc.expired'));
    await expect(finish(answer, mine.browser)).rejects.toEqual(refusedAs('oidc.expired'));
    const [one, other] = [await start(), await start()];
    const [forOne, forOther] = [new URLSearchParams(await goThrough(one.url, 'ada')), new URLSearchParams(await goThrough(other.url, 'ada'))];
    // A code of another sign-in under this one's state: the nonce and the challenge do not fit.
    const mixed = new URLSearchParams(forOne);
    mixed.set('code', forOther.get('code') ?? '');
    await expect(finish(mixed.toString(), one.browser)).rejects.toEqual(refusedAs('oidc.failed'));
    await expect(finish('', one.browser)).rejects.toEqual(refusedAs('oidc.expired'));
    await expect(finish('state=made-up&code=x', one.browser)).rejects.toEqual(refusedAs('oidc.expired'));
    const late = await start();
    const tooLate = await goThrough(late.url, 'ada');
    await asking(people.auth.database.superuserUrl, `update oidc_attempts set expires_at = now()`);
    await expect(finish(tooLate, late.browser)).rejects.toEqual(refusedAs('oidc.expired'));
    for (const returnTo of ['https://evil.example', '//evil.example', '/\\evil.example', 'servers', '/a b']) {
      await expect(hub.call(startOidc, { redirectUri: REDIRECT_URI, returnTo })).rejects.toMatchObject({ name: 'ContractViolation' });
    }
  });

  test('says it when the person did not agree, and when the provider is away', async ({ oidc, people }) => {
    const { provider, start, finish } = oidc;
    await people.add('viewer');
    const { url, browser } = await start();
    await expect(finish(await goThrough(url, 'ada', { agrees: false }), browser)).rejects.toEqual(refusedAs('oidc.denied'));
    const other = await start();
    provider.people.set('ada', { email: ADA.email, email_verified: true });
    const answer = await goThrough(other.url, 'ada');
    await provider.close();
    await expect(finish(answer, other.browser)).rejects.toMatchObject({ name: 'Unavailable' });
  });

  test('has shown a second factor, where everybody needs one, when the provider says so; else ours is asked for', async ({ oidc, people }) => {
    const { provider, hub, signInAs } = oidc;
    await people.add('viewer');
    const admin = await people.admin();
    const { secret } = await hub.call(beginTotp, {}, by(admin));
    const confirm = () => hub.call(confirmTotp, { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate(), address: ADDRESS }, by(admin));
    await confirm().catch(confirm);
    await hub.call(setSecondFactorPolicy, { isRequired: true, graceDays: 0 }, by(admin));
    const come = async (amr?: string[]) => {
      provider.people.set('ada', { email: ADA.email, email_verified: true, ...(amr && { amr }) });
      return hub.call(readMe, {}, by((await signInAs('ada')).tokens));
    };
    expect(await come()).toMatchObject({ isFactorDue: true });
    expect(await come(['pwd'])).toMatchObject({ isFactorDue: true });
    expect(await come(['pwd', 'mfa'])).not.toHaveProperty('isFactorDue');
    await people.auth.restart({ ...oidc.configured, CITRUS_OIDC_SECOND_FACTOR: 'trusted' });
    expect(await come()).not.toHaveProperty('isFactorDue');
  });

  test('does not ask for the second factor: that is the provider’s matter', async ({ oidc, people }) => {
    const { provider, hub, signInAs } = oidc;
    await people.add('viewer');
    const ada = await people.signedIn();
    const { secret } = await hub.call(beginTotp, {}, by(ada));
    const confirm = () => hub.call(confirmTotp, { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate(), address: ADDRESS }, by(ada));
    // Its 30 seconds may end on the way.
    await confirm().catch(confirm);
    provider.people.set('ada', { email: ADA.email, email_verified: true });
    await expect(signInAs('ada')).resolves.toHaveProperty('tokens');
  });
});

describe('the first sign-in of an identity', () => {
  const PROJECT = ProjectId.parse(ADMIN.projectId);
  const everyWayIn = async ({ hub, signedIn, refresh, login }: People) => {
    const pair = await signedIn();
    const { secret } = await hub.call(beginTotp, {}, by(pair));
    const confirm = () => hub.call(confirmTotp, { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate(), address: ADDRESS }, by(pair));
    // Its 30 seconds may end on the way.
    await confirm().catch(confirm);
    const { token } = await hub.call(createApiToken, { name: 'ci', expiresInDays: 7, scopes: [{ projectId: PROJECT, role: 'viewer' }] }, by(pair));
    return {
      pair,
      /** What each of them answers now. */
      answers: () => Promise.all([refresh(pair.refreshToken), hub.call(exchangeApiToken, { token, address: ADDRESS }), login(ADA)].map((asked) => asked.then(() => 'in', (error: { code: string }) => error.code))),
    };
  };

  test('T512. ends every other way into the account, which somebody else may have prepared', async ({ oidc, people }) => {
    const { provider, hub, signInAs } = oidc;
    const userId = await people.add('viewer');
    const prepared = await everyWayIn(people);
    expect(await prepared.answers()).toEqual(['in', 'in', 'session.second_factor_needed']);
    provider.people.set('ada', { email: ADA.email, email_verified: true });
    const { tokens, notice } = await signInAs('ada');
    expect(notice).toBe('alone');
    expect(await prepared.answers()).toEqual(['session.ended', 'api_token.invalid', 'session.wrong_credentials']);
    await expect(hub.call(readMe, {}, by(tokens))).resolves.toMatchObject({ userId });
    await expect(people.refresh(tokens.refreshToken)).resolves.toHaveProperty('accessToken');
    const ending = `type in ('IdentityLinked', 'PasswordChanged', 'TotpDisabled', 'ApiTokenEnded', 'SessionClosed')`;
    expect(await asking(people.auth.database.superuserUrl, `select count(*)::int as events, count(distinct meta->>'commandId')::int as commits from events where ${ending}`)).toEqual([{ events: 5, commits: 1 }]);
    // Later ones end nothing.
    expect((await signInAs('ada')).notice).toBeUndefined();
    await expect(people.refresh(tokens.refreshToken)).resolves.toHaveProperty('accessToken');
  });

  test('goes on where it was cut off before the identity could be found', async ({ oidc, people }) => {
    const { provider, signInAs } = oidc;
    const userId = await people.add('viewer');
    provider.people.set('ada', { email: ADA.email, email_verified: true });
    const names = (await asking(people.auth.keyring.superuserUrl, 'select name_hash from subject_names')).map((row) => row['name_hash']);
    await signInAs('ada');
    // As after a crash between the facts and the name.
    expect(await asking(people.auth.keyring.superuserUrl, 'delete from subject_names where not name_hash = any($1) returning subject_id', [names])).toEqual([{ subject_id: `user-${userId}` }]);
    expect((await signInAs('ada')).notice).toBe('alone');
    const types = (await people.store.load(`user-${userId}`)).events.map(({ type }) => type);
    expect(types.filter((type) => type === 'PasswordChanged')).toHaveLength(1);
  });

  test('ends nothing for whoever asked for it from within the account, and joins no other account', async ({ oidc, people }) => {
    const { provider, hub, finish } = oidc;
    const userId = await people.add('viewer');
    const kept = await everyWayIn(people);
    const linkAs = async (login: string) => {
      const { url, browser } = await hub.call(linkOidc, { redirectUri: REDIRECT_URI, returnTo: '/account' }, by(kept.pair));
      return finish(await goThrough(url, login), browser);
    };
    await people.add('viewer', { ...ADA, email: 'other@example.org' });
    provider.people.set('other', { email: 'other@example.org', email_verified: true });
    await expect(linkAs('other')).rejects.toEqual(refusedAs('oidc.other_account'));
    provider.people.set('stranger', { email: 'stranger@example.org', email_verified: true });
    await expect(linkAs('stranger')).rejects.toEqual(refusedAs('oidc.other_account'));
    provider.people.set('ada', { email: ADA.email, email_verified: true });
    const { tokens, notice, returnTo } = await linkAs('ada');
    expect([notice, returnTo]).toEqual(['linked', '/account']);
    await expect(hub.call(readMe, {}, by(tokens))).resolves.toMatchObject({ userId });
    expect(await kept.answers()).toEqual(['in', 'in', 'session.second_factor_needed']);
    await expect(hub.call(linkOidc, { redirectUri: REDIRECT_URI, returnTo: '/' })).rejects.toEqual(refusedAs('session.missing'));
  });
});

base('without a provider in the configuration there is none', async ({ people: { hub } }) => {
  expect(await hub.call(readOidc, {})).toEqual({ isOn: false, name: null });
  await expect(hub.call(startOidc, { redirectUri: REDIRECT_URI, returnTo: '/' })).rejects.toEqual(refusedAs('oidc.off'));
});

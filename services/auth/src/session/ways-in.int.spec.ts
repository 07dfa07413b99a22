/** How people keep their ways in: sessions, passwords, second factors, and what the hub hears when one of them ends. */
import { randomUUID } from 'node:crypto';
import {
  beginTotp, changePassword, confirmTotp, createApiToken, createServiceAccountToken, disableTotp, endAllSessions, endSession, endSessionsOf, linkOidc, listSessions, newRecoveryCodes, ProjectId, readKeySet, readMe,
  readRevocations, readSecondFactor, rotateSigningKey, signIn, UserId, type TokenPair,
} from '@citrus/contracts';
import { createJwtAuthenticator, type Requests } from '@citrus/kit-messaging';
import { eventually } from '@citrus/kit-testing';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { describe, expect } from 'vitest';
import { ADMIN } from '../auth-service.fixture.ts';
import { ADA, ADDRESS, asking, test } from '../user/people.fixture.ts';

const refusedAs = (code: string) => expect.objectContaining({ code });
const sidOf = ({ accessToken }: TokenPair): string => String(decodeJwt(accessToken)['sid']);
const by = ({ accessToken }: TokenPair) => ({ token: accessToken, timeoutMs: 15_000 });
const elsewhere = { email: ADA.email, password: ADA.password, address: '192.0.2.99' };

describe('one’s own sessions', () => {
  test('are listed with where they came from, and ended one by one', async ({ people }) => {
    const { hub, refresh } = people;
    await people.add('viewer');
    const here = await people.signedIn();
    const there = await hub.call(signIn, elsewhere, { timeoutMs: 20_000 });
    const { items } = await hub.call(listSessions, { limit: 200, sort: '-createdAt' }, by(here));
    expect(items.map(({ id, address, isCurrent }) => ({ id, address, isCurrent }))).toEqual([
      { id: sidOf(there), address: elsewhere.address, isCurrent: false }, { id: sidOf(here), address: ADDRESS, isCurrent: true },
    ]);
    await hub.call(endSession, { sessionId: sidOf(there) }, by(here));
    await hub.call(endSession, { sessionId: sidOf(there) }, by(here));
    await expect(refresh(there.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(refresh(here.refreshToken)).resolves.toHaveProperty('accessToken');
    await eventually(async () => expect((await hub.call(listSessions, { limit: 200, sort: '-createdAt' }, by(here))).items).toHaveLength(1));
    const admin = await people.admin();
    await expect(hub.call(endSession, { sessionId: sidOf(here) }, by(admin))).rejects.toEqual(refusedAs('session.unknown'));
    await expect(refresh((await people.signedIn()).refreshToken)).resolves.toHaveProperty('accessToken');
  });

  test('end everywhere at once, and the hub hears of each', async ({ people }) => {
    const { hub, refresh } = people;
    await people.add('viewer');
    const all = [await people.signedIn(), await people.signedIn(), await people.signedIn()] as const;
    const admin = await people.admin();
    const { head } = await hub.call(readRevocations, { after: 0 });
    expect(await hub.call(endAllSessions, {}, by(all[0]))).toEqual({ ended: 3 });
    for (const { refreshToken } of all) await expect(refresh(refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(refresh(admin.refreshToken)).resolves.toHaveProperty('accessToken');
    const told = await hub.call(readRevocations, { after: head });
    expect(told.ended.map(({ credentialId }) => credentialId).toSorted()).toEqual(all.map(sidOf).toSorted());
    expect((await hub.call(readRevocations, { after: told.position })).ended).toEqual([]);
  });
});

describe('so many sessions', () => {
  test('end together, in one commit', async ({ people }) => {
    const { hub, auth } = people;
    await people.add('viewer');
    const all = await Promise.all(Array.from({ length: 12 }, () => people.signedIn()));
    expect(await hub.call(endAllSessions, {}, by(all[0] as TokenPair))).toEqual({ ended: 12 });
    const [counted] = await asking(auth.database.superuserUrl, `select count(*)::int as events, count(distinct recorded_at)::int as commits from events where type = 'SessionClosed'`);
    expect(counted).toEqual({ events: 12, commits: 1 });
  });

  test('end also while whoever has them refreshes all of them', async ({ people }) => {
    const { hub, refresh } = people;
    await people.add('viewer');
    const here = await people.signedIn();
    let refreshed = 0;
    const keep = async (pair: TokenPair): Promise<never> => {
      for (let { refreshToken } = pair; ; refreshed += 1) ({ refreshToken } = await refresh(refreshToken));
    };
    const thieves = await Promise.all(Array.from({ length: 4 }, () => people.signedIn()));
    const kept = thieves.map((pair) => keep(pair).catch((error: unknown) => error));
    await eventually(() => expect(refreshed).toBeGreaterThan(4));
    expect(await hub.call(endAllSessions, {}, by(here))).toEqual({ ended: 5 });
    for (const each of kept) expect(await each).toEqual(refusedAs('session.ended'));
  });
});

describe('somebody else’s sessions', () => {
  test('end by an administrator, and by nobody else', async ({ people }) => {
    const { hub, refresh } = people;
    const userId = await people.add('owner');
    const [one, other] = [await people.signedIn(), await people.signedIn()];
    const admin = await people.admin();
    await expect(hub.call(endSessionsOf, { userId }, by(one))).rejects.toEqual(refusedAs('administrator.needed'));
    await expect(hub.call(endSessionsOf, { userId: UserId.parse(randomUUID()) }, by(admin))).rejects.toEqual(refusedAs('user.unknown'));
    expect(await hub.call(endSessionsOf, { userId }, by(admin))).toEqual({ ended: 2 });
    for (const { refreshToken } of [one, other]) await expect(refresh(refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(refresh(admin.refreshToken)).resolves.toHaveProperty('accessToken');
  });
});

describe('a session that was left open', () => {
  test('T850. is not enough for another way in', async ({ people }) => {
    const { hub, auth } = people;
    const userId = await people.add('admin');
    const old = await people.signedIn();
    await eventually(async () => expect(await asking(auth.database.superuserUrl, `update sessions set started_at = started_at - interval '20 minutes' where session_id = $1 returning 1`, [sidOf(old)])).toHaveLength(1));
    const projectId = ProjectId.parse(ADMIN.projectId);
    const token = { name: 'deploys', expiresInDays: 1 };
    const ways = (pair: TokenPair) => [
      () => hub.call(beginTotp, {}, by(pair)),
      () => hub.call(createApiToken, { ...token, scopes: [{ projectId, role: 'viewer' }] }, by(pair)),
      () => hub.call(createServiceAccountToken, { ...token, projectId, userId }, by(pair)),
      () => hub.call(linkOidc, { redirectUri: 'http://localhost/api/auth/oidc/callback', returnTo: '/' }, by(pair)),
    ];
    for (const way of ways(old)) await expect(way()).rejects.toEqual(refusedAs('session.not_recent'));
    // Nor for ending the others; it may end itself, like signing out.
    const other = await people.signedIn();
    await expect(hub.call(endSession, { sessionId: sidOf(other) }, by(old))).rejects.toEqual(refusedAs('session.not_recent'));
    await expect(hub.call(endAllSessions, {}, by(old))).rejects.toEqual(refusedAs('session.not_recent'));
    await expect(people.refresh(other.refreshToken)).resolves.toHaveProperty('accessToken');
    const [begin, create] = ways(await people.signedIn()) as [() => Promise<unknown>, () => Promise<unknown>];
    await expect(begin()).resolves.toHaveProperty('secret');
    await expect(create()).resolves.toHaveProperty('token');
    await expect(hub.call(endSession, { sessionId: sidOf(old) }, by(old))).resolves.toEqual({});
  });
});

describe('a password', () => {
  test('T848. is changed with the current one, and ends every other session, also one that is just being started', async ({ people }) => {
    const { hub, refresh } = people;
    await people.add('viewer');
    const [here, there] = [await people.signedIn(), await people.signedIn()];
    const change = (currentPassword: string, newPassword: string) => hub.call(changePassword, { currentPassword, newPassword, address: ADDRESS }, by(here));
    await expect(change('not it', 'several words of mine')).rejects.toEqual(refusedAs('session.wrong_password'));
    await expect(change(ADA.password, 'short')).rejects.toEqual(refusedAs('password.weak'));
    await expect(change(ADA.password, ADA.email)).rejects.toEqual(refusedAs('password.weak'));
    await expect(refresh(there.refreshToken)).resolves.toHaveProperty('accessToken');
    const racing = Array.from({ length: 4 }, () => people.signedIn().catch(() => undefined));
    const { ended } = await change(ADA.password, 'several words of mine');
    expect(ended).toBeGreaterThanOrEqual(1);
    await expect(refresh(there.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    for (const pair of await Promise.all(racing)) if (pair) await expect(refresh(pair.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(refresh(here.refreshToken)).resolves.toHaveProperty('accessToken');
    await expect(people.login(ADA)).rejects.toEqual(refusedAs('session.wrong_credentials'));
    await expect(people.login({ email: ADA.email, password: 'several words of mine' })).resolves.toHaveProperty('accessToken');
    const texts = JSON.stringify(await asking(people.auth.database.superuserUrl, 'select data from events'));
    expect(texts).not.toContain('several words');
  });

  test('cannot be guessed at from a session that was left open', async ({ people }) => {
    await people.add('viewer');
    const here = await people.signedIn();
    const guess = () => people.hub.call(changePassword, { currentPassword: 'a guess', newPassword: 'several words of mine', address: '192.0.2.1' }, by(here));
    for (let n = 0; n < 5; n += 1) await expect(guess()).rejects.toEqual(refusedAs('session.wrong_password'));
    await expect(guess()).rejects.toEqual(refusedAs('session.too_many_attempts'));
  });

  test('that strangers guess at does not keep its owner out', async ({ people }) => {
    await people.add('viewer');
    await people.signedIn();
    for (let n = 0; n < 5; n += 1) await expect(people.hub.call(signIn, { ...elsewhere, password: `guess ${n}` }, { timeoutMs: 20_000 })).rejects.toEqual(refusedAs('session.wrong_credentials'));
    await expect(people.hub.call(signIn, elsewhere, { timeoutMs: 20_000 })).rejects.toEqual(refusedAs('session.too_many_attempts'));
    await expect(people.signedIn()).resolves.toHaveProperty('accessToken');
  });
});

describe('a second factor', () => {
  const stepNow = () => Math.floor(Date.now() / 30_000);
  const codeOf = (secret: string) => new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  const turnOn = async (hub: Requests, pair: TokenPair) => {
    const { secret, uri } = await hub.call(beginTotp, {}, by(pair));
    let code = '';
    const confirm = () => hub.call(confirmTotp, { code: (code = codeOf(secret)), address: ADDRESS }, by(pair));
    // Its 30 seconds may end on the way.
    const { recoveryCodes } = await confirm().catch(confirm);
    return { secret, uri, recoveryCodes, code };
  };

  test('is asked for after the right password only, and takes each code once, also from two replicas at the same moment', { timeout: 120_000 }, async ({ people }) => {
    const { hub, auth } = people;
    await auth.start();
    await people.add('viewer');
    const here = await people.signedIn();
    const { uri, secret, recoveryCodes, code: confirmed } = await turnOn(hub, here);
    const confirmedAt = stepNow();
    expect(uri).toContain(secret);
    expect(recoveryCodes).toHaveLength(10);
    const login = (code?: string, password = ADA.password) => hub.call(signIn, { email: ADA.email, password, address: ADDRESS, ...(code && { code }) }, { timeoutMs: 20_000 });
    await expect(login()).rejects.toEqual(refusedAs('session.second_factor_needed'));
    await expect(login(undefined, 'wrong')).rejects.toEqual(refusedAs('session.wrong_credentials'));
    await expect(login('000000')).rejects.toEqual(refusedAs('session.wrong_code'));
    await expect(login(confirmed)).rejects.toEqual(refusedAs('session.wrong_code'));
    await eventually(() => expect(stepNow()).toBeGreaterThan(confirmedAt), { timeoutMs: 35_000 });
    const code = codeOf(secret);
    const twice = await Promise.allSettled([login(code), login(code)]);
    expect(twice.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(login(code)).rejects.toEqual(refusedAs('session.wrong_code'));
    const [first = ''] = recoveryCodes;
    const both = await Promise.allSettled([login(first), login(first)]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await hub.call(readSecondFactor, {}, by(here))).toEqual({ isOn: true, recoveryCodesLeft: 9, isRequired: false });
    const everything = JSON.stringify([await asking(auth.database.superuserUrl, 'select data from events'), await asking(auth.database.superuserUrl, 'select state from snapshots')]);
    for (const clear of [secret, first, first.replaceAll('-', '')]) expect(everything).not.toContain(clear);
  });

  test('counts wrong codes like wrong passwords', async ({ people }) => {
    const { hub } = people;
    await people.add('viewer');
    const { recoveryCodes } = await turnOn(hub, await people.signedIn());
    const login = (code: string) => hub.call(signIn, { ...elsewhere, code }, { timeoutMs: 20_000 });
    for (let n = 0; n < 5; n += 1) await expect(login('000000')).rejects.toEqual(refusedAs('session.wrong_code'));
    await expect(login(recoveryCodes[0] ?? '')).rejects.toEqual(refusedAs('session.too_many_attempts'));
  });

  test('T602. that is known is no way to guess at the password without end, nor the other way round', async ({ people }) => {
    const { hub } = people;
    await people.add('viewer');
    const here = await people.signedIn();
    const { recoveryCodes } = await turnOn(hub, here);
    const address = '192.0.2.77';
    const guess = () => hub.call(changePassword, { currentPassword: 'a guess', newPassword: 'several words of mine', address }, by(here));
    for (let n = 0; n < 3; n += 1) await expect(guess()).rejects.toEqual(refusedAs('session.wrong_password'));
    await hub.call(newRecoveryCodes, { code: recoveryCodes[0] ?? '', address }, by(here));
    for (let n = 0; n < 2; n += 1) await expect(guess()).rejects.toEqual(refusedAs('session.wrong_password'));
    await expect(guess()).rejects.toEqual(refusedAs('session.too_many_attempts'));
  });

  test('is turned off with password and code, and then not asked for', async ({ people }) => {
    const { hub } = people;
    await people.add('viewer');
    const here = await people.signedIn();
    const { recoveryCodes } = await turnOn(hub, here);
    const renewed = await hub.call(newRecoveryCodes, { code: recoveryCodes[0] ?? '', address: ADDRESS }, by(here));
    const off = (password: string, code: string) => hub.call(disableTotp, { password, code, address: ADDRESS }, by(here));
    await expect(off('wrong', renewed.recoveryCodes[0] ?? '')).rejects.toEqual(refusedAs('session.wrong_password'));
    await expect(off(ADA.password, recoveryCodes[1] ?? '')).rejects.toEqual(refusedAs('second_factor.wrong_code'));
    await expect(off(ADA.password, renewed.recoveryCodes[0] ?? '')).resolves.toEqual({});
    await expect(people.signedIn()).resolves.toHaveProperty('accessToken');
    await expect(off(ADA.password, renewed.recoveryCodes[1] ?? '')).rejects.toEqual(refusedAs('second_factor.off'));
  });
});

describe('the key of access tokens', () => {
  test('T842. rotates without a refused request, whichever replica signs and whichever set a verifier has', async ({ people }) => {
    const { hub, auth } = people;
    await auth.start();
    const admin = await people.admin();
    const kidOf = ({ accessToken }: TokenPair) => decodeProtectedHeader(accessToken).kid;
    // This verifier fetched its keys before, and may not ask again.
    const before = await hub.call(readKeySet, {});
    expect(before.keys).toHaveLength(2);
    const stale = createJwtAuthenticator({ call: async () => before } as unknown as Requests);
    await expect(hub.call(rotateSigningKey, {}, by(admin))).rejects.toEqual(refusedAs('signing_key.too_soon'));
    await asking(auth.database.superuserUrl, `update signing_keys set created_at = created_at - interval '6 minutes'`);
    const rotated = await hub.call(rotateSigningKey, {}, by(admin));
    expect(rotated.current).not.toBe(kidOf(admin));
    const pairs = await Promise.all(Array.from({ length: 8 }, () => people.refresh(admin.refreshToken)));
    expect(new Set(pairs.map(kidOf))).toEqual(new Set([rotated.current]));
    for (const { accessToken } of [admin, ...pairs]) {
      await expect(stale(accessToken)).resolves.toMatchObject({ email: ADMIN.email });
      await expect(hub.call(readMe, {}, { token: accessToken })).resolves.toMatchObject({ email: ADMIN.email });
    }
    expect((await hub.call(readKeySet, {})).keys.map(({ kid }) => kid)).toEqual([kidOf(admin), rotated.current, rotated.next]);
    await expect(hub.call(rotateSigningKey, {}, by(admin))).rejects.toEqual(refusedAs('signing_key.too_soon'));
    await asking(auth.database.superuserUrl, `update signing_keys set retired_at = retired_at - interval '11 minutes'`);
    expect((await hub.call(readKeySet, {})).keys.map(({ kid }) => kid)).toEqual([rotated.current, rotated.next]);
  });

  test('is rotated by administrators only', async ({ people }) => {
    await people.add('owner');
    await expect(people.hub.call(rotateSigningKey, {}, by(await people.signedIn()))).rejects.toEqual(refusedAs('administrator.needed'));
  });
});

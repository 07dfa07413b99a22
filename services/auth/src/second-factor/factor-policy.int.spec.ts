/** What it means that everybody needs a second factor: for new sign-ins at once, for older ones when the grace is over. */
import {
  beginTotp, changePassword, confirmTotp, createApiToken, disableTotp, endAllSessions, exchangeApiToken, grantAdministrator, listProjects, listSessions, ProjectId, proveSecondFactor, readMe, readSecondFactor,
  readSecondFactorPolicy, resetSecondFactor, setSecondFactorPolicy, signIn, UserId, type TokenPair,
} from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { decodeJwt } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { describe, expect } from 'vitest';
import { ADMIN } from '../auth-service.fixture.ts';
import { ADA, ADDRESS, asking, test as base } from '../user/people.fixture.ts';

const refusedAs = (code: string) => expect.objectContaining({ code });
const by = ({ accessToken }: TokenPair) => ({ token: accessToken, timeoutMs: 15_000 });
const isDue = ({ accessToken }: TokenPair): boolean => decodeJwt(accessToken)['due'] === true;
const projectId = ProjectId.parse(ADMIN.projectId);
const BOB = { email: 'bob@example.org', name: 'Bob', password: 'several words of Bob' };

const test = base.extend('acts', async ({ people }) => {
  const { hub } = people;
  const setUp = async (pair: TokenPair) => {
    const { secret } = await hub.call(beginTotp, {}, by(pair));
    const confirm = () => hub.call(confirmTotp, { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate(), address: ADDRESS }, by(pair));
    return (await confirm().catch(confirm)).recoveryCodes;
  };
  const withCode = ({ email, password }: { email: string; password: string }, code?: string) => hub.call(signIn, { email, password, code, address: ADDRESS }, { timeoutMs: 20_000 });
  const admin = await people.admin();
  const require = async (graceDays: number) => hub.call(setSecondFactorPolicy, { isRequired: true, graceDays }, by(admin));
  return { setUp, withCode, admin, require };
});

describe('a second factor that everybody needs', () => {
  test('T851. is set up at the next sign-in, before anything else is allowed', async ({ people, acts }) => {
    const { hub } = people;
    const { setUp, withCode, admin, require } = acts;
    const userId = await people.add('owner');
    await expect(require(7)).rejects.toEqual(refusedAs('second_factor.own_first'));
    expect(await hub.call(readSecondFactorPolicy, {}, by(admin))).toEqual({ isRequired: false, since: null, enforcedFrom: null });
    await setUp(admin);
    expect(await require(7)).toMatchObject({ isRequired: true });

    const ada = await people.signedIn();
    expect(isDue(ada)).toBe(true);
    const refused = [
      () => hub.call(listProjects, { limit: 10 }, by(ada)), () => hub.call(createApiToken, { name: 'x', expiresInDays: 1, scopes: [{ projectId, role: 'viewer' }] }, by(ada)),
      () => hub.call(changePassword, { currentPassword: ADA.password, newPassword: 'several words of mine', address: ADDRESS }, by(ada)),
      () => hub.call(disableTotp, { password: ADA.password, code: '000000', address: ADDRESS }, by(ada)),
    ];
    for (const attempt of refused) await expect(attempt()).rejects.toEqual(refusedAs('second_factor.due'));
    expect(await hub.call(readMe, {}, by(ada))).toMatchObject({ userId, isFactorDue: true });
    expect(await hub.call(readSecondFactor, {}, by(ada))).toMatchObject({ isOn: false, isRequired: true });
    expect((await hub.call(listSessions, { limit: 200, sort: '-createdAt' }, by(ada))).items).toHaveLength(1);
    expect(isDue(await people.refresh(ada.refreshToken))).toBe(true);

    const again = await people.signedIn();
    const codes = await setUp(again);
    const renewed = await people.refresh(again.refreshToken);
    expect(isDue(renewed)).toBe(false);
    await expect(hub.call(listProjects, { limit: 10 }, by(renewed))).resolves.toHaveProperty('items');
    await expect(hub.call(disableTotp, { password: ADA.password, code: codes[0] ?? '', address: ADDRESS }, by(renewed))).rejects.toEqual(refusedAs('second_factor.required'));
    expect(isDue(await withCode(ADA, codes[0]))).toBe(false);
    await expect(hub.call(endAllSessions, {}, by(ada))).resolves.toHaveProperty('ended');
  });

  test('lets those who are signed in go on until the grace is over', async ({ people, acts }) => {
    const { hub } = people;
    const { setUp, admin, require } = acts;
    await people.add('owner');
    const [ada, other] = [await people.signedIn(), await people.signedIn()];
    const codes = await setUp(admin);
    const { since, enforcedFrom } = await require(7);
    expect(Date.parse(enforcedFrom ?? '') - Date.parse(since ?? '')).toBe(7 * 86_400_000);
    const kept = await people.refresh(ada.refreshToken);
    expect(isDue(kept)).toBe(false);
    // Asked again, it is the same; a shorter grace counts from the same beginning.
    expect(await require(7)).toEqual({ isRequired: true, since, enforcedFrom });
    expect(await require(0)).toEqual({ isRequired: true, since, enforcedFrom: since });
    const due = await people.refresh(other.refreshToken);
    expect(isDue(due)).toBe(true);
    await setUp(due);
    expect(isDue(await people.refresh(due.refreshToken))).toBe(false);
    // The other session of the same person gives a code, and need not sign in anew.
    const late = await people.refresh(kept.refreshToken);
    expect(isDue(late)).toBe(true);
    await expect(hub.call(proveSecondFactor, { code: '000000', address: ADDRESS }, by(late))).rejects.toEqual(refusedAs('second_factor.wrong_code'));
    expect(isDue(await people.refresh(late.refreshToken))).toBe(true);
    expect(codes).toHaveLength(10);

    const optional = await hub.call(setSecondFactorPolicy, { isRequired: false, graceDays: 7 }, by(admin));
    expect(optional).toEqual({ isRequired: false, since: null, enforcedFrom: null });
  });

  test('is asked for by administrators as they are now, soon after signing in', async ({ people, acts }) => {
    const { hub } = people;
    await people.add('owner');
    const ada = await people.signedIn();
    await acts.setUp(ada);
    const set = (pair: TokenPair) => hub.call(setSecondFactorPolicy, { isRequired: true, graceDays: 0 }, by(pair));
    await expect(set(ada)).rejects.toEqual(refusedAs('administrator.needed'));
    await acts.setUp(acts.admin);
    const sid = String(decodeJwt(acts.admin.accessToken)['sid']);
    await eventually(async () => expect(await asking(people.auth.database.superuserUrl, `update sessions set started_at = started_at - interval '20 minutes' where session_id = $1 returning 1`, [sid])).toHaveLength(1));
    await expect(set(acts.admin)).rejects.toEqual(refusedAs('session.not_recent'));
  });

  test('is not asked of programs, whose tokens people made who had shown theirs', async ({ people, acts }) => {
    const { hub } = people;
    await people.add('owner');
    const { token } = await hub.call(createApiToken, { name: 'ci', expiresInDays: 1, scopes: [{ projectId, role: 'viewer' }] }, by(await people.signedIn()));
    await acts.setUp(acts.admin);
    await acts.require(0);
    const { accessToken } = await hub.call(exchangeApiToken, { token, address: ADDRESS });
    expect(decodeJwt(accessToken)['due']).toBeUndefined();
  });
});

describe('a second factor that was lost', () => {
  test('T852. is reset by an administrator, which is an act of its own and ends the sessions', async ({ people, acts }) => {
    const { hub } = people;
    const { setUp, admin } = acts;
    const userId = await people.add('owner');
    const bob = await people.add('viewer', BOB);
    const ada = await people.signedIn();
    await setUp(ada);
    const reset = (pair: TokenPair, whom: UserId) => hub.call(resetSecondFactor, { userId: whom }, by(pair));
    await expect(reset(ada, bob)).rejects.toEqual(refusedAs('administrator.needed'));
    const adminId = UserId.parse((await hub.call(readMe, {}, by(admin))).userId);
    await expect(reset(admin, adminId)).rejects.toEqual(refusedAs('second_factor.oneself'));
    await expect(reset(admin, UserId.parse('0198c0de-0000-7000-8000-0000000000ff'))).rejects.toEqual(refusedAs('user.unknown'));

    await expect(people.login(ADA)).rejects.toEqual(refusedAs('session.second_factor_needed'));
    expect(await reset(admin, userId)).toEqual({ userId, wasOn: true, ended: 1 });
    await expect(people.refresh(ada.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    expect((await people.store.load(`secondfactor-${userId}`)).events.at(-1)).toMatchObject({ type: 'SecondFactorReset', actor: { kind: 'user', id: adminId } });
    // The password stays what it was; a second reset finds nothing to do.
    await expect(people.login({ ...ADA, password: 'another one entirely' })).rejects.toEqual(refusedAs('session.wrong_credentials'));
    await expect(people.signedIn()).resolves.toHaveProperty('accessToken');
    expect(await reset(admin, userId)).toMatchObject({ wasOn: false });

    await hub.call(grantAdministrator, { userId: bob }, by(admin));
    await expect(reset(await people.login(BOB), adminId)).resolves.toMatchObject({ wasOn: false });
  });
});

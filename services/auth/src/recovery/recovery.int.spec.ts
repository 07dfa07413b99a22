import { beginRecovery, beginTotp, confirmTotp, createApiToken, createServiceAccount, eraseUser, exchangeApiToken, finishRecovery, grantAdministrator, ProjectId, revokeAdministrator, signIn, UserId, type TokenPair } from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { Secret, TOTP } from 'otpauth';
import { describe, expect } from 'vitest';
import { ADMIN } from '../auth-service.fixture.ts';
import { ADA, ADDRESS, asking, test as base } from '../user/people.fixture.ts';

const refusedAs = (code: string) => expect.objectContaining({ code });
const by = ({ accessToken }: TokenPair) => ({ token: accessToken, timeoutMs: 15_000 });
const projectId = ProjectId.parse(ADMIN.projectId);
const CHOSEN = 'note g of the translator';

const test = base.extend('acts', async ({ people }) => {
  const { hub } = people;
  const userId = await people.add('owner');
  const admin = await people.admin();
  const begin = (pair = admin, whom = userId) => hub.call(beginRecovery, { userId: whom }, by(pair));
  const finish = (token: string, password = CHOSEN, code?: string) => hub.call(finishRecovery, { token, password, address: ADDRESS, ...(code !== undefined && { code }) }, { timeoutMs: 15_000 });
  const told = async (stream: string) => (await people.store.load(stream)).events.map(({ type }) => type);
  return { userId, admin, begin, finish, told };
});

describe('the recovery of an account', () => {
  test('T511. gives it a new password and ends everything that was signed in, by a link of an administrator', async ({ people, acts }) => {
    const { hub } = people;
    const { userId, begin, finish } = acts;
    const ada = await people.signedIn();
    const { secret } = await hub.call(beginTotp, {}, by(ada));
    const confirm = () => hub.call(confirmTotp, { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate(), address: ADDRESS }, by(ada));
    const { recoveryCodes } = await confirm().catch(confirm);
    const program = await hub.call(createApiToken, { name: 'ci', expiresInDays: 7, scopes: [{ projectId, role: 'viewer' }] }, by(ada));

    const { token, expiresAt } = await begin();
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(59 * 60_000);
    expect(JSON.stringify(await asking(people.auth.database.superuserUrl, 'select data from events'))).not.toContain(token.split('.')[1]);
    await expect(finish(token, 'short')).rejects.toEqual(refusedAs('password.weak'));
    await expect(finish(token, ADA.email)).rejects.toEqual(refusedAs('password.weak'));
    await expect(finish(`${token}x`)).rejects.toEqual(refusedAs('recovery.unknown'));
    await expect(finish('nonsense')).rejects.toEqual(refusedAs('recovery.unknown'));
    await expect(people.refresh(ada.refreshToken)).resolves.toHaveProperty('accessToken');

    // The link is no way past the second factor.
    await expect(finish(token)).rejects.toEqual(refusedAs('recovery.code_needed'));
    await expect(finish(token, CHOSEN, '000000')).rejects.toEqual(refusedAs('recovery.wrong_code'));
    await expect(people.refresh(ada.refreshToken)).resolves.toHaveProperty('accessToken');

    const recovered = await finish(token, CHOSEN, recoveryCodes[0]);
    expect(recovered).toEqual({ userId, email: ADA.email });
    await expect(people.refresh(ada.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(hub.call(exchangeApiToken, { token: program.token, address: ADDRESS })).rejects.toEqual(refusedAs('api_token.invalid'));
    await expect(people.login(ADA)).rejects.toEqual(refusedAs('session.wrong_credentials'));
    await expect(people.login({ ...ADA, password: CHOSEN })).rejects.toEqual(refusedAs('session.second_factor_needed'));
    await expect(hub.call(signIn, { email: ADA.email, password: CHOSEN, code: recoveryCodes[0], address: ADDRESS }, { timeoutMs: 20_000 })).rejects.toEqual(refusedAs('session.wrong_code'));
    await expect(hub.call(signIn, { email: ADA.email, password: CHOSEN, code: recoveryCodes[1], address: ADDRESS }, { timeoutMs: 20_000 })).resolves.toHaveProperty('accessToken');
    expect((await people.store.load(`user-${userId}`)).events.slice(-3)).toMatchObject([{ type: 'RecoveryBegun', actor: { kind: 'user' } }, { type: 'RecoveryFinished' }, { type: 'PasswordChanged' }]);
    // With the password in one commit: whoever dies afterwards leaves nothing open.
    expect(await asking(people.auth.database.superuserUrl, `select count(*)::int as events, count(distinct meta->>'commandId')::int as commits from events where type in ('RecoveryFinished', 'PasswordChanged', 'RecoveryCodeUsed', 'ApiTokenEnded', 'SessionClosed') and position <= (select max(position) from events where type = 'ApiTokenEnded')`)).toEqual([{ events: 5, commits: 1 }]);
    // The access token of an ended session is good for minutes at the services; what is made with it must not outlive it.
    await expect(hub.call(createApiToken, { name: 'late', expiresInDays: 7, scopes: [{ projectId, role: 'viewer' }] }, by(ada))).rejects.toEqual(refusedAs('session.ended'));
    expect((await asking(people.auth.database.superuserUrl, `select data->>'reason' as reason from events where type = 'ApiTokenEnded' order by position`)).map(({ reason }) => reason)).toEqual(['recovered', 'holder-signed-out']);
  });

  test('lets nobody guess the code who has the link', async ({ people, acts }) => {
    const { hub } = people;
    const ada = await people.signedIn();
    const { secret } = await hub.call(beginTotp, {}, by(ada));
    const confirm = () => hub.call(confirmTotp, { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate(), address: ADDRESS }, by(ada));
    const { recoveryCodes: [code] } = await confirm().catch(confirm);
    const { token } = await acts.begin();
    const from = (given: string) => hub.call(finishRecovery, { token, password: CHOSEN, code: given, address: '192.0.2.66' }, { timeoutMs: 20_000 });
    for (let n = 0; n < 5; n += 1) await expect(from('000000')).rejects.toEqual(refusedAs('recovery.wrong_code'));
    await expect(from(code ?? '')).rejects.toEqual(refusedAs('session.too_many_attempts'));
  });

  test('happens once: the same person gets the same answer for a while, nobody else does', async ({ people, acts }) => {
    const { begin, finish, told, userId } = acts;
    const [first, second] = [await begin(), await begin()];
    await expect(finish(first.token)).rejects.toEqual(refusedAs('recovery.unknown'));
    const outcomes = await Promise.allSettled(['first of two', 'second of two'].map((words) => finish(second.token, `${words} people`)));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const chosen = outcomes[0]?.status === 'fulfilled' ? 'first of two people' : 'second of two people';
    await expect(finish(second.token, chosen)).resolves.toMatchObject({ userId });
    await expect(finish(second.token, 'somebody else entirely')).rejects.toEqual(refusedAs('recovery.used'));
    expect((await told(`user-${userId}`)).filter((type) => type === 'RecoveryFinished')).toHaveLength(1);
    await expect(people.login({ ...ADA, password: chosen })).resolves.toHaveProperty('accessToken');
  });

  test('leaves no session to whoever signs in with the old password in that very moment, on two replicas', async ({ people, acts }) => {
    await people.auth.start();
    await people.signedIn();
    const { token } = await acts.begin();
    const [finished, ...comings] = await Promise.allSettled([acts.finish(token), ...Array.from({ length: 8 }, () => people.signedIn())]);
    expect(finished.status).toBe('fulfilled');
    for (const coming of comings) {
      if (coming.status === 'fulfilled') await expect(people.refresh(coming.value.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    }
    // Also of those who were turned away, as soon as the read model has followed.
    await eventually(async () => expect(await asking(people.auth.database.superuserUrl, 'select session_id from sessions where user_id = $1 and closed_at is null', [acts.userId])).toEqual([]));
  });

  test('lets the person in at once where wrong passwords had made a pause', async ({ people, acts }) => {
    for (let tries = 0; tries < 6; tries += 1) await people.login({ ...ADA, password: 'a wrong one' }).catch(() => undefined);
    await expect(people.login(ADA)).rejects.toEqual(refusedAs('session.too_many_attempts'));
    await acts.finish((await acts.begin()).token);
    await expect(people.login({ ...ADA, password: CHOSEN })).resolves.toHaveProperty('accessToken');
  });

  test('T511. is begun by administrators as they are now, for other people who are there', async ({ people, acts }) => {
    const { hub } = people;
    const { userId, admin, begin, finish } = acts;
    const adminId = UserId.parse((await asking(people.auth.database.superuserUrl, 'select user_id from administrators'))[0]?.['user_id']);
    const ada = await people.signedIn();
    await expect(begin(ada, adminId)).rejects.toEqual(refusedAs('administrator.needed'));
    await expect(begin(admin, adminId)).rejects.toEqual(refusedAs('recovery.oneself'));
    await expect(begin(admin, UserId.parse(newId()))).rejects.toEqual(refusedAs('user.unknown'));
    const account = UserId.parse(newId());
    await hub.call(createServiceAccount, { projectId, userId: account, name: 'builder', role: 'viewer' }, by(ada));
    await expect(begin(admin, account)).rejects.toEqual(refusedAs('user.unknown'));

    // Administrators have the same power, and it stands in the history who used it (ADR 0022).
    await hub.call(grantAdministrator, { userId }, by(admin));
    const second = await people.signedIn();
    await expect(begin(second, adminId)).resolves.toHaveProperty('token');
    await hub.call(revokeAdministrator, { userId }, by(admin));
    await expect(begin(second, adminId)).rejects.toEqual(refusedAs('administrator.needed'));

    const { token } = await begin();
    await hub.call(eraseUser, { userId }, by(await people.signedIn()));
    await expect(finish(token)).rejects.toEqual(refusedAs('recovery.unknown'));
    await expect(begin()).rejects.toEqual(refusedAs('user.unknown'));
  });
});

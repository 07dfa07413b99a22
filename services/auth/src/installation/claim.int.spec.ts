import { claimInstallation, readMe } from '@citrus/contracts';
import { openMasterKeys } from '@citrus/kit-crypto';
import { describe, expect } from 'vitest';
import { ADMIN, test as base, type AuthUnderTest } from '../auth-service.fixture.ts';
import { asking } from '../user/people.fixture.ts';
import { createClaimTokens } from './claim-token.ts';

const refusedAs = (code: string) => expect.objectContaining({ code });
const GRACE = { email: 'Grace@example.org', name: 'Grace', password: 'nanoseconds of wire' };

/** Without a first admin: nobody is there. */
const test = base.extend('firstAdmin', () => false).extend('acts', async ({ auth }) => {
  const hub = await auth.as('hub');
  const token = createClaimTokens(openMasterKeys(auth.env['CITRUS_MASTER_KEY_FILE'] ?? '')).current();
  const claim = (person = GRACE, withToken = token) => hub.call(claimInstallation, { ...person, token: withToken, projectName: 'Navy', address: '203.0.113.7' }, { timeoutMs: 15_000 });
  return { hub, token, claim };
});

const administrators = (auth: AuthUnderTest) => asking(auth.database.superuserUrl, 'select user_id from administrators');

describe('an installation without anybody', () => {
  test('is claimed with the token of the console, by whoever comes first', async ({ auth, acts }) => {
    await expect(acts.claim(GRACE, `${acts.token}x`)).rejects.toEqual(refusedAs('claim.wrong_token'));
    await expect(acts.claim({ ...GRACE, password: 'password1234' })).rejects.toEqual(refusedAs('password.weak'));
    expect(await administrators(auth)).toEqual([]);
    const claimed = await acts.claim();
    const { accessToken } = (await auth.login(GRACE.password, GRACE.email)) as { accessToken: string };
    expect(await acts.hub.call(readMe, {}, { token: accessToken })).toMatchObject({ userId: claimed.userId, email: 'grace@example.org', isAdministrator: true, memberships: [{ projectId: claimed.projectId, role: 'owner' }] });
    expect(await acts.claim()).toEqual(claimed);
    await expect(acts.claim({ ...GRACE, password: 'another password of hers' })).rejects.toEqual(refusedAs('installation.claimed'));
    await expect(acts.claim({ ...GRACE, email: 'other@example.org' })).rejects.toEqual(refusedAs('installation.claimed'));
    expect(await administrators(auth)).toHaveLength(1);
  });

  test('T608. has one winner of those who claim it at the same time, on two replicas', async ({ auth, acts }) => {
    await auth.start();
    const people = Array.from({ length: 6 }, (_, index) => ({ ...GRACE, email: `claimer-${index}@example.org` }));
    const outcomes = await Promise.allSettled(people.map((person) => acts.claim(person)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => (reason as { code: string }).code)).toEqual(Array.from({ length: 5 }, () => 'installation.claimed'));
    expect(await administrators(auth)).toHaveLength(1);
    for (const table of ['users', 'projects', 'memberships']) expect(await asking(auth.database.superuserUrl, `select * from ${table}`), table).toHaveLength(1);
  });

  test('makes one of the same person who claims it twice at the same time', async ({ auth, acts }) => {
    const [one, other] = await Promise.all([acts.claim(), acts.claim()]);
    expect(one).toEqual(other);
    expect(await asking(auth.database.superuserUrl, 'select * from users')).toHaveLength(1);
  });
});

describe('an installation with somebody', () => {
  test('cannot be claimed', async ({ auth, acts }) => {
    await auth.start({ CITRUS_FIRST_ADMIN_FILE: auth.adminFile });
    await expect(acts.claim()).rejects.toEqual(refusedAs('installation.claimed'));
    expect(await auth.login(ADMIN.password, ADMIN.email)).toHaveProperty('accessToken');
  });
});

import { acceptInvitation, acceptInvitationSignedIn, inviteMember, listInvitations, ProjectId, readInvitation, removeMember, revokeInvitation, type Role, type TokenPair } from '@citrus/contracts';
import { openPool } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { Kysely, PostgresDialect } from 'kysely';
import { describe, expect } from 'vitest';
import { ADMIN } from '../auth-service.fixture.ts';
import type { AuthDatabase } from '../database.ts';
import { subjectOf } from '../subject/personal-text.ts';
import { ADA, ADDRESS, asking, test as base } from '../user/people.fixture.ts';
import { expireInvitations } from './expire-invitations.ts';
import { readInvitations } from './invitations.store.ts';

const projectId = ProjectId.parse(ADMIN.projectId);
const refusedAs = (code: string) => expect.objectContaining({ code });
const EVE = { email: 'eve@example.org', name: 'Eve', password: 'night train to nowhere' };

const test = base.extend('acts', async ({ people: { hub, auth } }) => {
  const by = ({ accessToken }: TokenPair) => ({ token: accessToken, timeoutMs: 15_000 });
  return {
    by,
    invite: (pair: TokenPair, email = EVE.email, role: Role = 'operator') => hub.call(inviteMember, { projectId, email, role }, by(pair)),
    read: (token: string) => hub.call(readInvitation, { token }),
    accept: (token: string, person = EVE) => hub.call(acceptInvitation, { token, name: person.name, password: person.password, address: ADDRESS }, { timeoutMs: 15_000 }),
    acceptAs: (pair: TokenPair, token: string) => hub.call(acceptInvitationSignedIn, { token }, by(pair)),
    list: async (pair: TokenPair) => (await hub.call(listInvitations, { projectId, limit: 50 }, by(pair))).items,
    keyOf: async (id: string) => (await asking(auth.keyring.superuserUrl, 'select wrapped_key from subject_keys where subject_id = $1', [subjectOf(id)]))[0],
  };
});

describe('an invitation', () => {
  test('lets somebody new in, once, and then the address is forgotten', async ({ people, acts }) => {
    const admin = await people.admin();
    const { invitation, token } = await acts.invite(admin, 'Eve@Example.org');
    expect(invitation).toMatchObject({ projectId, role: 'operator', email: EVE.email, status: 'pending', acceptedBy: null });
    const open = await acts.read(token);
    expect(open).toMatchObject({ projectId, projectName: 'Default', role: 'operator', email: EVE.email });
    expect(Date.parse(open.expiresAt) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    // Nothing that could be used, nor the address, is kept where it can be read.
    const kept = JSON.stringify(await asking(people.auth.database.superuserUrl, `select data from events where stream_id = $1`, [`invitation-${invitation.id}`]));
    for (const text of [EVE.email, token.split('.')[1] ?? '']) expect(kept).not.toContain(text);

    await expect(acts.accept(token, { ...EVE, password: 'short' })).rejects.toEqual(refusedAs('password.weak'));
    await expect(acts.accept(`${token.slice(0, -2)}xx`)).rejects.toEqual(refusedAs('invitation.unknown'));
    const accepted = await acts.accept(token);
    expect(accepted).toMatchObject({ projectId, role: 'operator' });
    expect(await people.login(EVE)).toHaveProperty('accessToken');
    expect(await acts.accept(token)).toEqual(accepted);
    await expect(acts.accept(token, { ...EVE, password: 'somebody else entirely' })).rejects.toEqual(refusedAs('invitation.used'));
    await expect(acts.read(token)).rejects.toEqual(refusedAs('invitation.used'));
    expect(await acts.acceptAs(await people.login(EVE), token)).toEqual(accepted);
    await expect(acts.acceptAs(admin, token)).rejects.toEqual(refusedAs('invitation.used'));
    expect(await acts.list(admin)).toMatchObject([{ id: invitation.id, status: 'accepted', email: null, acceptedBy: accepted.userId }]);
    expect(await acts.keyOf(invitation.id)).toEqual({ wrapped_key: null });
  });

  test('T406. lets one in of two who come with it at the same time', async ({ people, acts }) => {
    const { token } = await acts.invite(await people.admin());
    const outcomes = await Promise.allSettled(['first of two', 'second of two'].map((words) => acts.accept(token, { ...EVE, password: `${words} people` })));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await asking(people.auth.database.superuserUrl, 'select user_id from users')).toHaveLength(2);
  });

  test('T406. lets somebody in who is signed in with that address, and nobody else', async ({ people, acts }) => {
    const admin = await people.admin();
    const adaId = await people.add('viewer');
    const ada = await people.signedIn();
    const { token } = await acts.invite(admin, ADA.email, 'admin');
    await expect(acts.accept(token, { ...EVE, password: 'a password of my own' })).rejects.toEqual(refusedAs('invitation.sign_in_first'));
    await expect(acts.acceptAs(admin, token)).rejects.toEqual(refusedAs('invitation.other_address'));
    expect(await acts.acceptAs(ada, token)).toEqual({ userId: adaId, projectId, role: 'admin' });
    expect(await acts.acceptAs(ada, token)).toEqual({ userId: adaId, projectId, role: 'admin' });
    // A lower one takes nothing away.
    const lower = await acts.invite(admin, ADA.email, 'viewer');
    expect(await acts.acceptAs(ada, lower.token)).toMatchObject({ role: 'admin' });
  });

  test('answers alike whether there is an account or not', async ({ people, acts }) => {
    const admin = await people.admin();
    await people.add('viewer');
    const [known, unknown] = [await acts.invite(admin, ADA.email), await acts.invite(admin)];
    const shapeOf = ({ invitation, token }: typeof known) => [{ ...invitation, id: '', email: '', invitedAt: '', expiresAt: '' }, token.length];
    expect(shapeOf(known)).toEqual(shapeOf(unknown));
  });

  test('is replaced by a newer one, taken back, and grows too old', async ({ people, acts }) => {
    const admin = await people.admin();
    const [first, second] = [await acts.invite(admin), await acts.invite(admin, EVE.email, 'viewer')];
    await expect(acts.read(first.token)).rejects.toEqual(refusedAs('invitation.replaced'));
    expect(await people.hub.call(revokeInvitation, { projectId, invitationId: second.invitation.id }, acts.by(admin))).toMatchObject({ status: 'revoked', email: null });
    await expect(acts.accept(second.token)).rejects.toEqual(refusedAs('invitation.revoked'));
    const third = await acts.invite(admin);
    const pool = openPool({ databaseUrl: people.auth.database.serviceUrl });
    const list = readInvitations(new Kysely<AuthDatabase>({ dialect: new PostgresDialect({ pool }) }), people.keys);
    const inEightDays = () => new Date(Date.now() + 8 * 86_400_000);
    const forget = (subjectIds: readonly string[]) => people.keys.erase(subjectIds);
    const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    expect(await expireInvitations({ store: people.store, list, forget, clock: inEightDays, logger })).toBe(1);
    await pool.end();
    await expect(acts.read(third.token)).rejects.toEqual(refusedAs('invitation.expired'));
    expect((await acts.keyOf(third.invitation.id))?.['wrapped_key']).toBeNull();
    await eventually(async () => expect((await acts.list(admin)).map(({ status, email }) => `${status} ${email}`)).toEqual(['expired null', 'revoked null', 'replaced null']));
  });

  test('T507. is made by admins, up to their own role, and is void when they may not any more', async ({ people, acts }) => {
    const admin = await people.admin();
    const [viewer, other] = [{ ...ADA, email: 'viewer@example.org' }, { ...ADA, email: 'other@example.org' }];
    await people.add('viewer', viewer);
    const otherId = await people.add('admin', other);
    const [viewers, others] = [await people.signedIn(viewer), await people.signedIn(other)];
    await expect(acts.invite(viewers)).rejects.toEqual(refusedAs('role.insufficient'));
    await expect(acts.list(viewers)).rejects.toEqual(refusedAs('role.insufficient'));
    await expect(acts.invite(others, EVE.email, 'owner')).rejects.toEqual(refusedAs('role.above_own'));
    const { token } = await acts.invite(others);
    await people.hub.call(removeMember, { projectId, userId: otherId }, acts.by(admin));
    await expect(acts.accept(token)).rejects.toEqual(refusedAs('invitation.void'));
    // The token of a removed admin is still good for minutes; the project knows better.
    await expect(acts.invite(others)).rejects.toEqual(refusedAs('role.insufficient'));
  });

  test('of an address whose account was begun and left is accepted all the same', async ({ people, acts }) => {
    const { token } = await acts.invite(await people.admin());
    // As after a crash between taking the address and making the account.
    const begun = '0198c0de-0000-7000-8000-0000000000ee';
    await people.keys.name(subjectOf(begun), EVE.email);
    expect(await acts.accept(token)).toMatchObject({ userId: begun });
    expect(await people.login(EVE)).toHaveProperty('accessToken');
  });
});

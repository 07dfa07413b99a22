import {
  changeMemberRole, createApiToken, createServiceAccount, createServiceAccountToken, exchangeApiToken, listApiTokens, listServiceAccounts, ProjectId, readHistoryOf, readMe, readRevocations, removeMember, removeServiceAccount,
  revokeApiToken, revokeServiceAccountToken, UserId, type Role, type TokenPair,
} from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { createJwtAuthenticator } from '@citrus/kit-messaging';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { ADMIN } from '../auth-service.fixture.ts';
import { ADA, ADDRESS, asking, test as base } from '../user/people.fixture.ts';

const PROJECT = ProjectId.parse(ADMIN.projectId);
const refusedAs = (code: string) => expect.objectContaining({ code });
const by = ({ accessToken }: TokenPair) => ({ token: accessToken, timeoutMs: 15_000 });

const test = base.extend('programs', async ({ people }) => {
  const { hub, auth } = people;
  const verify = createJwtAuthenticator(hub);
  const create = (pair: TokenPair, role: Role, over: { expiresInDays?: number; projectId?: ProjectId } = {}) =>
    hub.call(createApiToken, { name: 'Ada’s laptop', expiresInDays: over.expiresInDays ?? 30, scopes: [{ projectId: over.projectId ?? PROJECT, role }] }, by(pair));
  const exchange = (token: string) => hub.call(exchangeApiToken, { token, address: ADDRESS });
  const callerOf = async (token: string) => verify((await exchange(token)).accessToken);
  return { hub, auth, people, create, exchange, callerOf };
});

describe('an API token', () => {
  test('T803. comes in as its holder, with what it was given, until it is revoked; nobody can read it afterwards', async ({ programs, people }) => {
    const { hub, auth, create, exchange, callerOf } = programs;
    const userId = await people.add('admin');
    const ada = await people.signedIn();
    const made = await create(ada, 'viewer');
    expect(made.token).toMatch(/^ctr_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);
    expect(await callerOf(made.token)).toEqual({ userId, email: ADA.email, memberships: [{ projectId: PROJECT, role: 'viewer' }], isAdministrator: false, signedInBy: 'token', credentialId: made.id });
    const { accessToken } = await exchange(made.token);
    expect(await hub.call(readMe, {}, { token: accessToken })).toMatchObject({ userId, name: ADA.name, memberships: [{ role: 'viewer' }], isAdministrator: false });
    const { items } = await hub.call(listApiTokens, { limit: 200, sort: '-createdAt' }, by(ada));
    expect(items).toEqual([expect.objectContaining({ id: made.id, name: 'Ada’s laptop', lastUsedAt: expect.any(String) })]);
    expect(Object.keys(items[0] ?? {})).not.toContain('token');
    const everything = JSON.stringify([await asking(auth.database.superuserUrl, 'select data from events'), await asking(auth.database.superuserUrl, 'select * from api_tokens')]);
    for (const secret of [made.token.slice(-43), 'laptop']) expect(everything).not.toContain(secret);
    await expect(hub.call(createApiToken, { name: 'x', expiresInDays: 1, scopes: [{ projectId: PROJECT, role: 'viewer' }] }, { token: accessToken })).rejects.toEqual(refusedAs('session.needed'));
    await expect(hub.call(revokeApiToken, { tokenId: made.id }, by(await people.admin()))).rejects.toEqual(refusedAs('api_token.unknown'));
    const { head } = await hub.call(readRevocations, { after: 0 });
    for (let n = 0; n < 2; n += 1) await hub.call(revokeApiToken, { tokenId: made.id }, by(ada));
    await expect(exchange(made.token)).rejects.toEqual(refusedAs('api_token.invalid'));
    expect((await hub.call(readRevocations, { after: head })).ended.map(({ credentialId }) => credentialId)).toEqual([made.id]);
    expect((await hub.call(listApiTokens, { limit: 200, sort: '-createdAt' }, by(ada))).items).toEqual([]);
  });

  test('is none when it is made up, cut, of another, or run out', async ({ programs, people }) => {
    const { auth, create, exchange } = programs;
    await people.add('admin');
    const { token, id } = await create(await people.signedIn(), 'viewer', { expiresInDays: 1 });
    const other = await create(await people.signedIn(), 'viewer');
    const swapped = `${token.slice(0, -43)}${other.token.slice(-43)}`;
    for (const wrong of ['ctr_', 'nonsense', token.slice(0, -1), swapped, `ctr_${'0'.repeat(32)}_${'x'.repeat(43)}`]) await expect(exchange(wrong)).rejects.toEqual(refusedAs('api_token.invalid'));
    await expect(exchange(token)).resolves.toHaveProperty('accessToken');
    await asking(auth.database.superuserUrl, `update api_tokens set expires_at = now() - interval '1 second' where token_id = $1`, [id]);
    await expect(exchange(token)).rejects.toEqual(refusedAs('api_token.invalid'));
    await asking(auth.database.superuserUrl, `update api_tokens set expires_at = now() + interval '90 seconds' where token_id = $1`, [id]);
    expect((await exchange(token)).expiresInSeconds).toBeLessThanOrEqual(90);
  });

  test('T505. may do no more than its holder when it is made, nor ever after', async ({ programs, people }) => {
    const { hub, create, callerOf } = programs;
    const userId = await people.add('operator');
    const [ada, owner] = [await people.signedIn(), await people.admin()];
    await expect(create(ada, 'admin')).rejects.toEqual(refusedAs('api_token.too_much'));
    await expect(create(ada, 'viewer', { projectId: ProjectId.parse('99999999-9999-4999-8999-999999999999') })).rejects.toEqual(refusedAs('api_token.too_much'));
    for (const expiresInDays of [0, 366]) await expect(create(ada, 'viewer', { expiresInDays })).rejects.toMatchObject({ name: 'ContractViolation' });
    const { token } = await create(ada, 'operator');
    const roles = async () => (await callerOf(token)).memberships.map(({ role }) => role);
    expect(await roles()).toEqual(['operator']);
    const { head } = await hub.call(readRevocations, { after: 0 });
    await hub.call(changeMemberRole, { projectId: PROJECT, userId, role: 'viewer' }, by(owner));
    expect((await hub.call(readRevocations, { after: head })).outdated.map((one) => one.userId)).toEqual([userId]);
    expect(await roles()).toEqual(['viewer']);
    await hub.call(removeMember, { projectId: PROJECT, userId }, by(owner));
    expect(await roles()).toEqual([]);
  });

  test('is nobody’s when its holder was forgotten', async ({ programs, people }) => {
    const userId = await people.add('viewer');
    const { token } = await programs.create(await people.signedIn(), 'viewer');
    await people.erase(userId, await people.admin());
    await expect(programs.exchange(token)).rejects.toEqual(refusedAs('api_token.invalid'));
  });
});

describe('a service account', () => {
  const one = () => ({ projectId: PROJECT, userId: UserId.parse(newId()) });

  test('is a member of one project, without e-mail address or password, and ends with its tokens', async ({ programs, people }) => {
    const { hub, auth, exchange, callerOf } = programs;
    await people.add('admin');
    const ada = await people.signedIn();
    const account = one();
    const made = await hub.call(createServiceAccount, { ...account, name: 'deploys', role: 'operator' }, by(ada));
    expect(await hub.call(createServiceAccount, { ...account, name: 'deploys', role: 'operator' }, by(ada))).toEqual(made);
    const { token, id } = await hub.call(createServiceAccountToken, { ...account, name: 'CI', expiresInDays: 365 }, by(ada));
    expect(await callerOf(token)).toEqual({ userId: account.userId, email: null, memberships: [{ projectId: PROJECT, role: 'operator' }], isAdministrator: false, signedInBy: 'token', credentialId: id });
    expect(await hub.call(readMe, {}, { token: (await exchange(token)).accessToken })).toMatchObject({ name: 'deploys', email: null });
    const { items } = await hub.call(listServiceAccounts, { projectId: PROJECT, limit: 200, sort: 'createdAt' }, by(ada));
    expect(items).toEqual([expect.objectContaining({ name: 'deploys', tokens: [expect.objectContaining({ id, name: 'CI' })] })]);
    const second = await hub.call(createServiceAccountToken, { ...account, name: 'read only', expiresInDays: 1, role: 'viewer' }, by(ada));
    expect((await callerOf(second.token)).memberships).toEqual([{ projectId: PROJECT, role: 'viewer' }]);
    await hub.call(revokeServiceAccountToken, { ...account, tokenId: second.id }, by(ada));
    await expect(exchange(second.token)).rejects.toEqual(refusedAs('api_token.invalid'));
    const { head } = await hub.call(readRevocations, { after: 0 });
    for (let n = 0; n < 2; n += 1) await hub.call(removeServiceAccount, account, by(ada));
    await expect(exchange(token)).rejects.toEqual(refusedAs('api_token.invalid'));
    expect((await hub.call(readRevocations, { after: head })).outdated.map(({ userId }) => userId)).toEqual([account.userId]);
    expect((await hub.call(listServiceAccounts, { projectId: PROJECT, limit: 200, sort: 'createdAt' }, by(ada))).items).toEqual([]);
    await eventually(async () => {
      const { events } = await hub.call(readHistoryOf('auth'), { limit: 100, direction: 'forward' }, by(ada));
      expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['ServiceAccountCreated', 'ServiceAccountRemoved']));
    });
    expect(JSON.stringify(await asking(auth.database.superuserUrl, 'select data from events'))).not.toContain(token.slice(-43));
  });

  test('gets no more than who makes it has, and is not made by a program', async ({ programs, people }) => {
    const { hub, create, exchange } = programs;
    await people.add('admin');
    const [ada, owner] = [await people.signedIn(), await people.admin()];
    await expect(hub.call(createServiceAccount, { ...one(), name: 'x', role: 'owner' }, by(ada))).rejects.toEqual(refusedAs('service_account.too_much'));
    const account = one();
    await hub.call(createServiceAccount, { ...account, name: 'owned', role: 'owner' }, by(owner));
    await expect(hub.call(createServiceAccountToken, { ...account, name: 'x', expiresInDays: 1 }, by(ada))).rejects.toEqual(refusedAs('service_account.too_much'));
    const { accessToken } = await exchange((await create(ada, 'admin')).token);
    await expect(hub.call(createServiceAccount, { ...one(), name: 'x', role: 'viewer' }, { token: accessToken })).rejects.toEqual(refusedAs('session.needed'));
    await expect(hub.call(createServiceAccountToken, { ...account, name: 'x', expiresInDays: 1, role: 'viewer' }, { token: accessToken })).rejects.toEqual(refusedAs('session.needed'));
    await people.add('operator', { ...ADA, email: 'op@example.org' });
    await expect(hub.call(listServiceAccounts, { projectId: PROJECT, limit: 200, sort: 'createdAt' }, by(await people.login({ email: 'op@example.org', password: ADA.password })))).rejects.toEqual(refusedAs('role.insufficient'));
  });

  test('are so few in a project that the list of them is an answer that the broker carries', async ({ programs, people }) => {
    const { hub, auth } = programs;
    await people.add('admin');
    const ada = await people.signedIn();
    const one = () => ({ projectId: PROJECT, userId: UserId.parse(newId()) });
    const account = one();
    const create = (which: typeof account) => hub.call(createServiceAccount, { ...which, name: 'deploys', role: 'operator' }, by(ada));
    await create(account);
    const seed = (text: string, values: unknown[] = []) => asking(auth.database.superuserUrl, text, values);
    await seed(`insert into service_accounts (user_id, project_id, name, role, created_at) select gen_random_uuid(), $1, repeat('😀', 50), 'viewer', now() from generate_series(1, 99)`, [PROJECT]);
    await expect(create(one())).rejects.toEqual(refusedAs('service_account.too_many'));
    await expect(create(account)).resolves.toMatchObject({ userId: account.userId });
    await seed(`insert into api_tokens (token_id, user_id, name, secret_hash, scopes, created_at, expires_at)
      select gen_random_uuid(), (select user_id from service_accounts where name <> 'deploys' order by user_id offset n % 99 limit 1), jsonb_build_object('clear', repeat('😀', 50)), 'x', jsonb_build_object('items', jsonb_build_array(jsonb_build_object('projectId', $1::text, 'role', 'viewer'))), now(), now() + interval '1 day' from generate_series(1, 1000) n`, [PROJECT]);
    await expect(hub.call(createServiceAccountToken, { ...account, name: 'CI', expiresInDays: 1 }, by(ada))).rejects.toEqual(refusedAs('api_token.too_many'));
    const { items } = await hub.call(listServiceAccounts, { projectId: PROJECT, limit: 200, sort: 'createdAt' }, by(ada));
    expect([items.length, items.flatMap(({ tokens }) => tokens).length]).toEqual([100, 1000]);
  });
});

import {
  acceptInvitation, acceptInvitationSignedIn, beginRecovery, changeMemberRole, claimInstallation, createProject, finishRecovery, grantAdministrator, inviteMember, InvitationId, listMembers, listProjects, listUsers, ProjectId, readInvitation, removeMember,
  renameProject, revokeAdministrator, revokeInvitation, UserId, type Invitation,
} from '@citrus/contracts';
import { describe, expect } from 'vitest';
import { OTHER_PROJECT, PROJECT, test } from './hub.fixture.ts';

const USER = UserId.parse('55555555-5555-4555-8555-555555555555');
const at = new Date(0).toISOString();
const invitation: Invitation = {
  id: InvitationId.parse('66666666-6666-4666-8666-666666666666'), projectId: PROJECT, role: 'viewer', email: 'eve@example.org', status: 'pending', invitedBy: USER, invitedAt: at, expiresAt: at, acceptedBy: null,
};

describe('projects', () => {
  test('are made by administrators, the same one for the same key, and listed for everybody', async ({ hub }) => {
    const ids: string[] = [];
    await hub.answer(createProject, ({ projectId, name }) => (ids.push(projectId), { id: projectId, name, createdAt: at, role: 'owner' as const }));
    await hub.answer(listProjects, () => ({ items: [], nextCursor: null }));
    const token = await hub.tokenOf({ isAdministrator: true, userId: USER });
    const create = (key: string) => hub.call('POST', '/api/projects', { token, body: { name: ' Shop ' }, headers: { 'idempotency-key': key } });
    expect(await create('once')).toMatchObject({ status: 201, json: { name: 'Shop', role: 'owner' } });
    await create('once');
    await create('twice');
    expect([ids[1] === ids[0], ids[2] === ids[0]]).toEqual([true, false]);
    expect((await hub.call('POST', '/api/projects', { body: { name: 'Shop' } })).json).toMatchObject({ status: 403, code: 'administrator.needed' });
    expect((await hub.call('POST', '/api/projects', { token, body: { name: '  ' } })).json).toMatchObject({ status: 400, fields: [{ path: 'name' }] });
    expect((await hub.call('GET', '/api/projects')).status).toBe(200);
  });

  test('are renamed by their id in the address', async ({ hub }) => {
    await hub.answer(renameProject, ({ projectId, name }) => ({ id: projectId, name, createdAt: at, role: 'admin' as const }));
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'admin' }, { projectId: OTHER_PROJECT, role: 'viewer' }]);
    expect((await hub.call('POST', `/api/projects/${PROJECT}/rename`, { token, body: { name: 'Market' } })).json).toMatchObject({ id: PROJECT, name: 'Market' });
    expect((await hub.call('POST', '/api/projects/nonsense/rename', { token, body: { name: 'Market' } })).status).toBe(400);
  });
});

describe('members', () => {
  test('are listed, given roles and removed', async ({ hub }) => {
    const asked: unknown[] = [];
    await hub.answer(listMembers, (input) => (asked.push(input), { items: [], nextCursor: null }));
    await hub.answer(changeMemberRole, (input) => (asked.push(input), { userId: input.userId, name: 'Eve', email: 'eve@example.org', role: input.role }));
    await hub.answer(removeMember, (input) => (asked.push(input), input));
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'admin' }]);
    expect((await hub.call('GET', '/api/members', { token })).status).toBe(200);
    expect((await hub.call('POST', `/api/members/${USER}/role`, { token, body: { role: 'viewer' } })).json).toMatchObject({ userId: USER, role: 'viewer' });
    // Leaving is for every role.
    expect((await hub.call('DELETE', `/api/members/${USER}`, { token: await hub.tokenFor([{ projectId: PROJECT, role: 'analyst' }]) })).status).toBe(200);
    expect(asked).toEqual([{ projectId: PROJECT, limit: 50 }, { projectId: PROJECT, userId: USER, role: 'viewer' }, { projectId: PROJECT, userId: USER }]);
    expect((await hub.call('POST', `/api/members/${USER}/role`, { token, body: { role: 'king' } })).status).toBe(400);
  });
});

describe('invitations', () => {
  test('come back as a link, once, that nobody keeps', async ({ hub }) => {
    await hub.answer(inviteMember, () => ({ invitation, token: 'id.secret' }));
    await hub.answer(revokeInvitation, () => ({ ...invitation, status: 'revoked' as const, email: null }));
    const token = await hub.tokenFor([{ projectId: PROJECT, role: 'admin' }]);
    const invited = await hub.call('POST', '/api/invitations', { token, body: { email: 'eve@example.org', role: 'viewer' } });
    expect(invited).toMatchObject({ status: 201, json: { invitation: { id: invitation.id }, link: 'http://citrus.test/join#id.secret' } });
    expect(invited.headers.get('cache-control')).toBe('no-store');
    expect((await hub.call('DELETE', `/api/invitations/${invitation.id}`, { token })).json).toMatchObject({ status: 'revoked' });
  });

  test('are for admins in person, not below and not for programs', async ({ hub }) => {
    const routes: [string, string][] = [['GET', '/api/invitations'], ['POST', '/api/invitations'], ['DELETE', `/api/invitations/${invitation.id}`], ['POST', `/api/members/${USER}/role`]];
    const program = await hub.tokenOf({ memberships: [{ projectId: PROJECT, role: 'owner' }], signedInBy: 'token' });
    for (const [method, path] of routes) {
      expect((await hub.call(method, path)).json).toMatchObject({ status: 403, code: 'role.insufficient' });
      expect((await hub.call(method, path, { token: program })).json).toMatchObject({ status: 403, code: 'session.needed' });
    }
  });

  test('are read and accepted with their token alone, or by who is signed in', async ({ hub }) => {
    const addresses: string[] = [];
    const accepted = { userId: USER, projectId: PROJECT, role: 'viewer' as const };
    await hub.answer(readInvitation, () => ({ projectId: PROJECT, projectName: 'Shop', role: 'viewer' as const, email: 'eve@example.org', expiresAt: at }));
    await hub.answer(acceptInvitation, ({ address }) => (addresses.push(address), accepted));
    await hub.answer(acceptInvitationSignedIn, () => accepted);
    expect((await hub.call('POST', '/api/invitations/read', { token: '', body: { token: 'id.secret' } })).json).toMatchObject({ projectName: 'Shop' });
    expect((await hub.call('POST', '/api/invitations/accept', { token: '', body: { token: 'id.secret', name: 'Eve', password: 'night train to nowhere' } })).json).toEqual(accepted);
    expect(addresses).toEqual(['127.0.0.1']);
    expect((await hub.call('POST', '/api/invitations/accept-signed-in', { body: { token: 'id.secret' } })).json).toEqual(accepted);
    expect((await hub.call('POST', '/api/invitations/accept-signed-in', { token: '', body: { token: 'id.secret' } })).status).toBe(401);
    const tries = await Promise.all(Array.from({ length: 25 }, async () => (await hub.call('POST', '/api/invitations/read', { token: '', body: { token: 'id.guess' } })).status));
    expect(tries).toContain(429);
  });
});

describe('the installation', () => {
  test('T608. is claimed by anybody with the token, and guessing it is slowed down', async ({ hub }) => {
    await hub.answer(claimInstallation, ({ projectName, address }) => (expect([projectName, address]).toEqual(['Default', '127.0.0.1']), { userId: USER, projectId: ProjectId.parse(PROJECT) }));
    const claim = () => hub.call('POST', '/api/claim', { token: '', body: { token: 't', email: 'ada@example.org', name: 'Ada', password: 'analytical engine' } });
    expect((await claim()).json).toEqual({ userId: USER, projectId: PROJECT });
    expect(await Promise.all(Array.from({ length: 25 }, async () => (await claim()).status))).toContain(429);
  });

  test('is run by administrators: everybody, and who is one of them', async ({ hub }) => {
    await hub.answer(listUsers, () => ({ items: [], nextCursor: null }));
    await hub.answer(grantAdministrator, ({ userId }) => ({ userId, isAdministrator: true }));
    await hub.answer(revokeAdministrator, ({ userId }) => ({ userId, isAdministrator: false }));
    const routes: [string, string][] = [['GET', '/api/users'], ['POST', `/api/users/${USER}/administrator`], ['DELETE', `/api/users/${USER}/administrator`]];
    const [administrator, owner] = [await hub.tokenOf({ isAdministrator: true }), await hub.tokenFor([{ projectId: PROJECT, role: 'owner' }])];
    for (const [method, path] of routes) {
      expect((await hub.call(method, path, { token: administrator })).status).toBe(200);
      expect((await hub.call(method, path, { token: owner })).json).toMatchObject({ status: 403, code: 'administrator.needed' });
    }
  });
});

describe('the recovery of an account', () => {
  test('comes back as a link, once, for administrators; whoever has it needs no sign-in', async ({ hub }) => {
    const asked: unknown[] = [];
    await hub.answer(beginRecovery, ({ userId }) => ({ userId, token: 'id.secret', expiresAt: at }));
    await hub.answer(finishRecovery, (input) => (asked.push(input), { userId: USER, email: 'eve@example.org' }));
    const token = await hub.tokenOf({ isAdministrator: true });
    expect(await hub.call('POST', `/api/users/${USER}/recovery`, { token })).toMatchObject({ status: 201, json: { userId: USER, link: 'http://citrus.test/recover#id.secret', expiresAt: at } });
    expect((await hub.call('POST', `/api/users/${USER}/recovery`)).json).toMatchObject({ status: 403, code: 'administrator.needed' });
    expect(await hub.call('POST', '/api/recovery', { token: '', body: { token: 'id.secret', password: 'a new password' } })).toMatchObject({ status: 200, json: { email: 'eve@example.org' } });
    expect(asked).toMatchObject([{ token: 'id.secret', password: 'a new password', address: '127.0.0.1' }]);
    expect((await hub.call('POST', '/api/recovery', { token: '', body: { token: 'id.secret' } })).status).toBe(400);
  });
});

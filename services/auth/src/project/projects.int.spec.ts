import { changeMemberRole, createProject, grantAdministrator, listMembers, listProjects, listUsers, ProjectId, readMe, removeMember, renameProject, revokeAdministrator, UserId, type TokenPair } from '@citrus/contracts';
import { newId } from '@citrus/kit-event-store';
import { describe, expect } from 'vitest';
import { ADMIN } from '../auth-service.fixture.ts';
import { ADA, asking, test as base } from '../user/people.fixture.ts';

const projectId = ProjectId.parse(ADMIN.projectId);
const refusedAs = (code: string) => expect.objectContaining({ code });
const BOB = { ...ADA, email: 'bob@example.org', name: 'Bob' };

const test = base.extend('acts', async ({ people: { hub, ...people } }) => {
  const by = ({ accessToken }: TokenPair) => ({ token: accessToken, timeoutMs: 15_000 });
  return {
    me: async (pair: TokenPair) => UserId.parse((await hub.call(readMe, {}, by(pair))).userId),
    change: (pair: TokenPair, userId: UserId, role: 'viewer' | 'admin' | 'owner') => hub.call(changeMemberRole, { projectId, userId, role }, by(pair)),
    remove: (pair: TokenPair, userId: UserId) => hub.call(removeMember, { projectId, userId }, by(pair)),
    grant: (pair: TokenPair, userId: UserId) => hub.call(grantAdministrator, { userId }, by(pair)),
    revoke: (pair: TokenPair, userId: UserId) => hub.call(revokeAdministrator, { userId }, by(pair)),
    by,
    owners: async () => (await asking(people.auth.database.superuserUrl, `select user_id from memberships where role = 'owner' and project_id = $1`, [projectId])).length,
  };
});

describe('a project', () => {
  test('is made by administrators, once for an id, and named by its admins', async ({ people, acts }) => {
    const admin = await people.admin();
    await people.add('owner');
    const [ada, wish] = [await people.signedIn(), { projectId: ProjectId.parse(newId()), name: ' Shop ' }];
    await expect(people.hub.call(createProject, wish, acts.by(ada))).rejects.toEqual(refusedAs('administrator.needed'));
    const shop = await people.hub.call(createProject, wish, acts.by(admin));
    expect(shop).toMatchObject({ id: wish.projectId, name: 'Shop', role: 'owner' });
    expect(await people.hub.call(createProject, wish, acts.by(admin))).toEqual(shop);
    // The token is older than the role in it; the next sign-in has it.
    await expect(people.hub.call(renameProject, { ...wish, name: 'Market' }, acts.by(admin))).rejects.toEqual(refusedAs('project.not_a_member'));
    expect(await people.hub.call(renameProject, { ...wish, name: 'Market' }, acts.by(await people.admin()))).toMatchObject({ name: 'Market' });
    const names = async (pair: TokenPair, limit = 50, cursor?: string) => {
      const page = await people.hub.call(listProjects, { limit, cursor }, acts.by(pair));
      return { names: page.items.map(({ name, role }) => `${name} ${role}`), next: page.nextCursor };
    };
    expect((await names(ada)).names).toEqual(['Default owner']);
    const first = await names(admin, 1);
    expect([first.names, (await names(admin, 1, first.next ?? '')).names]).toEqual([['Default owner'], ['Market owner']]);
    await expect(names(admin, 1, 'nonsense')).rejects.toThrow('no cursor of this list');
  });
});

describe('members', () => {
  test('are shown to each other, get roles and leave', async ({ people, acts }) => {
    const admin = await people.admin();
    const [adaId, bobId] = [await people.add('admin', ADA), await people.add('viewer', BOB)];
    const [ada, bob] = [await people.signedIn(), await people.signedIn(BOB)];
    const list = await people.hub.call(listMembers, { projectId, limit: 50 }, acts.by(bob));
    expect(list.items.map(({ email, role }) => `${email} ${role}`)).toEqual([`${ADMIN.email} owner`, `${ADA.email} admin`, `${BOB.email} viewer`]);
    expect(await acts.change(ada, bobId, 'admin')).toMatchObject({ userId: bobId, role: 'admin', email: BOB.email });
    await expect(acts.change(ada, bobId, 'owner')).rejects.toEqual(refusedAs('role.above_own'));
    await expect(acts.change(ada, await acts.me(admin), 'viewer')).rejects.toEqual(refusedAs('role.above_own'));
    await expect(acts.change(admin, await acts.me(admin), 'viewer')).rejects.toEqual(refusedAs('project.last_owner'));
    await expect(acts.remove(admin, await acts.me(admin))).rejects.toEqual(refusedAs('project.last_owner'));
    // Bob's token still says viewer, and nobody's says more than the project does.
    expect(await acts.remove(bob, bobId)).toEqual({ projectId, userId: bobId });
    expect(await acts.remove(admin, bobId)).toEqual({ projectId, userId: bobId });
    await expect(acts.change(ada, bobId, 'viewer')).rejects.toEqual(refusedAs('member.unknown'));
    expect((await people.hub.call(readMe, {}, acts.by(bob))).memberships).toEqual([]);
    await acts.remove(admin, adaId);
    await expect(acts.change(ada, bobId, 'viewer'), 'a token from before').rejects.toEqual(refusedAs('role.insufficient'));
  });

  test.for(['remove each other', 'leave'] as const)('T502. who both own the project cannot both %s at once', async (deed, { people, acts }) => {
    const adaId = await people.add('owner');
    const [admin, ada] = [await people.admin(), await people.signedIn()];
    const adminId = await acts.me(admin);
    const outcomes = await Promise.allSettled(deed === 'leave' ? [acts.remove(admin, adminId), acts.remove(ada, adaId)] : [acts.remove(admin, adaId), acts.remove(ada, adminId)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await acts.owners()).toBe(1);
  });
});

describe('administrators', () => {
  test('see everybody, make each other, and one stays', async ({ people, acts }) => {
    const admin = await people.admin();
    const adaId = await people.add('viewer');
    const ada = await people.signedIn();
    await expect(people.hub.call(listUsers, { limit: 50 }, acts.by(ada))).rejects.toEqual(refusedAs('administrator.needed'));
    await expect(acts.revoke(admin, await acts.me(admin))).rejects.toEqual(refusedAs('administrator.last'));
    expect(await acts.grant(admin, adaId)).toEqual({ userId: adaId, isAdministrator: true });
    expect(await acts.grant(admin, adaId)).toEqual({ userId: adaId, isAdministrator: true });
    await expect(acts.grant(admin, UserId.parse(newId()))).rejects.toEqual(refusedAs('user.unknown'));
    const { items } = await people.hub.call(listUsers, { limit: 50 }, acts.by(await people.signedIn()));
    expect(items).toMatchObject([
      { email: ADMIN.email, isAdministrator: true, memberships: [{ projectId, projectName: 'Default', role: 'owner' }] },
      { userId: adaId, email: ADA.email, name: ADA.name, isAdministrator: true, memberships: [{ projectId, role: 'viewer' }] },
    ]);
    const again = await people.signedIn();
    const outcomes = await Promise.allSettled([acts.revoke(admin, adaId), acts.revoke(again, await acts.me(admin))]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await asking(people.auth.database.superuserUrl, 'select user_id from administrators')).toHaveLength(1);
    // Whoever is out has an access token that says otherwise.
    const out = outcomes[0]?.status === 'fulfilled' ? again : admin;
    await expect(acts.grant(out, adaId)).rejects.toEqual(refusedAs('administrator.needed'));
  });
});

describe('an installation of an older release', () => {
  test('has its members taken over and gets one administrator: the first admin', async ({ people, acts }) => {
    const { auth, store } = people;
    const adaId = await people.add('owner');
    const adminId = await acts.me(await people.admin());
    // As it was: the role of another person in that person's stream, and nobody who administers.
    const oldProject = newId();
    const context = () => ({ commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: 'c-1', projectId: oldProject }) as const;
    await store.append({ stream: `project-${oldProject}`, expected: 'none', events: [{ type: 'ProjectCreated', data: { projectId: oldProject, name: 'Old' } }], context: context() });
    await store.append({ stream: `user-${adaId}`, expected: 'exists', events: [{ type: 'MembershipGranted', data: { userId: adaId, projectId: oldProject, role: 'admin' } }], context: context() });
    await store.append({ stream: 'installation-citrus', expected: 'exists', events: [{ type: 'AdministratorRevoked', data: { userId: adminId, reason: 'revoked' } }], context: context() });
    await Promise.all([auth.start(), auth.start()]);
    expect(await asking(auth.database.superuserUrl, 'select user_id from administrators')).toEqual([{ user_id: adminId }]);
    const { events } = await store.load(`project-${oldProject}`);
    expect(events.map(({ type, data }) => [type, data['role']])).toEqual([['ProjectCreated', undefined], ['MembershipGranted', 'admin']]);
    // Once more changes nothing.
    await auth.start();
    expect((await store.load(`project-${oldProject}`)).version).toBe(2);
    expect((await store.load('installation-citrus')).version).toBe(3);
  });
});

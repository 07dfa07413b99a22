/** The auth service with people in it, who may sign in and ask to be forgotten. For tests. */
import { eraseUser, refreshSession, signIn, UserId, type Role, type TokenPair } from '@citrus/contracts';
import { openMasterKeys, type MasterKeys } from '@citrus/kit-crypto';
import { newId, openEventStore, openKeyring, openPool, versionsOf, type EventStore, type Keyring } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { Client } from 'pg';
import { expect } from 'vitest';
import { ADMIN, test as base, type AuthUnderTest } from '../auth-service.fixture.ts';
import { authEvents } from '../event-versions.ts';
import { projectDecider } from '../project/project.decider.ts';
import { subjectOf } from '../subject/personal-text.ts';
import { sealPerson } from './new-user.ts';
import { createPasswords } from './password.ts';

export const ADDRESS = '198.51.100.77';
export const ADA = { email: 'ada.lovelace@example.org', name: 'Ada King Lovelace', password: 'analytical engine' };

export const asking = async (url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
};

type Parts = { readonly auth: AuthUnderTest; readonly store: EventStore; readonly keys: Keyring; readonly masterKeys: MasterKeys };

/** A person with a role, without the way by an invitation. */
const addPerson = async ({ auth, store, keys, masterKeys }: Parts, role: Role = 'owner', person = ADA): Promise<UserId> => {
  const userId = UserId.parse(newId());
  const context = () => ({ commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: 'c-1' }) as const;
  const data = await sealPerson({ keys, passwords: createPasswords(masterKeys) }, userId, person);
  await store.append({ stream: `user-${userId}`, expected: 'none', events: [{ type: 'UserCreated', data }], context: context() });
  await keys.name(subjectOf(userId), person.email);
  const stream = `project-${ADMIN.projectId}`;
  const grant = { type: 'AdoptMembership', data: { userId, projectId: ADMIN.projectId, role } } as const;
  await store.update(stream, projectDecider, (project) => projectDecider.decide(grant, project), { ...context(), projectId: ADMIN.projectId });
  await eventually(async () => expect(await asking(auth.database.superuserUrl, 'select 1 from memberships join users using (user_id) where user_id = $1', [userId])).toHaveLength(1));
  return userId;
};

export const test = base.extend('people', async ({ auth }, { onCleanup }) => {
  const masterKeys = openMasterKeys(auth.env['CITRUS_MASTER_KEY_FILE'] ?? '');
  const pool = openPool({ databaseUrl: auth.database.serviceUrl });
  const store = openEventStore({ pool, service: 'auth', versions: versionsOf(authEvents) });
  const keys = openKeyring({ databaseUrl: auth.keyring.serviceUrl, masterKeys });
  onCleanup(async () => void (await Promise.all([pool.end(), keys.close()])));
  const hub = await auth.as('hub');
  const parts: Parts = { auth, store, keys, masterKeys };
  const login = (person: { email: string; password: string }) => hub.call(signIn, { email: person.email, password: person.password, address: ADDRESS }, { timeoutMs: 20_000 });
  const refresh = (refreshToken: string) => hub.call(refreshSession, { refreshToken, address: ADDRESS });
  const erase = (userId: UserId, { accessToken }: TokenPair) => hub.call(eraseUser, { userId }, { token: accessToken, timeoutMs: 15_000 });
  return { ...parts, hub, login, refresh, erase,
    add: (role?: Role, person?: typeof ADA) => addPerson(parts, role, person), admin: () => login(ADMIN), signedIn: (person = ADA) => login(person) };
});

import { eraseUser, eventsStreamOf, grantAdministrator, readHistoryOf, readLogOf, readMe, UserId } from '@citrus/contracts';
import { sealWithKey } from '@citrus/kit-crypto';
import { newId, openEventStore, openKeyring, openPool } from '@citrus/kit-event-store';
import { deployStreams } from '@citrus/kit-messaging';
import { eventually, freshDatabase } from '@citrus/kit-testing';
import { jetstream } from '@nats-io/jetstream';
import { Kysely, PostgresDialect } from 'kysely';
import { describe, expect } from 'vitest';
import { ADMIN, type AuthUnderTest } from '../auth-service.fixture.ts';
import { AUTH_DATABASE } from '../database.fixture.ts';
import type { AuthDatabase } from '../database.ts';
import { places, subjectOf } from '../subject/personal-text.ts';
import { createPasswords } from './password.ts';
import { ADA, ADDRESS, asking, test } from './people.fixture.ts';
import type { DataOf } from './user.events.ts';
import { readUsers } from './users.store.ts';

const refusedAs = (code: string) => expect.objectContaining({ code });

/** Every file of the database: tables, indexes, all of them as they lie on the disk. */
const bytesOf = async (superuserUrl: string): Promise<Buffer> => {
  await asking(superuserUrl, 'checkpoint');
  const rows = await asking(superuserUrl, `select pg_read_binary_file(pg_relation_filepath(oid), true) as bytes from pg_class where relkind in ('r', 'i', 't') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`);
  return Buffer.concat(rows.map(({ bytes }) => bytes as Buffer));
};

const messagesOf = async (auth: AuthUnderTest, count: number): Promise<string> => {
  const nats = await auth.trusted.signIn('agent-mgmt');
  const consumer = await jetstream(nats).consumers.get(eventsStreamOf('auth'));
  const texts: string[] = [];
  while (texts.length < count) texts.push((await consumer.next({ expires: 5000 }))?.string() ?? '');
  return texts.join('\n');
};

const CHAIN = `
  select position from (
    select position, hash, sha256(coalesce(lag(hash) over (order by position), decode(repeat('00', 32), 'hex')) || convert_to(concat_ws(E'\\n', position, event_id, stream_id, version, type, schema_version,
      to_char(recorded_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), octet_length(meta::text), meta::text, data::text), 'UTF8')) as computed
    from events) as chain
  where hash <> computed`;

describe('a person who is forgotten', () => {
  test('is nobody from then on', async ({ people }) => {
    const { auth, hub, login, refresh, erase } = people;
    const userId = await people.add();
    const ada = await people.signedIn();
    const admin = await people.admin();
    const { erasedAt } = await erase(userId, admin);
    expect(Date.parse(erasedAt)).toBeGreaterThan(Date.now() - 60_000);
    const [known, unknown] = await Promise.all([login(ADA), login({ email: 'never@example.org', password: ADA.password })].map((attempt) => attempt.catch((error: unknown) => error)));
    expect(known).toEqual(refusedAs('session.wrong_credentials'));
    expect(known).toEqual(unknown);
    await expect(refresh(ada.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(hub.call(readMe, {}, { token: ada.accessToken })).rejects.toEqual(refusedAs('user.unknown'));
    await expect(login(ADMIN)).resolves.toHaveProperty('accessToken');
    const rows = (table: string) => asking(auth.database.superuserUrl, `select * from ${table} where user_id = $1`, [userId]);
    expect(await rows('users')).toEqual([]);
    expect(await rows('memberships')).toEqual([]);
    await eventually(async () => expect(await rows('sessions')).toEqual([expect.objectContaining({ close_reason: 'erased' })]));
    expect(await erase(userId, admin)).toEqual({ userId, erasedAt });
  });

  test('leaves a sentence in the history of the project, which names nobody', async ({ people }) => {
    const userId = await people.add('viewer');
    const admin = await people.admin();
    await people.erase(userId, admin);
    const { events } = await people.hub.call(readHistoryOf('auth'), { limit: 100, direction: 'forward' }, { token: admin.accessToken });
    expect(events.at(-1)).toMatchObject({ type: 'MembershipEnded', stream: `project-${ADMIN.projectId}`, data: { userId, projectId: ADMIN.projectId, reason: 'erased' }, actor: { kind: 'user' } });
  });

  test('T821. is found nowhere: not in the database\'s files, nor in JetStream, nor in a backup from before', async ({ people }) => {
    const { auth, keys, masterKeys } = people;
    await deployStreams(await auth.trusted.signIn('deployer'));
    const userId = await people.add();
    await people.refresh((await people.signedIn()).refreshToken);
    // Before: a backup of the log's database with its read models, and the person can be read with the key.
    const backup = await freshDatabase(auth.database.superuserUrl, AUTH_DATABASE);
    const readAda = async (url: string) => {
      const pool = openPool({ databaseUrl: url });
      const users = readUsers(new Kysely<AuthDatabase>({ dialect: new PostgresDialect({ pool }) }), keys);
      const found = { byId: await users.byId(userId), byEmail: await users.byEmail(ADA.email) };
      await pool.end();
      return found;
    };
    for (const table of ['users', 'memberships', 'sessions', 'streams', 'event_partitions.events_0']) {
      const rows = await asking(auth.database.superuserUrl, `select coalesce(json_agg(copied), '[]')::text as rows from ${table} as copied`);
      await asking(backup.superuserUrl, `insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [rows[0]?.['rows']]);
    }
    expect(await readAda(backup.serviceUrl)).toMatchObject({ byId: { email: ADA.email }, byEmail: { name: ADA.name } });
    const [created] = (await people.store.load(`user-${userId}`)).events;
    const { email } = (created as unknown as { data: DataOf<'UserCreated'> }).data;
    const sealed = 'sealed' in email ? email.sealed : '';
    expect(await keys.open(subjectOf(userId), sealed, places.email(userId))).toBe(ADA.email);

    await people.erase(userId, await people.admin());
    const head = await people.store.head();
    const fresh = openKeyring({ databaseUrl: auth.keyring.serviceUrl, masterKeys });
    expect(await fresh.open(subjectOf(userId), sealed, places.email(userId))).toBeUndefined();
    await fresh.close();
    await eventually(async () => expect(await readAda(backup.serviceUrl)).toEqual({ byId: undefined, byEmail: undefined }));
    const everything = { log: await bytesOf(auth.database.superuserUrl), keyring: await bytesOf(auth.keyring.superuserUrl), backup: await bytesOf(backup.superuserUrl), jetstream: Buffer.from(await messagesOf(auth, head)) };
    for (const [where, bytes] of Object.entries(everything)) {
      expect(bytes.includes(userId), `the id in ${where}`).toBe(true);
      for (const text of [ADA.email, ADA.name, ADDRESS, '$argon2id$', ADA.password]) expect(bytes.includes(text), `${text} in ${where}`).toBe(false);
    }
    expect(everything.jetstream.toString()).toContain('"type":"SubjectErased"');
    expect(await asking(auth.database.superuserUrl, CHAIN)).toEqual([]);
    await backup.drop();
  });
});

describe('whoever asks for it', () => {
  test('may be the person, or an administrator of the installation; others hear no more than they may know', async ({ people }) => {
    const [viewer, other] = [{ ...ADA, email: 'viewer@example.org' }, { ...ADA, email: 'other@example.org' }];
    const [viewerId, otherId] = [await people.add('owner', viewer), await people.add('admin', other)];
    const viewers = await people.signedIn(viewer);
    // An owner of one project has no say about what somebody is in others.
    await expect(people.erase(otherId, viewers)).rejects.toEqual(refusedAs('administrator.needed'));
    await expect(people.erase(UserId.parse(newId()), viewers)).rejects.toEqual(refusedAs('administrator.needed'));
    await expect(people.erase(UserId.parse(newId()), await people.admin())).rejects.toEqual(refusedAs('user.unknown'));
    await expect(people.hub.call(eraseUser, { userId: otherId })).rejects.toEqual(refusedAs('session.missing'));
    const { erasedAt } = await people.erase(viewerId, viewers);
    expect(await people.erase(viewerId, viewers)).toEqual({ userId: viewerId, erasedAt });
    await expect(people.erase(otherId, viewers)).rejects.toEqual(refusedAs('session.ended'));
    expect(await people.erase(otherId, await people.admin())).toMatchObject({ userId: otherId });
  });

  test('is refused for the last administrator, in words', async ({ people }) => {
    await people.add('owner');
    const admin = await people.admin();
    const { userId } = await people.hub.call(readMe, {}, { token: admin.accessToken });
    await expect(people.erase(UserId.parse(userId), admin)).rejects.toThrow(/Nobody else is an administrator .*Make somebody else one first/);
  });

  test('is refused for the last owner of a project, in words', async ({ people }) => {
    const admin = await people.admin();
    const { userId } = await people.hub.call(readMe, {}, { token: admin.accessToken });
    await people.add('admin');
    await expect(people.erase(UserId.parse(userId), admin)).rejects.toThrow(/Nobody else owns the project .*Make somebody else its owner first/);
  });

  test('cannot leave a project without an owner, nor the installation without an administrator, not even two at the same time', async ({ people }) => {
    const userId = await people.add('owner');
    const admin = await people.admin();
    await people.hub.call(grantAdministrator, { userId }, { token: admin.accessToken });
    const ada = await people.signedIn();
    const { userId: adminId } = await people.hub.call(readMe, {}, { token: admin.accessToken });
    const outcomes = await Promise.allSettled([people.erase(userId, admin), people.erase(UserId.parse(adminId), ada)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await asking(people.auth.database.superuserUrl, `select role from memberships where role = 'owner'`)).toHaveLength(1);
    expect(await asking(people.auth.database.superuserUrl, 'select user_id from administrators')).toHaveLength(1);
  });
});

describe('an erasure that is interrupted', () => {
  test('is completed as soon as the keyring is back, and nobody can sign in meanwhile', async ({ people }) => {
    const { auth, keys } = people;
    const userId = await people.add();
    const ada = await people.signedIn();
    const admin = await people.admin();
    const keyring = (text: string) => asking(auth.database.superuserUrl, text);
    await keyring(`alter database ${auth.keyring.name} allow_connections false`);
    await keyring(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${auth.keyring.name}'`);
    // Until the pools have noticed, a broken connection may still be asked.
    await eventually(() => expect(people.erase(userId, admin)).rejects.toThrow('The person can no longer sign in. What is stored is destroyed as soon as the keyring answers'));
    await expect(people.login(ADMIN)).rejects.toEqual(expect.objectContaining({ name: 'Unavailable', message: expect.stringContaining('keyring') }));
    await expect(people.refresh(ada.refreshToken)).rejects.toThrow();
    await keyring(`alter database ${auth.keyring.name} allow_connections true`);
    await eventually(async () => expect(await asking(auth.keyring.superuserUrl, 'select wrapped_key from subject_keys where subject_id = $1', [subjectOf(userId)])).toEqual([{ wrapped_key: null }]));
    expect(await keys.find(ADA.email)).toBeUndefined();
    await expect(people.login(ADA)).rejects.toEqual(refusedAs('session.wrong_credentials'));
    expect(await people.erase(userId, admin)).toMatchObject({ userId });
  });

  test('T822. by the end of the process is completed by the next one, also when an old keyring came back', async ({ people }) => {
    const { auth, store } = people;
    const userId = await people.add();
    const columns = 'subject_id, wrapped_key, made_at, erased_at';
    const inKeyring = (text: string, values: unknown[] = []) => asking(auth.keyring.superuserUrl, text, values);
    const [saved] = await inKeyring(`select ${columns} from subject_keys where subject_id = $1`, [subjectOf(userId)]);
    // The fact alone, as from a process that died right after it: every replica reads it.
    await store.append({
      stream: `user-${userId}`, expected: 1, events: [{ type: 'SubjectErased', data: { subjectId: subjectOf(userId), at: new Date().toISOString() } }],
      context: { commandId: newId(), actor: { kind: 'user', id: userId }, correlationId: 'c-2' },
    });
    const keyOf = async () => (await inKeyring('select wrapped_key from subject_keys where subject_id = $1', [subjectOf(userId)]))[0]?.['wrapped_key'];
    await eventually(async () => expect(await keyOf()).toBeNull());
    await inKeyring(`set session_replication_role = replica; update subject_keys set wrapped_key = '${String(saved?.['wrapped_key'])}', erased_at = null where subject_id = '${subjectOf(userId)}'`);
    expect(await keyOf()).toBe(saved?.['wrapped_key']);
    await auth.start();
    expect(await keyOf()).toBeNull();
  });
});

describe('a log from before', () => {
  test('is read with its clear text; its people sign in, and are forgotten as far as that goes', async ({ people }) => {
    const { auth, masterKeys } = people;
    const pool = openPool({ databaseUrl: auth.database.serviceUrl });
    const older = openEventStore({ pool, service: 'auth' });
    const userId = UserId.parse(newId());
    const context = () => ({ commandId: newId(), actor: { kind: 'service', id: 'auth' }, correlationId: 'c-1', projectId: ADMIN.projectId }) as const;
    const sealedPassword = sealWithKey(masterKeys, await createPasswords(masterKeys).seal(userId, ADA.password), `user-${userId}`);
    await older.append({ stream: `user-${userId}`, expected: 'none', events: [{ type: 'UserCreated', data: { userId, email: ADA.email, name: ADA.name, sealedPassword } }], context: context() });
    await older.append({ stream: `user-${userId}`, expected: 1, events: [{ type: 'MembershipGranted', data: { userId, projectId: ADMIN.projectId, role: 'viewer' } }], context: context() });
    const sessionId = newId();
    await older.append({ stream: `session-${sessionId}`, expected: 'none', events: [{ type: 'SessionStarted', data: { sessionId, userId, address: ADDRESS, tokenHash: 'x', expiresAt: '2030-01-01T00:00:00.000Z' } }], context: context() });
    await pool.end();
    await auth.start();
    const ada = await people.signedIn();
    expect(await people.hub.call(readMe, {}, { token: ada.accessToken })).toMatchObject({ userId, email: ADA.email, name: ADA.name });
    await people.erase(userId, ada);
    await expect(people.login(ADA)).rejects.toEqual(refusedAs('session.wrong_credentials'));
    await eventually(async () => expect(await asking(auth.database.superuserUrl, 'select close_reason, sealed_address is null as is_blank from sessions where user_id = $1 order by started_at', [userId])).toEqual([{ close_reason: 'erased', is_blank: true }, { close_reason: 'erased', is_blank: false }]));
    const rows = JSON.stringify(await Promise.all(['users', 'sessions'].map((table) => asking(auth.database.superuserUrl, `select * from ${table}`))));
    expect(rows).not.toContain(ADA.email);
    expect(rows).not.toContain(ADDRESS);
    // What was written in clear stays where it was written: the documents say so.
    const { events } = await (await auth.as('agent-mgmt')).call(readLogOf('auth'), { after: 0, limit: 1000, types: ['UserCreated'] });
    expect(events.find(({ version }) => version === 1)?.data).toMatchObject({ email: ADA.email });
  });
});

describe('two replicas', () => {
  test('forget together', async ({ people }) => {
    await people.auth.start();
    const userId = await people.add();
    const ada = await people.signedIn();
    await people.erase(userId, await people.admin());
    for (let n = 0; n < 8; n += 1) {
      await expect(people.refresh(ada.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
      await expect(people.hub.call(readMe, {}, { token: ada.accessToken })).rejects.toEqual(refusedAs('user.unknown'));
    }
  });
});

import { AUDIT_STREAM, readHistoryOf, readKeySet, readLogOf, readMe, refreshSession, signIn, signOut, type AuditEntry, type TokenPair } from '@citrus/contracts';
import { Unauthenticated } from '@citrus/kit-domain';
import { createJwtAuthenticator, deployStreams, type Requests } from '@citrus/kit-messaging';
import { openEventStore, openPool, rebuildReadModel } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { jetstream } from '@nats-io/jetstream';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Kysely, PostgresDialect } from 'kysely';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { ADMIN, test, type AuthUnderTest } from '../auth-service.fixture.ts';
import type { AuthDatabase } from '../database.ts';
import { membershipsProjection } from '../user/membership.projection.ts';
import { usersProjection } from '../user/user.projection.ts';
import { sessionsProjection } from './session.projection.ts';

const login = async (auth: AuthUnderTest) => (await auth.login()) as TokenPair;
const refusedAs = (code: string) => expect.objectContaining({ code });
const refresh = (hub: Requests, refreshToken: string) => hub.call(refreshSession, { refreshToken, address: '203.0.113.7' });

const rowsOf = async (auth: AuthUnderTest, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: auth.database.superuserUrl });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
};

describe('signing in', () => {
  test('gives a token that every service can check and that says what the person may do', async ({ auth }) => {
    const { accessToken, expiresInSeconds } = await login(auth);
    const caller = await createJwtAuthenticator(await auth.as('provisioning'))(accessToken);
    expect(caller).toMatchObject({ userId: expect.any(String), email: ADMIN.email, memberships: [{ projectId: ADMIN.projectId, role: 'owner' }], signedInBy: 'session' });
    const { exp = 0, iat = 0 } = decodeJwt(accessToken);
    expect(exp - iat).toBe(expiresInSeconds);
    expect(decodeProtectedHeader(accessToken)).toMatchObject({ alg: 'EdDSA' });
    expect(await (await auth.as('hub')).call(readMe, {}, { token: accessToken })).toEqual({ ...caller, name: 'Administrator' });
  });

  test('takes the address as people write it', async ({ auth }) => {
    await expect(auth.login(ADMIN.password, 'Admin@Example.org')).resolves.toHaveProperty('accessToken');
  });

  test('T601. says the same about a wrong password and an unknown person', async ({ auth }) => {
    const [wrong, unknown] = await Promise.all([auth.login('wrong'), auth.login(ADMIN.password, 'nobody@example.org')].map((attempt) => attempt.catch((error: unknown) => error)));
    expect(wrong).toEqual(refusedAs('session.wrong_credentials'));
    expect(unknown).toEqual(wrong);
  });

  test('T601. takes as long for an unknown person', async ({ auth }) => {
    const timeOf = async (email: string) => {
      const started = performance.now();
      await expect(auth.login('wrong', email)).rejects.toBeInstanceOf(Unauthenticated);
      return performance.now() - started;
    };
    await timeOf('warm-up@example.org');
    // In turn, so that what else the machine does meets both.
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let n = 1; n <= 5; n += 1) {
      known.push(await timeOf(ADMIN.email));
      unknown.push(await timeOf(`nobody${n}@example.org`));
    }
    expect(Math.min(...unknown) / Math.min(...known)).toBeGreaterThan(0.4);
  });

  test('pauses after five wrong passwords, for the right one too, and in every replica', async ({ auth }) => {
    await auth.start();
    for (let attempt = 0; attempt < 5; attempt += 1) await expect(auth.login('wrong')).rejects.toEqual(refusedAs('session.wrong_credentials'));
    for (let attempt = 0; attempt < 4; attempt += 1) await expect(auth.login()).rejects.toEqual(refusedAs('session.too_many_attempts'));
    await expect(auth.login('wrong', 'other@example.org')).rejects.toEqual(refusedAs('session.wrong_credentials'));
  });

  test('T602. is not beaten by guessing many at the same time', async ({ auth }) => {
    const outcomes = await Promise.allSettled([...Array.from({ length: 30 }, () => auth.login('wrong')), auth.login()]);
    expect(outcomes.at(-1)?.status).toBe('rejected');
  });

  test('forgets wrong passwords after a right one', async ({ auth }) => {
    for (let round = 0; round < 2; round += 1) {
      for (let attempt = 0; attempt < 4; attempt += 1) await expect(auth.login('wrong')).rejects.toThrow();
      await auth.login();
    }
  });

  test('is told to the audit, without a secret', async ({ auth, trusted }) => {
    await deployStreams(await trusted.signIn('deployer'));
    await expect(auth.login('a wrong secret')).rejects.toThrow();
    await auth.login();
    const consumer = await jetstream(await trusted.signIn('auth')).consumers.get(AUDIT_STREAM);
    const texts = [(await consumer.next())?.string() ?? '', (await consumer.next())?.string() ?? ''];
    expect(texts.map((text) => (JSON.parse(text) as AuditEntry).outcome)).toEqual(['refused', 'allowed']);
    for (const text of texts) expect(text).not.toMatch(/secret|correct horse/);
  });
});

describe('a refresh token', () => {
  test('is exchanged for a new pair', async ({ auth }) => {
    const hub = await auth.as('hub');
    const second = await refresh(hub, (await login(auth)).refreshToken);
    const third = await refresh(hub, second.refreshToken);
    expect(third.refreshToken).not.toBe(second.refreshToken);
  });

  test('T607. that comes again after its successor was used ends the whole family', async ({ auth }) => {
    const hub = await auth.as('hub');
    const { refreshToken } = await login(auth);
    const next = await refresh(hub, refreshToken);
    const last = await refresh(hub, next.refreshToken);
    await expect(refresh(hub, refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(refresh(hub, last.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
  });

  test('gives all tabs that come at the same moment the same successor, whichever replica they reach', async ({ auth }) => {
    await auth.start();
    const hub = await auth.as('hub');
    const { refreshToken } = await login(auth);
    const pairs = await Promise.all(Array.from({ length: 6 }, () => refresh(hub, refreshToken)));
    expect(new Set(pairs.map((pair) => pair.refreshToken)).size).toBe(1);
    await refresh(hub, pairs[0]?.refreshToken ?? '');
    await expect(refresh(hub, refreshToken)).rejects.toEqual(refusedAs('session.ended'));
  });

  test('ends by signing out, and a made-up one changes nothing', async ({ auth }) => {
    const hub = await auth.as('hub');
    const { refreshToken } = await login(auth);
    const [sessionId] = refreshToken.split('.');
    await hub.call(signOut, { refreshToken: `${sessionId}.made-up` });
    await expect(refresh(hub, `${sessionId}.made-up`)).rejects.toEqual(refusedAs('session.ended'));
    const next = await refresh(hub, refreshToken);
    await hub.call(signOut, { refreshToken: next.refreshToken });
    await expect(refresh(hub, next.refreshToken)).rejects.toEqual(refusedAs('session.ended'));
    await expect(hub.call(signOut, { refreshToken: 'nonsense' })).resolves.toEqual({});
  });
});

describe('auth', () => {
  test('T801. stores no password, token or private key in clear', async ({ auth }) => {
    const { refreshToken } = await login(auth);
    const everything = JSON.stringify([
      await rowsOf(auth, 'select * from events'), await rowsOf(auth, 'select * from users'), await rowsOf(auth, 'select * from sessions'), await rowsOf(auth, 'select * from signing_keys'),
    ]);
    for (const secret of [ADMIN.password, refreshToken.split('.')[1] ?? '', '$argon2id$', '"d":']) expect(everything).not.toContain(secret);
  });

  test('makes the first admin once, and signs with the same key after a restart', async ({ auth }) => {
    const hub = await auth.as('hub');
    const keys = await hub.call(readKeySet, {});
    const again = await auth.start();
    expect(await hub.call(readKeySet, {})).toEqual(keys);
    await again.stop();
    const { events } = await (await auth.as('agent-mgmt')).call(readLogOf('auth'), { after: 0, limit: 100 });
    expect(events.map(({ type }) => type).filter((type) => type === 'UserCreated' || type === 'ProjectCreated').toSorted()).toEqual(['ProjectCreated', 'UserCreated']);
  });

  test('has the same rows when its read models are dropped and the log is replayed', async ({ auth }) => {
    const hub = await auth.as('hub');
    await refresh(hub, (await login(auth)).refreshToken);
    await hub.call(signOut, { refreshToken: (await login(auth)).refreshToken });
    const { head } = await (await auth.as('agent-mgmt')).call(readLogOf('auth'), { after: 0, limit: 1 });
    const read = async () => JSON.stringify(await Promise.all(['users', 'memberships', 'sessions'].map((table) => rowsOf(auth, `select * from ${table} order by 1, 2`))));
    await eventually(async () => expect(await rowsOf(auth, `select count(*) filter (where position < ${head})::int as behind, count(*) > 3 as has_begun from checkpoints where consumer not in ('event-links', 'auth-servers')`)).toEqual([{ behind: 0, has_begun: true }]));
    const before = await read();
    const pool = openPool({ databaseUrl: auth.database.serviceUrl });
    const db = new Kysely<AuthDatabase>({ dialect: new PostgresDialect({ pool }) });
    const store = openEventStore({ pool, service: 'auth' });
    for (const fold of [usersProjection, membershipsProjection, sessionsProjection]) await rebuildReadModel({ db, pool, store, fold });
    await db.destroy();
    expect(await read()).toBe(before);
    expect(before).toContain('signed-out');
  });

  test('T404. shows a member the history of the project, and nothing of users', async ({ auth }) => {
    const { accessToken } = await login(auth);
    const { events } = await (await auth.as('hub')).call(readHistoryOf('auth'), { limit: 100, direction: 'forward' }, { token: accessToken });
    expect(events.map(({ type }) => type)).toEqual(['ProjectCreated', 'MembershipGranted']);
  });

  test('refuses what is not as the contract says', async ({ auth }) => {
    const hub = await auth.as('hub');
    await expect(hub.call(signIn, { email: 'not an address', password: 'x', address: '' })).rejects.toEqual(expect.objectContaining({ name: 'ContractViolation' }));
    await expect(hub.call(readMe, {})).rejects.toEqual(refusedAs('session.missing'));
    await expect(hub.call(readMe, {}, { token: 'nonsense' })).rejects.toEqual(refusedAs('session.invalid'));
  });
});

/** The whole auth service on a real database and a real nats-server, asked by others with their own credentials. For tests. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKeySet, signIn, type ServiceName } from '@citrus/contracts';
import { newSealKey } from '@citrus/kit-event-store';
import { createRequests, type Requests } from '@citrus/kit-messaging';
import { startService, type RunningService } from '@citrus/kit-service';
import { eventually, freshDatabase, type TestDatabase } from '@citrus/kit-testing';
import { AppModule } from './app.module.ts';
import { AuthConfig } from './config.ts';
import { AUTH_DATABASE, KEYRING } from './database.fixture.ts';
import { test as base, type TrustedNats } from './nats-credentials/trusted-nats.fixture.ts';

export const ADMIN = { email: 'admin@example.org', password: 'correct horse battery', projectId: '0198c0de-0000-7000-8000-00000000000a' };

export type AuthUnderTest = {
  readonly trusted: TrustedNats;
  readonly database: TestDatabase;
  /** The keyring's, a database of its own. */
  readonly keyring: TestDatabase;
  readonly env: NodeJS.ProcessEnv;
  /** The file of the first admin, whether the service was told of it or not. */
  readonly adminFile: string;
  /** Requests as this service makes them, with its own rights. */
  as(service: ServiceName): Promise<Requests>;
  login(password?: string, email?: string): ReturnType<Requests['call']>;
  /** All replicas go, and one comes with this configuration besides. */
  restart(env?: NodeJS.ProcessEnv): Promise<RunningService>;
  /** One more replica, or the same one after a restart. */
  start(env?: NodeJS.ProcessEnv): Promise<RunningService>;
};

const definition = { service: 'auth', module: AppModule, config: AuthConfig } as const;

type Databases = { readonly database: TestDatabase; readonly keyring: TestDatabase };

const envOf = async (dir: string, trusted: TrustedNats, { database, keyring }: Databases): Promise<NodeJS.ProcessEnv> => {
  await writeFile(join(dir, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  await writeFile(join(dir, 'seal.key'), newSealKey(), { mode: 0o600 });
  await writeFile(join(dir, 'admin.json'), JSON.stringify(ADMIN), { mode: 0o600 });
  return {
    CITRUS_NATS_URL: trusted.server.url,
    CITRUS_NATS_CREDS_FILE: trusted.trust.credsFiles.auth,
    CITRUS_HTTP_PORT: '0',
    CITRUS_LOG_LEVEL: process.env['CITRUS_TEST_LOG_LEVEL'] ?? 'silent',
    CITRUS_DATABASE_URL: database.serviceUrl,
    CITRUS_KEYRING_URL: keyring.serviceUrl,
    CITRUS_MASTER_KEY_FILE: join(dir, 'master.key'),
    CITRUS_SEAL_KEY_FILE: join(dir, 'seal.key'),
    CITRUS_SEALS_DIR: join(dir, 'seals'),
    CITRUS_NATS_KEYS_DIR: trusted.trust.authKeysDir,
    CITRUS_AGENT_NATS_URLS: trusted.websocketUrl,
    CITRUS_FIRST_ADMIN_FILE: join(dir, 'admin.json'),
    // Most tests have no stream AUDIT: every stop would wait in vain for one.
    CITRUS_AUDIT_STOP_MS: '0',
  };
};

const withKeyring = base.extend('template', () => AUTH_DATABASE).extend('keyring', async ({ database }, { onCleanup }): Promise<TestDatabase> => {
  const keyring = await freshDatabase(database.superuserUrl, KEYRING);
  onCleanup(() => keyring.drop());
  return keyring;
});

const withFirstAdmin = withKeyring.extend('firstAdmin', () => true);

export const test = withFirstAdmin.extend('auth', async ({ trusted, database, keyring, firstAdmin }, { onCleanup }): Promise<AuthUnderTest> => {
  const dir = await mkdtemp(join(tmpdir(), 'citrus-auth-'));
  const replicas: RunningService[] = [];
  onCleanup(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await rm(dir, { recursive: true, force: true });
  });
  const { CITRUS_FIRST_ADMIN_FILE: adminFile = '', ...withoutAdmin } = await envOf(dir, trusted, { database, keyring });
  const env = { ...withoutAdmin, ...(firstAdmin && { CITRUS_FIRST_ADMIN_FILE: adminFile }) };
  const start = async (other: NodeJS.ProcessEnv = {}) => {
    const running = await startService(definition, { env: { ...env, ...other } });
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= running.stop());
    replicas.push({ ...running, stop });
    await eventually(() => expectReady(running.port));
    // It joins its queue groups right after it is ready.
    const asked = createRequests(running.nats);
    await eventually(() => asked.call(readKeySet, {}));
    return { ...running, stop };
  };
  const as = async (service: ServiceName) => createRequests(await trusted.signIn(service));
  await start();
  const hub = await as('hub');
  const login = (password = ADMIN.password, email = ADMIN.email) => hub.call(signIn, { email, password, address: '203.0.113.7' }, { timeoutMs: 20_000 });
  const restart = async (other?: NodeJS.ProcessEnv) => {
    await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
    return start(other);
  };
  return { trusted, database, keyring, env, adminFile, as, login, start, restart };
});

const expectReady = async (port: number): Promise<void> => {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  if (!response.ok) throw new Error(await response.text());
};

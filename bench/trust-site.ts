/** auth, hub and agent-mgmt as processes of their own, on a PostgreSQL with real fsync and a nats-server that trusts only what auth signs. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bootstrapTrust, natsServerConfig, type Trust } from '@citrus/auth';
import { inboxPrefixOf, type LoggedService, type ServiceName } from '@citrus/contracts';
import { freePort, run, startNats, startPostgres, waitUntil, type EmbeddedNats } from '@citrus/kit-embedded';
import { newSealKey } from '@citrus/kit-event-store';
import { connectNats, deployStreams } from '@citrus/kit-messaging';
import { freshDatabase } from '@citrus/kit-testing/database';
import type { NatsConnection } from '@nats-io/transport-node';

const exec = promisify(execFile);
/** From `bench/dist`. */
const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const READY_WITHIN_MS = 60_000;

export type Site = {
  readonly hubUrl: string;
  readonly natsUrl: string;
  readonly websocketUrl: string;
  readonly nats: EmbeddedNats;
  readonly trust: Trust;
  readonly postgresUrl: string;
  /** What each service connects to its own database with. */
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly admin: { readonly email: string; readonly password: string; readonly projectId: string };
  /** A connection with a service's own rights. */
  as(service: ServiceName): Promise<NatsConnection>;
  /** Everything that runs, by name. */
  readonly pids: Readonly<Record<string, number>>;
  /** Processor time that the services have used so far: what a busy machine does not change much. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
};

export type SiteOptions = {
  /** Further lines of the broker's configuration. */
  readonly natsLines?: readonly string[];
  readonly installersDir?: string;
  readonly withMetrics?: boolean;
  /** For the services: `warn`, or where they write their logs to. */
  readonly environment?: Readonly<Record<string, string>>;
};

type Parts = { readonly dir: string; readonly options: SiteOptions; readonly trust: Trust; readonly nats: EmbeddedNats; readonly databaseUrls: Record<string, string>; readonly natsUrl: string; readonly websocketPort: number; readonly postgresUrl: string; readonly stops: (() => Promise<void>)[]; readonly pids: Record<string, number>; /** Of what the services run on. */ readonly pidsBelow: Readonly<Record<string, number>> };

const { PATH, HOME } = process.env;

const migrated = async (service: LoggedService, { postgresUrl, databaseUrls }: Parts): Promise<Record<string, string>> => {
  const database = await freshDatabase(postgresUrl);
  const keyring = service === 'auth' ? await freshDatabase(postgresUrl) : undefined;
  const env = { PATH, HOME, CITRUS_DATABASE_OWNER_URL: database.ownerUrl, CITRUS_DATABASE_ROLE: database.role, ...(keyring && { CITRUS_KEYRING_OWNER_URL: keyring.ownerUrl, CITRUS_KEYRING_ROLE: keyring.role }) };
  await exec(process.execPath, [`${root}/services/${service}/dist/migrate.js`], { env });
  databaseUrls[service] = database.serviceUrl;
  return { CITRUS_DATABASE_URL: database.serviceUrl, ...(keyring && { CITRUS_KEYRING_URL: keyring.serviceUrl }) };
};

const startProgram = async (service: ServiceName, { dir, options, trust, natsUrl, stops, pids }: Parts, settings: Record<string, string>): Promise<string> => {
  const port = await freePort();
  const env = { PATH, HOME, NODE_ENV: 'production', CITRUS_NATS_URL: natsUrl, CITRUS_NATS_CREDS_FILE: trust.credsFiles[service], CITRUS_HTTP_HOST: '127.0.0.1', CITRUS_HTTP_PORT: String(port), CITRUS_LOG_LEVEL: 'warn', CITRUS_MASTER_KEY_FILE: join(dir, 'master.key'), CITRUS_SEALS_DIR: join(dir, 'seals'), ...options.environment, ...settings };
  const running = run({ command: process.execPath, args: [`${root}/services/${service}/dist/main.js`], env });
  stops.push(() => running.stop());
  pids[service] = running.pid;
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok ?? false;
  await waitUntil(service, isReady, { timeoutMs: READY_WITHIN_MS, running });
  return url;
};

const startServices = async (parts: Parts, adminFile: string): Promise<string> => {
  const { dir, trust } = parts;
  const sealed = async (service: LoggedService) => {
    const file = join(dir, `${service}.seal.key`);
    await writeFile(file, newSealKey(), { mode: 0o600 });
    return { ...(await migrated(service, parts)), CITRUS_SEAL_KEY_FILE: file };
  };
  const empty = join(dir, 'empty');
  await mkdir(empty);
  await writeFile(join(empty, 'index.html'), '<!doctype html><title>Citrus</title>');
  await startProgram('auth', parts, { ...(await sealed('auth')), CITRUS_NATS_KEYS_DIR: trust.authKeysDir, CITRUS_AGENT_NATS_URLS: `ws://127.0.0.1:${parts.websocketPort}`, CITRUS_FIRST_ADMIN_FILE: adminFile });
  await startProgram('agent-mgmt', parts, { ...(await sealed('agent-mgmt')), CITRUS_INSTALLERS_DIR: parts.options.installersDir ?? `${root}/installers` });
  if (parts.options.withMetrics) await startProgram('metrics', parts, await sealed('metrics'));
  return startProgram('hub', parts, { CITRUS_PANEL_DIR: empty, CITRUS_ARTIFACTS_DIR: empty, CITRUS_PUBLIC_URL: 'http://citrus.bench', CITRUS_TRUSTED_PROXIES: '127.0.0.1' });
};

const begin = async (dir: string, stops: Parts['stops'], options: SiteOptions): Promise<Parts> => {
  const trust = await bootstrapTrust({ dir: join(dir, 'trust') });
  const websocketPort = await freePort();
  const server = await startNats({ dir, config: (place) => [natsServerConfig({ trust, dataDir: place.dir, port: place.port, websocket: { port: websocketPort } }), ...(options.natsLines ?? [])].join('\n') });
  stops.push(() => server.stop());
  const postgres = await startPostgres({ fsync: 'on', synchronous_commit: 'on', max_connections: '200', ...(process.env['CITRUS_BENCH_STATEMENTS'] && { shared_preload_libraries: 'pg_stat_statements' }) });
  stops.push(() => postgres.stop());
  const deployer = await connectNats({ url: server.url, credsFile: trust.credsFiles.deployer, name: 'deploy', inboxPrefix: '_INBOX_deployer' });
  await deployStreams(deployer);
  await deployer.close();
  return { dir, options, trust, nats: server, databaseUrls: {}, natsUrl: server.url, websocketPort, postgresUrl: postgres.url, stops, pids: {}, pidsBelow: { PostgreSQL: postgres.pid, 'nats-server': server.pid } };
};

/** Linux counts in hundredths of a second; fields 14 and 15, behind a name in parentheses that may hold anything. */
const cpuMsOf = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

export const startSite = async (options: SiteOptions = {}): Promise<Site> => {
  const dir = await mkdtemp(join(tmpdir(), 'citrus-bench-trust-'));
  const stops: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    const parts = await begin(dir, stops, options);
    const admin = { email: 'admin@example.org', password: 'correct horse battery', projectId: randomUUID() };
    const adminFile = join(dir, 'admin.json');
    await writeFile(adminFile, JSON.stringify(admin), { mode: 0o600 });
    await writeFile(join(dir, 'master.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
    const hubUrl = await startServices(parts, adminFile);
    const as = async (service: ServiceName) => {
      const nc = await connectNats({ url: parts.natsUrl, credsFile: parts.trust.credsFiles[service], name: `bench as ${service}`, inboxPrefix: inboxPrefixOf(service) });
      stops.push(() => nc.close());
      return nc;
    };
    const cpuMs = async () => (await Promise.all(Object.values(parts.pids).map(cpuMsOf))).reduce((sum, ms) => sum + ms, 0);
    const { natsUrl, nats, trust, postgresUrl, databaseUrls } = parts;
    return { hubUrl, natsUrl, websocketUrl: `ws://127.0.0.1:${parts.websocketPort}`, nats, trust, postgresUrl, databaseUrls, admin, as, cpuMs, pids: { ...parts.pids, ...parts.pidsBelow }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

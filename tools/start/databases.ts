/**
 * A database for each service that has one, with an owner that migrates and a service role that may do little; and the
 * keyring, which auth has beside its log: so that no backup of a log has the keys in it that personal data is sealed with.
 * Where there is a log, people may ask with SQL too, as a role that can only read.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { LOGGED_SERVICES } from '@citrus/contracts';
import { adminUrl } from '@citrus/kit-embedded';
import { analystRoleOf, analystRoleSettings, keepFromEverybody } from '@citrus/kit-event-store';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { StartFailure } from './failure.ts';
import { newPassword, type Home } from './home.ts';

const exec = promisify(execFile);

export const SERVICES_WITH_DATABASE = ['auth', 'provisioning', 'agent-mgmt', 'metrics'] as const;
export type ServiceWithDatabase = (typeof SERVICES_WITH_DATABASE)[number];

export type DatabaseUrls = { readonly ownerUrl: string; readonly serviceUrl: string; readonly role: string };

export type Databases = Record<ServiceWithDatabase | 'keyring', DatabaseUrls>;

const nameOf = (service: ServiceWithDatabase | 'keyring'): string => `citrus_${service.replace('-', '_')}`;

const ensureRole = async (client: Client, role: string, password: string): Promise<void> => {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
  await client.query(`${rowCount ? 'alter' : 'create'} role ${escapeIdentifier(role)} login password ${escapeLiteral(password)}`);
};

const ensureDatabase = async (client: Client, name: string, owner: string): Promise<void> => {
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (!rowCount) await client.query(`create database ${escapeIdentifier(name)} owner ${escapeIdentifier(owner)}`);
  await client.query(`revoke all on database ${escapeIdentifier(name)} from public`);
};

type Names = { readonly name: string; readonly owner: string };

/** A role that people with SQL sign in with; its password stands in the secrets like all others. */
const ensureAnalyst = async (client: Client, { name }: Names, passwordOf: (role: string) => string): Promise<void> => {
  const analyst = analystRoleOf(name);
  await ensureRole(client, analyst, passwordOf(analyst));
  for (const setting of analystRoleSettings(analyst)) await client.query(setting);
  await client.query(`grant connect on database ${escapeIdentifier(name)} to ${escapeIdentifier(analyst)}`);
};

/** In the database itself, as the superuser. */
const keepLocksFromAnalysts = async (databaseUrl: string, { name, owner }: Names): Promise<void> => {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(keepFromEverybody(owner, name));
  } finally {
    await client.end();
  }
};

const inDatabase = (url: string, name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
const hasLog = (service: string): boolean => LOGGED_SERVICES.some((logged) => logged === service);

/** Makes what is missing. @returns where each service finds its database, and auth the keyring */
export const prepareDatabases = async (home: Home, postgres: { port: number; password: string }): Promise<Databases> => {
  const client = new Client({ connectionString: adminUrl(postgres) });
  await client.connect();
  const urls = {} as Databases;
  try {
    // By default everybody may enter these two and leave objects there.
    for (const shared of ['postgres', 'template1']) await client.query(`revoke all on database ${escapeIdentifier(shared)} from public`);
    for (const service of [...SERVICES_WITH_DATABASE, 'keyring'] as const) {
      const [name, owner] = [nameOf(service), `${nameOf(service)}_owner`];
      const passwordOf = (role: string) => readFileSync(home.secretFile(`${role}.password`, newPassword), 'utf8');
      await ensureRole(client, owner, passwordOf(owner));
      await ensureRole(client, name, passwordOf(name));
      await ensureDatabase(client, name, owner);
      await client.query(`grant connect on database ${escapeIdentifier(name)} to ${escapeIdentifier(name)}`);
      if (hasLog(service)) {
        await ensureAnalyst(client, { name, owner }, passwordOf);
        await keepLocksFromAnalysts(inDatabase(adminUrl(postgres), name), { name, owner });
      }
      const urlFor = (role: string) => `postgres://${role}:${passwordOf(role)}@127.0.0.1:${postgres.port}/${name}`;
      urls[service] = { ownerUrl: urlFor(owner), serviceUrl: urlFor(name), role: name };
    }
  } finally {
    await client.end();
  }
  return urls;
};

/** Runs every service's own migration program, as its database's owner. */
export const migrateDatabases = async (root: string, urls: Databases): Promise<void> => {
  await Promise.all(
    SERVICES_WITH_DATABASE.map(async (service) => {
      const keyring = { CITRUS_KEYRING_OWNER_URL: urls.keyring.ownerUrl, CITRUS_KEYRING_ROLE: urls.keyring.role };
      const env = { ...process.env, CITRUS_DATABASE_OWNER_URL: urls[service].ownerUrl, CITRUS_DATABASE_ROLE: urls[service].role, ...(service === 'auth' && keyring) };
      try {
        await exec(process.execPath, [`${root}/services/${service}/dist/migrate.js`], { env, timeout: 120_000 });
      } catch (cause) {
        const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim().split('\n').slice(-6).join('\n  ') : String(cause);
        throw new StartFailure(`the database of ${service} could not be migrated:\n  ${said}`, 'Look at the message above; the database is left as it was.', { cause });
      }
    }),
  );
};

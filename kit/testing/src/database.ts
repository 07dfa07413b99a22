/** A database of one's own, with an owner that migrates and a service role that may only do what it was granted. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

const OWNER = 'citrus_test_owner';
const SERVICE_ROLE = 'citrus_test_service';
const ANALYST_ROLE = `${SERVICE_ROLE}_analyst`;
const PASSWORD = 'test';

export type TestDatabase = {
  readonly name: string;
  readonly ownerUrl: string;
  readonly serviceUrl: string;
  /** The service role's name, to grant to. */
  readonly role: string;
  /** The role that people ask with SQL as; see the event store's `analysts.ts`. */
  readonly analystRole: string;
  readonly analystUrl: string;
  readonly owner: string;
  /** A superuser's connection, for attacks that a service could not even try. */
  readonly superuserUrl: string;
  drop(): Promise<void>;
};

/** What a database has in it when its test begins. `name`: one for each set of migrations. */
export type Template = { readonly name: string; readonly migrate: (place: Pick<TestDatabase, 'ownerUrl' | 'role'>) => Promise<void> };

const withClient = async (url: string, work: (client: Client) => Promise<void>): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
};

const urlFor = (serverUrl: string, database: string, login?: string): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  if (login) [url.username, url.password] = [login, PASSWORD];
  return url.href;
};

/** The roles belong to the whole server. One round of hashing is enough for a password that everybody knows. */
const ensureRoles = async (client: Client): Promise<void> => {
  const roles = [OWNER, SERVICE_ROLE, ANALYST_ROLE];
  const missing = async () => {
    const { rows } = await client.query<{ role: string }>('select role from unnest($1::text[]) role where to_regrole(role) is null', [roles]);
    return rows.map(({ role }) => role);
  };
  if ((await missing()).length === 0) return;
  await client.query('select pg_advisory_lock(4711)');
  await client.query('set scram_iterations = 1');
  for (const role of await missing()) await client.query(`create role ${role} login password '${PASSWORD}'`);
  await client.query('select pg_advisory_unlock(4711)');
};

/** Locks are the database's, so all who want a template ask in the same one. */
const MEETING_PLACE = 'postgres';

/** Migrated by whichever process of a run needs it first; nobody connects to it afterwards, so it can be copied at any time. */
const ensureTemplate = async (client: Client, serverUrl: string, { name, migrate }: Template): Promise<void> => {
  const isThere = async () => (await client.query('select 1 from pg_database where datname = $1 and datistemplate', [name])).rowCount === 1;
  if (await isThere()) return;
  await client.query('select pg_advisory_lock(4712, hashtext($1))', [name]);
  if (!(await isThere())) {
    await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`create database ${name} owner ${OWNER}`);
    await migrate({ ownerUrl: urlFor(serverUrl, name, OWNER), role: SERVICE_ROLE });
    await client.query(`alter database ${name} with is_template true allow_connections false`);
  }
  await client.query('select pg_advisory_unlock(4712, hashtext($1))', [name]);
};

/**
 * @param serverUrl a superuser's url of any database of the server
 * @param template what it begins with, else nothing
 */
export const freshDatabase = async (serverUrl: string, template?: Template): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const source = template && `template_${template.name.replaceAll('-', '_')}`;
  await withClient(urlFor(serverUrl, MEETING_PLACE), async (client) => {
    await ensureRoles(client);
    if (template && source) await ensureTemplate(client, serverUrl, { ...template, name: source });
    // Copying the files is less work than writing them all to the log, which nobody reads here.
    await client.query(`create database ${name} template ${source ?? 'template1'} owner ${OWNER} strategy file_copy`);
  });
  return {
    name,
    ownerUrl: urlFor(serverUrl, name, OWNER),
    serviceUrl: urlFor(serverUrl, name, SERVICE_ROLE),
    role: SERVICE_ROLE,
    analystRole: ANALYST_ROLE,
    analystUrl: urlFor(serverUrl, name, ANALYST_ROLE),
    owner: OWNER,
    superuserUrl: urlFor(serverUrl, name),
    drop: () => withClient(serverUrl, async (client) => void (await client.query(`drop database if exists ${name} with (force)`))),
  };
};

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

/** @param serverUrl a superuser's url of any database of the server */
export const freshDatabase = async (serverUrl: string): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(serverUrl, async (client) => {
    await client.query('select pg_advisory_lock(4711)');
    for (const role of [OWNER, SERVICE_ROLE, ANALYST_ROLE]) {
      const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [role]);
      if (!rowCount) await client.query(`create role ${role} login password '${PASSWORD}'`);
    }
    await client.query('select pg_advisory_unlock(4711)');
    await client.query(`create database ${name} owner ${OWNER}`);
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

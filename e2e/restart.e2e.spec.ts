/** What was made stays: over a stop and a start, and over the loss of every read model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminUrl } from '@citrus/kit-embedded';
import { Client as Database, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, pageText, type JobView, type ServerView } from './client.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let client: Client;
let server: ServerView;
let job: JobView & { inputs: { site_port: number } };

const everything = async () => ({
  servers: (await client.get('/api/servers')).body,
  jobs: (await client.get('/api/jobs')).body,
  history: await client.history(),
  log: (await client.get(`/api/jobs/${job.id}/log`)).body,
});

/** Presence comes from the broker at this moment and is no read model. */
const withoutPresence = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'online' || key === 'lastSeenAt' ? undefined : inner)));

beforeAll(async () => {
  system = await startSystem({ driver: 'process' });
  client = await new Client(system.credentials).signIn();
  server = await client.createServer('keeper');
  server = await client.serverIs(server.id, 'active');
  const { id } = await client.createJob({ serverId: server.id, installer: 'static-site', inputs: { site_title: 'Still here' } });
  await client.jobEnds(id);
  job = (await client.get<typeof job>(`/api/jobs/${id}`)).body;
});
afterAll(() => system?.dispose());

test('after a stop and a start everything is there, and the server serves again', async () => {
  const before = await everything();
  await system.stop();
  await system.start();
  client = await new Client(system.credentials).signIn();
  const after = await everything();
  expect(withoutPresence(after.servers)).toEqual(withoutPresence(before.servers));
  expect(after.jobs).toEqual(before.jobs);
  expect(after.log).toEqual(before.log);
  expect(after.history.slice(0, before.history.length)).toEqual(before.history);
  await expect.poll(() => pageText(`http://${server.ipAddress}:${job.inputs.site_port}/`).catch(String), { timeout: 60_000 }).toContain('Still here');
});

test('a new job runs on the server that came back', async () => {
  const again = await client.createJob({ serverId: server.id, installer: 'static-site', inputs: { site_title: 'Second page', site_port: 8181 } });
  expect(await client.jobEnds(again.id)).toMatchObject({ status: 'succeeded' });
});

/** Every projection and its tables: they are dropped and must come back identical from the log alone. */
const READ_MODELS: Record<string, Record<string, readonly string[]>> = {
  provisioning: { servers: ['servers'] },
  'agent-mgmt': { agents: ['agents'], jobs: ['jobs'] },
  auth: { users: ['users', 'memberships'], sessions: ['sessions'], enrolments: ['enrolments'] },
};

const inDatabase = async <T>(name: string, work: (database: Database) => Promise<T>): Promise<T> => {
  const { postgres } = JSON.parse(readFileSync(join(system.home, 'ports.json'), 'utf8')) as { postgres: number };
  const password = readFileSync(join(system.home, 'secrets', 'postgres.password'), 'utf8');
  const database = new Database({ connectionString: adminUrl({ port: postgres, password }, name) });
  await database.connect();
  try {
    return await work(database);
  } finally {
    await database.end();
  }
};

const rowsOf = (name: string, table: string) =>
  inDatabase(name, async (database) => (await database.query<{ row: string }>(`select to_jsonb(t)::text as row from ${escapeIdentifier(table)} t order by 1`)).rows.map(({ row }) => row));

const dropRows = (database: Database, tables: readonly string[]) => database.query(`truncate ${tables.map((table) => escapeIdentifier(table)).join(', ')}`);

test.each(Object.entries(READ_MODELS))('every read model of %s that is dropped comes back, row for row', async (service, projections) => {
  const name = `citrus_${service.replace('-', '_')}`;
  const tables = Object.values(projections).flat();
  const allRows = () => Promise.all(tables.map((table) => rowsOf(name, table)));
  const before = await allRows();
  expect(before.map((rows) => rows.length > 0), `${tables.join(', ')} hold something`).not.toContain(false);
  await inDatabase(name, async (database) => {
    await database.query('begin');
    const { rowCount } = await database.query('update checkpoints set position = 0 where consumer = any($1)', [Object.keys(projections)]);
    expect(rowCount, 'each has its checkpoint').toBe(Object.keys(projections).length);
    await dropRows(database, tables);
    await database.query('commit');
  });
  await system.kill(service);
  await expect.poll(allRows, { timeout: 60_000 }).toEqual(before);
});

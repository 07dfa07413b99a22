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

/** What the log alone makes: these are dropped and must come back identical. */
const READ_MODELS: Record<string, readonly string[]> = {
  citrus_provisioning: ['servers'],
  citrus_agent_mgmt: ['agents', 'jobs'],
  citrus_auth: ['users'],
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

test('every read model that is dropped comes back, row for row', async () => {
  for (const [name, tables] of Object.entries(READ_MODELS)) {
    for (const table of tables) {
      const before = await rowsOf(name, table);
      expect(before.length, `${name}.${table} holds something`).toBeGreaterThan(0);
      await inDatabase(name, async (database) => {
        await database.query('begin');
        const { rows } = await database.query<{ consumer: string }>('select consumer from checkpoints where consumer = $1 for update', [table]);
        expect(rows, `the projection of ${table} is named after it`).toHaveLength(1);
        await database.query(`truncate ${escapeIdentifier(table)}`);
        await database.query('update checkpoints set position = 0 where consumer = $1', [table]);
        await database.query('commit');
      });
      await system.kill(name.replace('citrus_', '').replace('_', '-'));
      await expect.poll(() => rowsOf(name, table), { timeout: 60_000 }).toEqual(before);
    }
  }
});

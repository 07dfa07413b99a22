/** What was made stays: over a stop and a start, and over the loss of every read model. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminUrl } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { Client as Database, escapeIdentifier } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentOf } from './agent-process.ts';
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
  await client.insist('POST', '/api/invitations', { email: 'ada@example.org', role: 'viewer' });
  await client.insist('POST', '/api/service-accounts', { name: 'robot', role: 'operator' });
  const { memberships } = (await client.get<{ memberships: [{ projectId: string }] }>('/api/auth/me')).body;
  const { localCloud } = JSON.parse(readFileSync(join(system.home, 'ports.json'), 'utf8')) as { localCloud: number };
  const token = readFileSync(join(system.home, 'secrets', 'cloud.token'), 'utf8').trim();
  const { body: cloud } = await client.insist<{ id: string }>('POST', '/api/clouds', { name: 'ours', kind: 'digitalocean', baseUrl: `http://127.0.0.1:${localCloud}`, token });
  await client.insist('POST', `/api/clouds/${cloud.id}/default`);
  await client.insist('POST', `/api/projects/${memberships[0].projectId}/quota`, { servers: 20, creationsPerHour: 20 });
  await client.insist('POST', '/api/groups', { name: 'spare', min: 0, max: 1, target: 0 });
  const { body: run } = await client.insist<{ id: string }>('POST', '/api/runs', { installer: 'static-site', inputs: { site_title: 'Still here' }, filter: 'keeper' });
  await client.insist('POST', '/api/installed-bundles', { bundle: 'watched-site', servers: { server: server.id }, inputs: { with_status: false, site_port: 8099 } });
  await client.insist('POST', '/api/schedules', { name: 'yearly', cron: '0 0 1 1 *', installer: 'static-site', inputs: { site_title: 'Still here' }, filter: 'keeper' });
  // Carries what does not happen here, so nothing is sent.
  await client.insist('POST', '/api/webhooks', { url: 'https://1.1.1.1/', types: ['WebhookDeleted'] });
  await client.insist('POST', `/api/servers/${server.id}/actions`, { type: 'enable-backups' });
  await eventually(async () => {
    expect((await client.get(`/api/runs/${run.id}`)).body).toMatchObject({ status: 'succeeded' });
    expect((await client.get(`/api/servers/${server.id}`)).body).toMatchObject({ action: null, backups: true });
  }, { timeoutMs: 120_000 });
  const app = `/api/servers/${server.id}/apps/static-site`;
  const { body: change } = await client.insist<{ id: string }>('POST', `${app}/changes`, { action: 'upgrade' });
  await eventually(async () => expect((await client.get(`${app}/changes/${change.id}`)).body).toMatchObject({ status: 'changed' }), { timeoutMs: 120_000 });
  await client.insist('POST', '/api/tokens', { name: 'deploys', expiresInDays: 1, scopes: [{ projectId: memberships[0].projectId, role: 'operator' }] });
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
  // Good until the end of the next test: a renewed one would be one row more in its tables.
  await client.signIn();
  const again = await client.createJob({ serverId: server.id, installer: 'static-site', inputs: { site_title: 'Second page', site_port: 8181 } });
  expect(await client.jobEnds(again.id)).toMatchObject({ status: 'succeeded' });
});

type ReadModel = { service: string; name: string; hasRows: boolean; generation: number; next?: { state: string; position: number }; position: number; head: number };

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
  inDatabase(name, async (database) => (await database.query<{ row: string }>(`select row_to_json(t)::text as row from ${escapeIdentifier(table)} t order by 1`)).rows.map(({ row }) => row));

const databaseOf = (service: string): string => `citrus_${service.replace('-', '_')}`;

const readModels = async (): Promise<ReadModel[]> => (await client.get<{ items: ReadModel[] }>('/api/projections')).body.items.filter(({ hasRows }) => hasRows);

const act = async <T>({ service, name }: ReadModel, verb: string): Promise<T> => {
  const { status, body } = await client.insist<T>('POST', `/api/projections/${service}/${name}/${verb}`);
  if (status >= 300) throw new Error(`${verb} of ${name} answered ${status}: ${JSON.stringify(body)}`);
  return body;
};

const EVERY_READ_MODEL = [
  'agent-mgmt/agents', 'agent-mgmt/app_changes', 'agent-mgmt/apps', 'agent-mgmt/installed_bundles', 'agent-mgmt/jobs', 'agent-mgmt/runs', 'agent-mgmt/schedules',
  'auth/administrators', 'auth/agent_trust', 'auth/api_tokens', 'auth/audit', 'auth/enrolments', 'auth/invitations', 'auth/memberships', 'auth/projects', 'auth/service_accounts', 'auth/sessions', 'auth/users',
  'metrics/webhooks',
  'provisioning/cloud_credentials', 'provisioning/project_clouds', 'provisioning/project_quotas', 'provisioning/server_actions', 'provisioning/server_groups', 'provisioning/server_queue', 'provisioning/servers',
];
/** Each read model's table has its name, but for one. */
const tableOf = ({ name }: ReadModel): string => (name === 'audit' ? 'audit_entries' : name);

const allRows = async (models: readonly ReadModel[]): Promise<Map<string, string[]>> =>
  new Map(await Promise.all(models.map(async (model) => [`${model.service}/${model.name}`, await rowsOf(databaseOf(model.service), tableOf(model))] as const)));

/** What the test has done until now, in the audit: it comes a moment later. */
const auditHas = (action: string, times: number) => expect.poll(async () => (await client.get<{ items: unknown[] }>(`/api/audit?action=${encodeURIComponent(action)}`)).body.items.length).toBeGreaterThanOrEqual(times);

test('every read model of every service that is lost is built anew from its log, row for row, while everything runs', { timeout: 180_000 }, async ({ onTestFinished }) => {
  // Of itself it would tell what has changed about its machine, as the port of the site above.
  const agents = agentOf(server);
  expect(agents).toHaveLength(1);
  for (const pid of agents) process.kill(pid, 'SIGSTOP');
  onTestFinished(() => agents.forEach((pid) => process.kill(pid, 'SIGCONT')));
  await auditHas('POST /api/jobs', 2);
  const models = await readModels();
  expect(models.map(({ service, name }) => `${service}/${name}`).toSorted()).toEqual(EVERY_READ_MODEL);
  // Each follows its log on its own.
  await expect.poll(async () => (await readModels()).filter(({ name, position, head }) => name !== 'audit' && position < head)).toEqual([]);
  const before = await allRows(models);
  expect([...before].filter(([, rows]) => rows.length === 0)).toEqual([]);
  for (const model of models) await inDatabase(databaseOf(model.service), async (database) => void (await database.query(`truncate ${escapeIdentifier(tableOf(model))}`)));
  for (const model of models) await act(model, 'rebuild');
  await expect.poll(async () => (await readModels()).map(({ next }) => next?.state), { timeout: 120_000 }).toEqual(models.map(() => 'following'));
  for (const model of models) {
    const lost = before.get(`${model.service}/${model.name}`)?.length;
    const { rows, different } = await act<{ rows: number; different: number }>(model, 'verify');
    expect(different, model.name).toBe(lost);
    // The audit goes on: what this test does is in it.
    if (model.name !== 'audit') expect(rows, model.name).toBe(lost);
    expect(await act(model, 'switch')).toMatchObject({ generation: model.generation + 1 });
  }
  const after = await allRows(models);
  for (const [name, rows] of before) expect(after.get(name), name).toEqual(name === 'auth/audit' ? expect.arrayContaining(rows) : rows);
});

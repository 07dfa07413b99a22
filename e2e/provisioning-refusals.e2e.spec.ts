/** What cannot be made in the cloud: whoever asked is told why in words, nothing is left half-made, and what was put right can be tried again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@citrus/kit-testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, type Problem, type ServerView } from './client.ts';
import { cloudOf, type CloudApi } from './machine.ts';
import { startSystem, type System } from './system.ts';

const PATIENCE = { timeoutMs: 180_000 };
const DROPLET_LIMIT = 1;
/** It may look at everything, and make nothing. */
const READER = 'dop_v1_reads-and-changes-nothing-5eed';
const SHORT_LIVED = 'dop_v1_of-the-project-and-soon-revoked-0ff0';
const NEXT = 'dop_v1_of-the-project-that-follows-beef';

let system: System;
let client: Client;
let cloud: CloudApi;
let project: string;
/** The API tokens that the cloud accepts besides the installation's. */
let accept: (...tokens: string[]) => void;
let newCloud: (token: string) => { name: string; kind: string; token: string; baseUrl: string };

beforeAll(async () => {
  system = await startSystem({ driver: 'none', env: { LOCAL_CLOUD_DROPLET_LIMIT: String(DROPLET_LIMIT) } });
  const tokenFile = join(system.home, 'secrets', 'cloud.token');
  const ours = readFileSync(tokenFile, 'utf8').trim();
  accept = (...tokens) => writeFileSync(tokenFile, [ours, ...tokens, ''].join('\n'));
  const { localCloud } = JSON.parse(readFileSync(join(system.home, 'ports.json'), 'utf8')) as { localCloud: number };
  newCloud = (token) => ({ name: 'our account', kind: 'digitalocean', token, baseUrl: `http://127.0.0.1:${localCloud}` });
  client = await new Client(system.credentials).signIn();
  cloud = cloudOf(system);
  project = (await client.get<{ projectId: string }>('/api/quota')).body.projectId;
});
afterAll(() => system?.dispose());

const droplets = async () => (await cloud('GET', '/v2/droplets?per_page=200')).droplets;
const read = async (id: string) => (await client.get<ServerView>(`/api/servers/${id}`)).body;
const hasFailed = (id: string) =>
  eventually(async () => {
    const server = await read(id);
    expect(server.status).toBe('failed');
    return server;
  }, PATIENCE);
/** Made at the cloud, and waiting for its agent: these droplets are no machines, so none ever comes. */
const isMade = async (id: string) => {
  await client.serverIs(id, 'initializing');
  expect(await droplets()).toHaveLength(1);
};
const isRemoved = async (id: string) => {
  expect((await client.insist('DELETE', `/api/servers/${id}`)).status).toBe(202);
  await eventually(async () => expect((await read(id)).status).toBe('deleted'), PATIENCE);
};
/** Once the enrolments of all servers are withdrawn, and each was looked for once more at the cloud. @returns how much was recorded */
const logRests = () =>
  eventually(async () => {
    const all = await client.history();
    const last = (type: string, id: string) => all.findLastIndex((event) => event.type === type && event.stream.endsWith(id));
    for (const id of all.filter(({ type }) => type === 'ServerRequested').map(({ stream }) => stream.slice('server-'.length))) {
      expect(last('StraysRuledOut', id)).toBeGreaterThanOrEqual(last('DropletCreateIntended', id));
      expect(last('EnrolmentWithdrawn', id)).toBeGreaterThanOrEqual(last('EnrolmentIssued', id));
    }
    return all.length;
  }, PATIENCE);

test.each([['web; rm -rf /'], ['$(reboot)'], ['`id`'], ["a' b"], ['web\nname'], ['-web'], ['w'.repeat(49)]])('a server cannot be called %j', async (name) => {
  const before = await logRests();
  const { status, body } = await client.request<Problem>('POST', '/api/servers', { body: { name } });
  expect(status).toBe(400);
  expect(body.fields?.[0]?.path).toContain('name');
  expect((await client.history()).length, 'nothing was recorded').toBe(before);
  expect(await droplets()).toEqual([]);
});

test.each([
  ['region', { region: 'atlantis1' }, 'The cloud has no region named atlantis1.'],
  ['size', { size: 's-999vcpu-1tb' }, 'The cloud has no size named s-999vcpu-1tb.'],
  ['image', { image: 'windows-95' }, 'The cloud has no image named windows-95.'],
] as const)('a %s that the cloud does not have is named, and nothing is made', async (_what, wish, reason) => {
  const { id } = await client.createServer('nowhere', wish);
  expect((await hasFailed(id)).note).toBe(reason);
  expect(await droplets()).toEqual([]);
  await isRemoved(id);
});

test.each([
  ['is missing', '', /as the cloud shows it/],
  ['is mistyped', 'dop_v1_nobody-has-ever-made-this-one', /does not accept this API token/],
  ['may not make droplets', READER, /may not create droplets/],
])('a cloud whose API token %s is not added, and nothing is recorded', async (_what, token, words) => {
  accept(`${READER} account:read droplet:read regions:read sizes:read image:read tag:read`);
  const before = await logRests();
  const { status, body } = await client.insist<Problem>('POST', '/api/clouds', newCloud(token));
  expect(status).toBeGreaterThanOrEqual(400);
  expect(body.fields?.map(({ path, message }) => [path, message])).toEqual([['token', expect.stringMatching(words)]]);
  expect((await client.history()).length).toBe(before);
});

test('servers of a cloud whose API token was revoked say so and wait, and are made when it gets another', async () => {
  accept(SHORT_LIVED);
  const added = await client.insist<{ id: string }>('POST', '/api/clouds', newCloud(SHORT_LIVED));
  expect(added.status, JSON.stringify(added.body)).toBe(201);
  accept(NEXT);
  const { id } = await client.createServer('waits', { cloud: added.body.id });
  await eventually(async () => expect((await read(id)).note).toMatch(/not accept.*token/i), PATIENCE);
  expect(await droplets()).toEqual([]);
  expect((await client.insist('POST', `/api/clouds/${added.body.id}/token`, { token: NEXT })).status).toBe(200);
  await isMade(id);
  await isRemoved(id);
});

test('a token of the installation that may not make droplets is named; with the right it is tried again', async () => {
  await cloud('PUT', '/local/faults', { forbidden: { method: 'POST', path: '/v2/droplets' } });
  const { id } = await client.createServer('forbidden');
  expect((await hasFailed(id)).note).toMatch(/may not create droplets\. Give the API token that right/);
  expect(await droplets()).toEqual([]);
  await cloud('PUT', '/local/faults', {});
  expect((await client.insist('POST', `/api/servers/${id}/retry`)).status).toBe(202);
  await isMade(id);
  await isRemoved(id);
});

test('the account’s droplet limit is told while it is waited for, and the server is made when there is room', async () => {
  const { id: first } = await client.createServer('the-only-one');
  await isMade(first);
  const { id } = await client.createServer('one-too-many');
  await eventually(async () => expect((await read(id)).note).toMatch(/droplet limit of 1 is reached/), PATIENCE);
  expect(await droplets()).toHaveLength(DROPLET_LIMIT);
  await isRemoved(first);
  await isMade(id);
  await isRemoved(id);
});

test('a project’s quota is told with its numbers, and nothing is recorded', async () => {
  expect((await client.insist('POST', `/api/projects/${project}/quota`, { servers: 0, creationsPerHour: null })).status).toBe(200);
  const before = await logRests();
  const { status, body } = await client.insist<Problem>('POST', '/api/servers', { name: 'over-quota' });
  expect([status, body.code, body.detail]).toEqual([409, 'quota.servers', expect.stringContaining('may have 0 servers and has 0')]);
  expect((await client.history()).length).toBe(before);
  expect(await droplets()).toEqual([]);
});

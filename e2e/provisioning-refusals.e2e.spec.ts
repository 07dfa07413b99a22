/** What cannot be made in the cloud: whoever asked is told why in words, and nothing is left half-made. */
import { eventually } from '@citrus/kit-testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, type Problem, type ServerView } from './client.ts';
import { cloudOf, type CloudApi } from './machine.ts';
import { startSystem, type System } from './system.ts';

const PATIENCE = { timeoutMs: 180_000 };

let system: System;
let client: Client;
let cloud: CloudApi;

beforeAll(async () => {
  system = await startSystem({ driver: 'none' });
  client = await new Client(system.credentials).signIn();
  cloud = cloudOf(system);
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
const isRemoved = async (id: string) => {
  expect((await client.insist('DELETE', `/api/servers/${id}`)).status).toBe(202);
  await eventually(async () => expect((await read(id)).status).toBe('deleted'), PATIENCE);
};

test.each([['web; rm -rf /'], ['$(reboot)'], ['`id`'], ["a' b"], ['web\nname'], ['-web'], ['w'.repeat(49)]])('a server cannot be called %j', async (name) => {
  const before = (await client.history()).length;
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

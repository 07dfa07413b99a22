/** Several apps as one: the second really works with what the first has handed on, and both go again. */
import { eventually } from '@citrus/kit-testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, pageText, type ServerView } from './client.ts';
import { startSystem, type System } from './system.ts';

const PASSWORD = 'kumquat-kumquat';
let system: System;
let client: Client;
let server: ServerView;

beforeAll(async () => {
  system = await startSystem({ driver: 'process' });
  client = await new Client(system.credentials).signIn();
  const { id } = await client.createServer('orchard');
  server = await client.serverIs(id, 'active');
});
afterAll(() => system?.dispose());

type Bundle = { id: string; status: string; reason: string | null; apps: { app: string; status: string; workId: string | null; outputs: Record<string, string> }[] };
const settled = (id: string, status: string): Promise<Bundle> => eventually(async () => {
  const { body } = await client.get<Bundle>(`/api/installed-bundles/${id}`);
  expect(body, JSON.stringify(body)).toMatchObject({ status });
  return body;
}, { timeoutMs: 240_000 });

test('a watched site is planned, installed, found up by its own status page, and removed', { timeout: 300_000 }, async () => {
  const order = { bundle: 'watched-site', servers: { server: server.id }, inputs: { title: 'Orchard', site_port: 8120, status_port: 8121, status_password: PASSWORD } };
  const { body: plan } = await client.insist<{ canRun: boolean; apps: { app: string; later: object; hidden: string[] }[] }>('POST', '/api/bundles/plan', order);
  expect(plan.canRun, JSON.stringify(plan)).toBe(true);
  expect(plan.apps.map(({ app, later, hidden }) => ({ app, later, hidden }))).toEqual([{ app: 'site', later: {}, hidden: [] }, { app: 'status', later: { watch_url: 'outputs.site.URL' }, hidden: ['page_password'] }]);

  const { body: asked } = await client.insist<Bundle>('POST', '/api/installed-bundles', order);
  const { apps } = await settled(asked.id, 'installed');
  const [site, status] = ['site', 'status'].map((wanted) => apps.find(({ app }) => app === wanted)?.outputs['URL'] ?? '');
  expect([site, status].map((url) => new URL(url!).port)).toEqual(['8120', '8121']);
  expect(await pageText(site!)).toContain('Orchard');
  await expect.poll(async () => (await fetch(status!, { headers: { authorization: `Basic ${Buffer.from(`status:${PASSWORD}`).toString('base64')}` } })).text(), { timeout: 60_000 }).toMatch(new RegExp(`<strong>Up</strong>[^]*${site}`));
  expect((await fetch(status!)).status, 'it has a password').toBe(401);
  const told = JSON.stringify([asked, (await client.history()), (await client.get(`/api/jobs/${apps.find(({ app }) => app === 'status')?.workId}/log`)).body]);
  expect(told).not.toContain(PASSWORD);

  await client.insist('POST', `/api/installed-bundles/${asked.id}/uninstall`, {});
  await settled(asked.id, 'removed');
  await expect(fetch(site!)).rejects.toThrow();
  await expect(fetch(status!)).rejects.toThrow();
});

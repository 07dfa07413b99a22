/** Several apps as one: the second really works with what the first has handed on, and both go again. */
import { eventually } from '@citrus/kit-testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { Client, pageText, type ServerView } from './client.ts';
import { openOffice, rooms, type Office } from './panel.ts';

const PASSWORD = 'kumquat-kumquat';
const SLOW = { timeout: 60_000 };
let office: Office;
let client: Client;
let server: ServerView;

beforeAll(async () => {
  office = await openOffice({ driver: 'process' });
  client = await new Client(office.system.credentials).signIn();
  const { id } = await client.createServer('orchard');
  server = await client.serverIs(id, 'active');
});
afterAll(() => office?.close());

/** On the smallest phone in the dark, and on a desk in daylight. */
const assertFitForEverybody = async (paths: readonly string[]): Promise<void> => {
  const { owner, system } = office;
  for (const [width, colorScheme] of [[320, 'dark'], [1280, 'light']] as const) {
    await owner.setViewportSize({ width, height: 800 });
    await owner.emulateMedia({ colorScheme });
    for (const path of paths) {
      await owner.goto(`${system.url}${path}`);
      await owner.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => owner.locator('.loading').count()).toBe(0);
      if (path.startsWith('/bundles/new/')) await owner.getByRole('region', { name: 'Plan' }).waitFor(SLOW);
      expect(await owner.evaluate('document.documentElement.scrollWidth - innerWidth'), `${path} at ${width}`).toBeLessThanOrEqual(0);
      expect(await seriousFaultsOf(owner), `${path}, ${colorScheme}`).toEqual([]);
    }
  }
};

type Bundle = { id: string; status: string; reason: string | null; apps: { app: string; status: string; workId: string | null; outputs: Record<string, string> }[] };
const settled = (id: string, status: string): Promise<Bundle> => eventually(async () => {
  const { body } = await client.get<Bundle>(`/api/installed-bundles/${id}`);
  expect(body, JSON.stringify(body)).toMatchObject({ status });
  return body;
}, { timeoutMs: 240_000 });

test('a watched site is planned, installed, found up by its own status page, and removed', { timeout: 400_000 }, async () => {
  const order = { bundle: 'watched-site', servers: { server: server.id }, inputs: { title: 'Orchard', site_port: 8120, status_port: 8121, status_password: PASSWORD } };
  const { body: plan } = await client.insist<{ canRun: boolean; apps: { app: string; later: object; hidden: string[] }[] }>('POST', '/api/bundles/plan', order);
  expect(plan.canRun, JSON.stringify(plan)).toBe(true);
  expect(plan.apps.map(({ app, later, hidden }) => ({ app, later, hidden }))).toEqual([{ app: 'site', later: {}, hidden: [] }, { app: 'status', later: { watch_url: 'outputs.site.URL' }, hidden: ['page_password'] }]);

  const { owner } = office;
  await rooms(owner).getByRole('link', { name: 'Bundles' }).click();
  await owner.getByRole('link', { name: 'A watched site' }).click();
  // The only server there is, is chosen.
  await owner.getByRole('region', { name: 'Plan' }).getByText('on orchard').first().waitFor(SLOW);
  for (const [label, value] of [['Title', 'Orchard'], ['Port of the page', '8120'], ['Port of the status page', '8121'], ['Password of the status page', PASSWORD]] as const) await owner.getByLabel(label, { exact: true }).fill(value);
  await owner.getByRole('region', { name: 'Plan' }).getByText('8121').first().waitFor(SLOW);
  expect(await owner.getByRole('region', { name: 'Plan' }).textContent()).not.toContain(PASSWORD);
  await owner.getByRole('button', { name: 'Install', exact: true }).click();
  await owner.waitForURL(/\/bundles\/[0-9a-f-]{36}$/, SLOW);
  const asked = { id: new URL(owner.url()).pathname.split('/').at(-1) ?? '' };
  const installed = await settled(asked.id, 'installed');
  const { apps } = installed;
  const [site, status] = ['site', 'status'].map((wanted) => apps.find(({ app }) => app === wanted)?.outputs['URL'] ?? '');
  expect([site, status].map((url) => new URL(url!).port)).toEqual(['8120', '8121']);
  expect(await pageText(site!)).toContain('Orchard');
  await expect.poll(async () => (await fetch(status!, { headers: { authorization: `Basic ${Buffer.from(`status:${PASSWORD}`).toString('base64')}` } })).text(), { timeout: 60_000 }).toMatch(new RegExp(`<strong>Up</strong>[^]*${site}`));
  expect((await fetch(status!)).status, 'it has a password').toBe(401);
  const told = JSON.stringify([installed, (await client.history()), (await client.get(`/api/jobs/${apps.find(({ app }) => app === 'status')?.workId}/log`)).body]);
  expect(told).not.toContain(PASSWORD);

  await assertFitForEverybody(['/bundles', '/bundles/new/watched-site', '/bundles/new/site-behind-nginx', `/servers/${server.id}`, `/bundles/${asked.id}`]);
  // What it hands on is a link; what it is made of goes again, and is asked about before.
  await owner.getByRole('main').getByRole('link', { name: site! }).first().waitFor(SLOW);
  await owner.getByRole('button', { name: 'Uninstall', exact: true }).click();
  expect(await seriousFaultsOf(owner), 'the dialog').toEqual([]);
  await owner.getByRole('dialog').getByRole('button', { name: 'Uninstall', exact: true }).click();
  await settled(asked.id, 'removed');
  await expect(fetch(site!)).rejects.toThrow();
  await expect(fetch(status!)).rejects.toThrow();
});

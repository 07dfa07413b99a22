/**
 * The rooms of the fleet, in a real browser on a real system: servers are created by a form that says what is wrong where it
 * is wrong, filtered in the language of runs, and acted on together; a schedule is made and changed in the panel; every room
 * is fit for everybody, and none needs sideways scrolling on the smallest phone.
 */
import { eventually } from '@citrus/kit-testing';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { Client, type ServerView } from './client.ts';
import { openOffice, rooms, type Office } from './panel.ts';

const SLOW = { timeout: 120_000 };
let office: Office;
let page: Page;
let client: Client;

const servers = async (): Promise<ServerView[]> => (await client.get<{ items: ServerView[] }>('/api/servers?sort=name')).body.items;
const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

beforeAll(async () => {
  office = await openOffice({ driver: 'process' });
  page = office.owner;
  client = await new Client(office.system.credentials).signIn();
  for (const [name, tags] of [['web-1', ['web', 'prod']], ['web-2', ['web']]] as const) await client.insist('POST', '/api/servers', { name, tags });
});
afterAll(() => office?.close());

test('the form of a new server says what is wrong at its fields, what a plan costs, and makes one server however often it is sent', async () => {
  await page.goto(`${office.system.url}/servers/new`);
  const dialog = page.getByRole('dialog', { name: 'Create server' });
  await dialog.getByText('$4.00 a month').first().waitFor();
  await dialog.getByLabel('Name').fill('Not A Host');
  await dialog.getByText('More options').click();
  await dialog.getByLabel('Tags').fill('no/slash');
  await dialog.getByRole('button', { name: 'Create server' }).click();
  const summary = dialog.getByRole('alert').filter({ hasText: 'answers need another look' });
  await expect.poll(() => summary.evaluate((box) => box === document.activeElement)).toBe(true);
  expect(await dialog.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
  expect(await dialog.getByLabel('Tags').getAttribute('aria-invalid')).toBe('true');
  await summary.getByRole('link', { name: /Tags/ }).click();
  expect(await dialog.getByLabel('Tags').evaluate((field) => field === document.activeElement)).toBe(true);
  expect(await seriousFaultsOf(page)).toEqual([]);
  await dialog.getByLabel('Name').fill('db-1');
  await dialog.getByLabel('Tags').fill('db');
  await dialog.getByRole('radio', { name: /1 vCPU · 1 GB/ }).check();
  await dialog.getByText('Total $6.00 a month').waitFor();
  await dialog.getByRole('button', { name: 'Create server' }).dblclick();
  await page.getByRole('heading', { level: 1, name: 'db-1' }).waitFor();
  expect((await servers()).map(({ name, size }) => [name, size === 's-1vcpu-1gb'])).toEqual([['db-1', true], ['web-1', false], ['web-2', false]]);
});

test('a filter is that of runs: counted while one types, wrong where it is wrong, kept in the address and in another tab', async () => {
  await rooms(page).getByRole('link', { name: 'Servers' }).click();
  const filter = page.getByLabel('Filter servers');
  await row('web-2').waitFor();
  await filter.fill('tag:web regio:x');
  await page.getByText('At character 9: there is no field "regio"', { exact: false }).waitFor();
  expect(await filter.getAttribute('aria-invalid')).toBe('true');
  await filter.fill('tag:web !web-2');
  await page.getByText('1 of 3 servers').first().waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
  const second = await office.owner.context().newPage();
  await second.goto(page.url());
  await second.getByText('1 of 3 servers').first().waitFor();
  expect(await second.getByLabel('Filter servers').inputValue()).toBe('tag:web !web-2');
  await second.close();
  await filter.fill('');
  await page.getByRole('button', { name: 'Name' }).click();
  expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending');
  await expect.poll(() => page.url()).toContain('sort=-name');
  expect(await page.getByRole('rowheader').allTextContents()).toEqual([expect.stringMatching(/^web-2/), expect.stringMatching(/^web-1/), expect.stringMatching(/^db-1/)]);
});

test('what is done to several servers says to whom, to whom not, and what became of each', async () => {
  await eventually(async () => expect((await servers()).map(({ status }) => status)).toEqual(['active', 'active', 'active']), { timeoutMs: SLOW.timeout });
  await client.insist('POST', `/api/servers/${(await servers())[0]?.id}/protection`, { isProtected: true });
  await row('db-1').getByText('Active').waitFor();
  await page.getByLabel('Select all that are shown').check();
  const bar = page.getByRole('region', { name: 'With the selected servers' });
  await bar.getByText('3 servers selected').waitFor();
  await bar.getByRole('button', { name: 'Labels' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Labels: 3 servers' }).click();
  await dialog.getByText('Say which label').waitFor();
  await dialog.getByLabel('Put on').fill('canary');
  expect(await seriousFaultsOf(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Labels: 3 servers' }).click();
  await dialog.getByText('3 done.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await row('web-1').getByText('canary').waitFor();
  // The protected one shows it as soon as the list was read again.
  await eventually(async () => {
    await bar.getByRole('button', { name: 'Delete' }).click();
    try {
      await dialog.getByRole('listitem').filter({ hasText: 'db-1' }).filter({ hasText: 'is protected' }).waitFor({ timeout: 2000 });
    } finally {
      await page.keyboard.press('Escape');
    }
  }, { timeoutMs: 60_000 });
  await bar.getByRole('button', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete: 2 servers' }).click();
  await dialog.getByRole('alert').filter({ hasText: 'It is 2.' }).waitFor();
  await page.keyboard.press('Escape');
});

test('an app goes to those that are selected, as a run with boxes and waves', async () => {
  await page.getByLabel('Filter servers').fill('tag:web');
  await page.getByText('2 of 3 servers').first().waitFor();
  await page.getByRole('region', { name: 'With the selected servers' }).getByRole('button', { name: 'Install app' }).click();
  await page.getByRole('heading', { level: 1, name: 'New run' }).waitFor();
  expect(await page.getByLabel('On', { exact: true }).inputValue()).toBe('tag:web');
  await page.getByLabel('App', { exact: true }).selectOption('static-site');
  await page.getByRole('region', { name: 'Plan' }).getByText('Runs on 2 servers.').waitFor();
  await page.getByLabel(/title/i).fill('From the table');
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  await page.getByRole('button', { name: '2 Succeeded' }).waitFor(SLOW);
  await page.getByRole('region', { name: 'Wave 2' }).getByRole('link', { name: 'web-2', exact: true }).waitFor();
  expect(await seriousFaultsOf(page)).toEqual([]);
  await rooms(page).getByRole('link', { name: 'Servers' }).click();
  await row('web-1').getByText('Static site').waitFor();
});

test('a schedule is read back in words, made, changed and begun in the panel', async () => {
  await page.goto(`${office.system.url}/runs/new?when=again&on=tag:web`);
  await page.getByLabel('App', { exact: true }).selectOption('static-site');
  await page.getByLabel('What to do').selectOption('health');
  await page.getByLabel('Times', { exact: true }).fill('61 * * * *');
  await page.getByText('"61" is no minute').waitFor();
  await page.getByLabel('Times', { exact: true }).fill('0 3 * * mon-fri');
  await page.getByLabel('Time zone').fill('Europe/Berlin');
  await page.getByText('At 03:00, Monday to Friday').waitFor();
  await page.getByText('in Europe/Berlin', { exact: true }).waitFor();
  expect(await page.locator('.cron-times li').allTextContents()).toEqual(Array.from({ length: 5 }, () => expect.stringContaining('03:00')));
  await page.getByLabel('Name', { exact: true }).fill('nightly check');
  expect(await seriousFaultsOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Save schedule' }).click();
  await page.getByRole('link', { name: 'Change nightly check' }).click();
  await page.getByRole('button', { name: 'Each night' }).click();
  await page.getByText('At 02:30, every day').waitFor();
  await page.getByRole('button', { name: 'Save changes' }).click();
  const schedules = page.getByRole('region', { name: 'Schedules' });
  await schedules.getByText('30 2 * * *').waitFor();
  await schedules.getByRole('button', { name: 'Run now: nightly check' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('heading', { level: 1, name: 'Check Static site on many servers' }).waitFor();
  await page.getByRole('button', { name: '2 Succeeded' }).waitFor(SLOW);
});

test('every room is fit for everybody, and none scrolls sideways at 320 pixels', async () => {
  const [server] = (await servers()).slice(1);
  const run = (await client.get<{ items: { id: string }[] }>('/api/runs')).body.items[0];
  await page.setViewportSize({ width: 320, height: 700 });
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const room of ['/servers', '/servers/new', `/servers/${server?.id}`, `/servers/${server?.id}/install`, `/servers/${server?.id}/install/static-site`, '/runs', '/runs/new', `/runs/${run?.id}`, '/groups', '/clouds']) {
    await page.goto(`${office.system.url}${room}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(() => page.locator('.loading').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), room).toBeLessThanOrEqual(0);
    expect(await seriousFaultsOf(page), room).toEqual([]);
  }
  // By keyboard and by address: the parts of a server are links.
  await page.goto(`${office.system.url}/servers/${server?.id}#load`);
  await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('load');
});

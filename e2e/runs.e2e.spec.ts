/**
 * One app on many servers: from the command line and from the panel, to its end and to where somebody is needed. Then one of
 * them is changed safely: a backup first, back by itself when it fails, and back from the dead when somebody asks.
 */
import { createServer } from 'node:http';
import { eventually } from '@citrus/kit-testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { openBrowser } from './browser.ts';
import { openShell, type Shell } from './citrus.ts';
import { Client, pageText, type ServerView } from './client.ts';
import { newBrowser, rooms, signIn } from './panel.ts';
import { startSystem, type System } from './system.ts';

const SLOW = { timeout: 120_000 };
let system: System;
let browser: Browser;
let page: Page;
let shell: Shell;

const statusOf = async (client: Client): Promise<string[]> => (await client.get<{ items: { status: string }[] }>('/api/servers')).body.items.map(({ status }) => status);

beforeAll(async () => {
  system = await startSystem({ driver: 'process' });
  shell = openShell(system.home);
  browser = await openBrowser();
  page = await newBrowser(browser);
  const client = await new Client(system.credentials).signIn();
  for (const [name, tag] of [['web-1', 'web'], ['web-2', 'web']] as const) await client.insist('POST', '/api/servers', { name, tags: [tag] });
  await eventually(async () => expect(await statusOf(client)).toEqual(['active', 'active']), { timeoutMs: SLOW.timeout });
});
afterAll(async () => {
  shell?.dispose();
  await system?.dispose();
  await browser?.close();
});

const settled = async (): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await expect.poll(() => page.locator('.loading').count()).toBe(0);
};

test('the command shows its plan, takes an app to all servers that are meant, and follows', async () => {
  const plan = await shell.run("citrus runs start static-site --on 'tag:web !name:web-2' --plan");
  expect(plan).toMatchObject({ code: 0, out: expect.stringMatching(/^WAVE +SERVER +CANNOT BEGIN\n1 +web-1\n$/) });
  const ran = await shell.run("citrus runs start static-site --on 'tag:web' -i site_title=Fleet -i site_text=Hello -i site_port=8090 --yes");
  expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/succeeded: 2 succeeded\.\n$/) });
  expect(await shell.run("citrus runs start static-site --on 'tag:none' --plan")).toMatchObject({ code: 1, err: expect.stringContaining('none of the project’s servers') });
  expect(await shell.run("citrus runs start static-site --on 'tags:web' --plan")).toMatchObject({ code: 2, err: expect.stringContaining('there is no field "tags"') });
});

test('the panel plans while one types, and shows how the run stands', async () => {
  await page.goto(system.url);
  await signIn(page, system.credentials);
  await rooms(page).getByRole('link', { name: 'Runs' }).click();
  await page.getByRole('link', { name: 'Install Static site' }).waitFor();
  expect(await seriousFaultsOf(page)).toEqual([]);
  await page.getByRole('link', { name: 'New run' }).click();
  await page.getByLabel('App').selectOption('static-site');
  await page.getByLabel('On', { exact: true }).fill('tags:web');
  await page.getByRole('alert').filter({ hasText: 'there is no field "tags"' }).waitFor();
  expect(await page.getByRole('button', { name: 'Install', exact: true }).isDisabled()).toBe(true);
  await page.getByLabel('On', { exact: true }).fill('web-*');
  await page.getByRole('region', { name: 'Plan' }).getByText('web-2').waitFor();
  await page.getByLabel(/title/i).fill('From the panel');
  expect(await seriousFaultsOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  await page.getByRole('status').filter({ hasText: '2 succeeded' }).waitFor(SLOW);
  await settled();
  expect(await seriousFaultsOf(page)).toEqual([]);
  await page.getByRole('link', { name: 'Log of web-1' }).click();
  await page.getByRole('log', { name: 'Job log' }).waitFor();
});

test('a run that waits says why, and ends when it is told to', async () => {
  // nginx needs systemd, which these servers do not have.
  const stuck = await shell.run("citrus runs start nginx --on 'web-*' --yes");
  expect(stuck).toMatchObject({ code: 1, err: expect.stringMatching(/1 server has failed, and 0 may\.[\s\S]*citrus runs resume/) });
  await page.goto(`${system.url}/runs`);
  await page.getByRole('link', { name: 'Install nginx' }).click();
  await page.getByText('1 server has failed, and 0 may.').waitFor();
  await page.getByText(/has none. Choose an installer that is marked portable/).waitFor();
  expect(await seriousFaultsOf(page)).toEqual([]);
  await page.getByRole('button', { name: 'Abort' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Abort' }).click();
  await page.getByText('Aborted', { exact: true }).waitFor(SLOW);
  expect((await shell.run('citrus runs')).out).toMatch(/aborted +install nginx +web-\* .*1 could not begin, 1 not started/);
});

const FIRST_PORT = 8090;
const webOne = async (): Promise<ServerView> => {
  const { body } = await (await new Client(system.credentials).signIn()).get<{ items: ServerView[] }>('/api/servers');
  return body.items.find(({ name }) => name === 'web-1') ?? Promise.reject(new Error('there is no web-1'));
};
const siteOf = ({ ipAddress }: ServerView): Promise<string> => pageText(`http://${ipAddress}:${FIRST_PORT}/`);

test('an app is changed from a backup, and a change that fails is taken back', async () => {
  const server = await webOne();
  const before = /site_port = (\d+)/.exec((await shell.run('citrus apps show web-1 static-site')).err)?.[1];
  expect(before).toBe(String(FIRST_PORT));
  expect(await shell.run('citrus apps reconfigure web-1 static-site -i site_title=Second')).toMatchObject({ code: 0, out: 'static-site on web-1 is changed and healthy.\n' });
  expect(await siteOf(server)).toContain('<title>Second</title>');
  const neighbour = createServer((_, response) => response.end('somebody else')).listen(0, server.ipAddress ?? '');
  const taken = await eventually(() => (neighbour.address() as { port: number }).port);
  const failed = await shell.run(`citrus apps reconfigure web-1 static-site -i site_port=${taken}`);
  neighbour.close();
  expect(failed).toMatchObject({ code: 1, err: expect.stringMatching(/rolled-back[\s\S]*It is as it was before/) });
  expect(await siteOf(server), 'it is as it was before').toContain('<title>Second</title>');
  await eventually(async () => expect(await shell.run('citrus apps list --server web-1')).toMatchObject({ code: 0, out: expect.stringMatching(/web-1 +static-site +\d+\.\d+\.\d+ +installed +healthy since/) }), { timeoutMs: SLOW.timeout });
});

test('the panel removes an app after a backup, and brings it back', async () => {
  const server = await webOne();
  await page.goto(`${system.url}/servers/${server.id}`);
  const apps = page.getByRole('region', { name: 'Apps' });
  await apps.getByText('Answers', { exact: true }).waitFor();
  await apps.getByText('It is as it was before.').waitFor();
  expect(await seriousFaultsOf(page)).toEqual([]);
  await apps.getByRole('button', { name: 'Uninstall: Static site' }).click();
  await page.getByRole('dialog').getByText('A backup is made and proven first.').waitFor();
  expect(await seriousFaultsOf(page)).toEqual([]);
  await page.getByRole('dialog').getByRole('button', { name: 'Uninstall' }).click();
  await apps.getByText('Removed', { exact: true }).waitFor(SLOW);
  await expect(siteOf(server)).rejects.toThrow();
  await apps.getByRole('button', { name: 'Restore: Static site' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
  await eventually(async () => expect(await siteOf(server)).toContain('<title>Second</title>'), { timeoutMs: SLOW.timeout });
});

test('a server that is still being made is waited for, and both say what for and until when', async () => {
  // Its machine never comes.
  expect(await shell.run('citrus agent install --name rack-1 --tags rack')).toMatchObject({ code: 0 });
  const plan = await shell.run("citrus runs start static-site --on 'tag:rack' --plan");
  expect(plan).toMatchObject({ code: 0, out: expect.stringMatching(/rack-1 +Waiting /) });
  const runId = (await shell.run("citrus runs start static-site --on 'tag:rack' --yes --no-follow")).out.trim();
  const why = /Waiting for the server to be active: its agent has not reported in yet\. Until .* at the longest\./;
  await eventually(async () => expect((await shell.run(`citrus runs show ${runId}`)).out).toMatch(why), { timeoutMs: SLOW.timeout });
  await page.goto(`${system.url}/runs/${runId}`);
  await page.getByRole('listitem').filter({ hasText: 'rack-1' }).filter({ hasText: why }).waitFor(SLOW);
  await settled();
  expect(await seriousFaultsOf(page)).toEqual([]);
  await page.goto(`${system.url}/events`);
  await page.getByText(/rack-1 cannot begin yet in a run: Waiting/).first().waitFor(SLOW);
  expect(await shell.run(`citrus runs abort ${runId}`)).toMatchObject({ code: 0 });
  await eventually(async () => expect((await shell.run(`citrus runs show ${runId}`)).out).toMatch(/rack-1 +could not begin .*aborted while this server waited/), { timeoutMs: SLOW.timeout });
});

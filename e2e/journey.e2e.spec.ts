/**
 * The promise of the README: a stranger opens the panel, creates a server, watches it become active, installs an
 * application with a form, follows the live log and opens the page that the server now serves. As root the droplet is
 * a machine and the application nginx from apt; otherwise it is a process prefix and the application is portable.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { openBrowser } from './browser.ts';
import { Client, pageText } from './client.ts';
import { signIn } from './panel.ts';
import { startSystem, type System } from './system.ts';

const isRoot = process.getuid?.() === 0;
const app = isRoot ? { id: 'nginx', name: 'nginx', port: 'listen_port' } : { id: 'static-site', name: 'Static site', port: 'site_port' };
const HOST_FILES = ['/etc/passwd', '/etc/hostname', '/var/lib/dpkg/status', '/etc/machine-id'];

const digestOf = (file: string): string => {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return 'absent';
  }
};

let system: System;
let browser: Browser;
let page: Page;
let hostBefore: string[];

beforeAll(async () => {
  system = await startSystem();
  hostBefore = HOST_FILES.map(digestOf);
  browser = await openBrowser();
  page = await browser.newPage();
});
afterAll(async () => {
  await system?.dispose();
  await browser?.close();
});

test('a wrong password is refused in words', async () => {
  await page.goto(system.url);
  await signIn(page, { ...system.credentials, password: 'not the password' });
  await expect.poll(() => page.getByRole('alert').first().textContent()).toMatch(/wrong|match|password/i);
});

test('a person gets from sign-in to a page served by the new server', async () => {
  await page.getByLabel('Password').fill(system.credentials.password);
  await page.getByRole('button', { name: 'Sign in' }).click();

  await page.getByRole('button', { name: 'Create server' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('web-1');
  await dialog.getByRole('button', { name: 'Create server' }).click();
  await page.getByRole('heading', { level: 1, name: 'web-1' }).waitFor();

  await page.getByRole('status', { name: 'Server status' }).filter({ hasText: /active/i }).waitFor({ state: 'attached', timeout: 180_000 });

  await page.getByRole('button', { name: 'Install app' }).or(page.getByRole('link', { name: 'Install app' })).first().click();
  await page.getByRole('link', { name: app.name }).first().click();
  await page.getByLabel(/title/i).fill('Hello from the journey');
  await page.getByRole('button', { name: 'Install', exact: true }).click();

  await page.getByRole('log', { name: 'Job log' }).waitFor({ timeout: 30_000 });
  await page.getByRole('status', { name: 'Job status' }).filter({ hasText: /succeeded/i }).waitFor({ state: 'attached', timeout: 300_000 });
  await expect.poll(async () => (await page.getByRole('log', { name: 'Job log' }).textContent())?.length).toBeGreaterThan(20);

  const client = await new Client(system.credentials).signIn();
  const { body } = await client.get<{ items: { ipAddress: string; id: string; status: string }[] }>('/api/servers');
  const [server] = body.items;
  const { body: jobs } = await client.get<{ items: { installer: string; status: string; inputs: Record<string, number> }[] }>(`/api/jobs?serverId=${server?.id}`);
  expect(jobs.items).toMatchObject([{ installer: app.id, status: 'succeeded' }]);
  const port = jobs.items[0]?.inputs[app.port];
  expect(await pageText(`http://${server?.ipAddress}${port && port !== 80 ? `:${port}` : ''}/`)).toContain('Hello from the journey');
});

test('the timeline tells the story in order', async () => {
  const client = await new Client(system.credentials).signIn();
  const story = (await client.history()).map(({ type }) => type);
  const milestones = ['ServerRequested', 'DropletAccepted', 'AgentConnected', 'ServerActivated', 'JobQueued', 'JobDispatched', 'JobStarted', 'JobFinished'];
  expect(story.filter((type) => milestones.includes(type))).toEqual(milestones);
  // The agent may enrol before the cloud says that its droplet is active.
  expect(story).toEqual(expect.arrayContaining(['DropletReady', 'AgentEnrolled']));
});

test('the host is what it was', () => {
  expect(HOST_FILES.map(digestOf)).toEqual(hostBefore);
});

test('no room has a serious accessibility fault, and none shows an error', async () => {
  const client = await new Client(system.credentials).signIn();
  const { body } = await client.get<{ items: { id: string }[] }>('/api/servers');
  const { body: jobs } = await client.get<{ items: { id: string }[] }>('/api/jobs');
  const server = `/servers/${body.items[0]?.id}`;
  // A dialog that is still fading in has no contrast yet.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  for (const room of ['/servers', '/servers/new', server, `${server}/install`, `${server}/install/${app.id}`, `/jobs/${jobs.items[0]?.id}`, '/jobs', '/events']) {
    await page.goto(`${system.url}${room}`);
    await page.getByRole('heading', { level: 1 }).or(page.getByRole('dialog')).first().waitFor();
    await expect.poll(() => page.locator('.loading').count()).toBe(0);
    expect(await seriousFaultsOf(page), room).toEqual([]);
    expect(await page.getByRole('alert').count(), room).toBe(0);
  }
});

test('a server goes away when its name is typed', async () => {
  await page.goto(system.url);
  await page.getByRole('link', { name: 'web-1' }).first().click();
  await page.getByRole('button', { name: 'Delete server' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('web-1');
  await dialog.getByRole('button', { name: 'Delete this server' }).click();
  const client = await new Client(system.credentials).signIn();
  await expect.poll(async () => (await client.get<{ items: unknown[] }>('/api/servers')).body.items.length, { timeout: 60_000 }).toBe(0);
});

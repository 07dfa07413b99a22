/**
 * The promise of a project's own clouds: an admin adds one in the panel and on the command line, servers are made with it, it
 * gets another token while they are, and nobody is ever shown a token again.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { openBrowser } from './browser.ts';
import { openShell, type Shell } from './citrus.ts';
import { newBrowser, signIn } from './panel.ts';
import { startSystem, type System } from './system.ts';

const SLOW = { timeout: 60_000 };
const NEXT_TOKEN = 'dop_v1_the-next-token-of-the-same-account-f00d';

let system: System;
let browser: Browser;
let shell: Shell;
let owner: Page;
let token: string;
let url: string;

const dialog = () => owner.getByRole('dialog');
const fill = async (form: Record<string, string>): Promise<void> => {
  for (const [label, value] of Object.entries(form)) await dialog().getByLabel(label, { exact: true }).fill(value);
};

beforeAll(async () => {
  system = await startSystem({ driver: 'none' });
  shell = openShell(system.home);
  const tokenFile = join(system.home, 'secrets', 'cloud.token');
  token = readFileSync(tokenFile, 'utf8').trim();
  appendFileSync(tokenFile, `\n${NEXT_TOKEN}\n`);
  const { localCloud } = JSON.parse(readFileSync(join(system.home, 'ports.json'), 'utf8')) as { localCloud: number };
  url = `http://127.0.0.1:${localCloud}`;
  browser = await openBrowser();
  owner = await newBrowser(browser);
  await owner.goto(`${system.url}/clouds`);
  await signIn(owner, system.credentials);
  await owner.getByRole('heading', { level: 1, name: 'Clouds' }).waitFor(SLOW);
});
afterAll(async () => {
  shell?.dispose();
  await system?.dispose();
  await browser?.close();
});

describe('a project’s own cloud', () => {
  test('is refused with words when its address is nobody’s business, and added when its token is good', async () => {
    await owner.getByRole('button', { name: 'Add a cloud' }).click();
    await dialog().getByText('More options').click();
    await fill({ Name: 'our account', 'API token': token, 'Another address': 'http://169.254.169.254' });
    expect(await seriousFaultsOf(owner), 'the dialog').toEqual([]);
    await dialog().getByRole('button', { name: 'Add a cloud' }).click();
    await dialog().getByText('is not among the addresses').first().waitFor(SLOW);
    expect(await seriousFaultsOf(owner), 'the refusal').toEqual([]);
    await fill({ 'Another address': url });
    await dialog().getByRole('button', { name: 'Add a cloud' }).click();
    await dialog().waitFor({ state: 'detached', ...SLOW });
    await owner.getByText(`token …${token.slice(-4)}`).waitFor(SLOW);
    await owner.getByRole('button', { name: 'Make default: our account' }).click();
    await expect.poll(() => owner.getByText('default', { exact: true }).count(), SLOW).toBe(1);
    await expect.poll(() => owner.locator('[aria-busy=true]').count(), SLOW).toBe(0);
    expect(await owner.content()).not.toContain(token);
  });

  test('is what the form of a new server offers, and what the server is made with', async () => {
    await owner.goto(`${system.url}/servers/new`);
    await dialog().getByLabel('Cloud').waitFor(SLOW);
    expect(await dialog().getByLabel('Cloud').locator('option').allTextContents()).toEqual(['our account (default)']);
    await expect.poll(() => dialog().getByRole('group', { name: 'Size' }).getByRole('radio').count(), SLOW).toBeGreaterThan(3);
    expect(await seriousFaultsOf(owner)).toEqual([]);
    await dialog().getByLabel('Name').fill('web');
    await dialog().getByRole('button', { name: 'Create server' }).click();
    await owner.getByRole('heading', { level: 1, name: 'web' }).waitFor(SLOW);
    await expect.poll(async () => JSON.parse((await shell.run('citrus --json clouds list')).out).items, SLOW).toMatchObject([{ name: 'our account', servers: 1, isDefault: true }]);
  });

  test('gets another token by a pipe, is kept while a server uses it, and its tokens are in no event', async () => {
    const wrong = await shell.run('citrus clouds rotate "our account"', {}, 'dop_v1_nobody-knows-this-one\n');
    expect(wrong.code).not.toBe(0);
    expect(wrong.err).toContain('keeps the token that it had');
    const rotated = await shell.run('citrus clouds rotate "our account"', {}, `${NEXT_TOKEN}\n`);
    expect(rotated, rotated.err).toMatchObject({ code: 0, out: expect.stringContaining('…f00d') });
    expect(await shell.run('citrus clouds test "our account"')).toMatchObject({ code: 0 });
    const kept = await shell.run('citrus clouds remove "our account" --yes');
    expect(kept.err).toContain('was made with the cloud our account');
    const places = [(await shell.run(`citrus --json history tail -n 1000`)).out, system.output()];
    for (const place of places) expect(place).not.toMatch(new RegExp(`${token}|${NEXT_TOKEN}`));
    expect(places[0]).toContain('CredentialRotated');
    await owner.goto(`${system.url}/events`);
    await owner.getByText('A cloud has another API token, …f00d').first().waitFor(SLOW);
  });
});

/**
 * The promise of a second factor for everybody: an administrator who has one requires it, whoever comes next sets one up
 * before anything else, a link to recover is no way past it, and who has lost it gets it reset, which is seen.
 */
import { mkdirSync } from 'node:fs';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import type { Shell } from './citrus.ts';
import { inTimeForACode, newBrowser, openOffice, rooms, signIn, type Office } from './panel.ts';
import type { System } from './system.ts';

const EVE = { email: 'eve@example.com', name: 'Eve Adams', password: 'three quiet green lamps' };
const CHOSEN = 'four loud orange doors';

let office: Office;
let system: System;
let shell: Shell;
let owner: Page;
let eve: Page;
let recoveryCodes: readonly string[] = [];

/** For whoever wants to look at it: CITRUS_SHOTS_DIR=… */
const shot = async (page: Page, name: string): Promise<void> => {
  const dir = process.env['CITRUS_SHOTS_DIR'];
  if (!dir) return;
  mkdirSync(dir, { recursive: true });
  await page.screenshot({ path: `${dir}/${name}.png`, fullPage: true });
};

const codeOf = async (secret: string): Promise<string> => {
  await inTimeForACode();
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate();
};

/** With the app on a phone; gives the recovery codes. */
const setUp = async (page: Page, name: string): Promise<readonly string[]> => {
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByText('I cannot scan it').click();
  const secret = (await page.locator('.by-hand p').textContent())?.replaceAll(' ', '') ?? '';
  await shot(page, `${name}-set-up`);
  await page.getByLabel('Code from your app').fill(await codeOf(secret));
  await page.getByRole('button', { name: 'Turn on' }).click();
  const codes = page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem');
  await expect.poll(() => codes.count(), { timeout: 30_000 }).toBe(10);
  await shot(page, `${name}-codes`);
  const all = await codes.allTextContents();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  return all;
};

const inAdministration = async (): Promise<void> => {
  await owner.goto(`${system.url}/administration`);
  await owner.getByRole('heading', { level: 1 }).waitFor();
};
const post = async <T>(path: string, body: object): Promise<T> =>
  owner.evaluate(async ({ path: to, body: sent }) => (await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(sent) })).json() as Promise<unknown>, { path, body }) as Promise<T>;

beforeAll(async () => {
  office = await openOffice({ driver: 'process' });
  ({ system, shell, owner } = office);
  eve = await newBrowser(office.browser);
}, 300_000);
afterAll(() => office?.close());

describe('a second factor for everybody', () => {
  test('is required by an administrator who has shown one, and by nobody whom it would shut out', async () => {
    await inAdministration();
    const require = async () => {
      await owner.getByRole('button', { name: 'Require', exact: true }).click();
      await owner.getByLabel(/Days for those/).fill('3');
      await shot(owner, 'owner-require');
      expect(await seriousFaultsOf(owner)).toEqual([]);
      await owner.getByRole('dialog').getByRole('button', { name: 'Require', exact: true }).click();
    };
    await require();
    await owner.getByRole('alert').filter({ hasText: /Set up your own second factor first/ }).waitFor();
    await shot(owner, 'owner-own-first');
    await owner.goto(`${system.url}/account`);
    await setUp(owner, 'owner');
    await inAdministration();
    await require();
    await owner.getByText(/Everybody needs one\./).waitFor();
    await shot(owner, 'owner-required');
  });

  test('is set up by whoever comes next, before anything else', async () => {
    const { items: [project] } = await owner.evaluate(async () => (await fetch('/api/projects')).json() as Promise<{ items: { id: string }[] }>);
    const { link } = await post<{ link: string }>('/api/invitations', { projectId: project?.id, email: EVE.email, role: 'operator' });
    await eve.goto(link.replace(/^https?:\/\/[^/]+/, system.url));
    await eve.getByLabel('Your name').fill(EVE.name);
    await eve.getByLabel('Choose a password').fill(EVE.password);
    await eve.getByRole('button', { name: 'Join', exact: true }).click();
    await eve.getByRole('heading', { name: 'One more step' }).waitFor();
    expect(await seriousFaultsOf(eve)).toEqual([]);
    await shot(eve, 'eve-due');
    expect(await eve.evaluate(async () => (await fetch('/api/servers')).status)).toBe(403);
    await eve.goto(`${system.url}/servers`);
    await eve.getByRole('heading', { name: 'One more step' }).waitFor();
    recoveryCodes = await setUp(eve, 'eve');
    await rooms(eve).waitFor();
    await shot(eve, 'eve-in');
    await eve.goto(`${system.url}/account`);
    await eve.getByText(/cannot be turned off/).waitFor();
    expect(await eve.getByRole('button', { name: 'Turn off' }).count()).toBe(0);
  });

  test('is not passed by a link to recover: a code is asked for', async () => {
    await inAdministration();
    await owner.getByRole('button', { name: `Recover the account of ${EVE.name}` }).click();
    await owner.getByRole('button', { name: 'Make a link' }).click();
    const link = await owner.getByRole('textbox', { name: 'Link' }).inputValue();
    await shot(owner, 'owner-recover');
    await owner.getByRole('button', { name: 'Done' }).click();
    await eve.goto(link.replace(/^https?:\/\/[^/]+/, system.url));
    await eve.getByLabel('New password').fill(CHOSEN);
    await eve.getByRole('button', { name: 'Set it and sign in' }).click();
    await eve.getByLabel('Code', { exact: true }).waitFor();
    await shot(eve, 'eve-recover-code');
    await eve.getByLabel('New password').fill(CHOSEN);
    await eve.getByLabel('Code', { exact: true }).fill(recoveryCodes[0] ?? '');
    await eve.getByRole('button', { name: 'Set it and sign in' }).click();
    await eve.getByText(/Your password is set/).waitFor();
    await shot(eve, 'eve-recovered');
    await eve.getByRole('link', { name: 'Sign in' }).click();
    await signIn(eve, { email: EVE.email, password: CHOSEN });
    await eve.getByRole('button', { name: 'Use a recovery code' }).click();
    await eve.getByLabel('Recovery code').fill(recoveryCodes[1] ?? '');
    await eve.getByRole('button', { name: 'Sign in' }).click();
    await rooms(eve).waitFor();
  });

  test('that was lost is reset by an administrator, and set up anew', async () => {
    await inAdministration();
    await owner.getByRole('button', { name: `Reset second factor of ${EVE.name}` }).click();
    await shot(owner, 'owner-reset');
    await owner.getByRole('dialog').getByRole('button', { name: 'Reset second factor' }).click();
    await owner.getByRole('dialog').waitFor({ state: 'detached' });
    await eve.goto(`${system.url}/servers`);
    await signIn(eve, { email: EVE.email, password: CHOSEN });
    await eve.getByRole('heading', { name: 'One more step' }).waitFor();
    recoveryCodes = await setUp(eve, 'eve-again');
    await rooms(eve).waitFor();
    await owner.goto(`${system.url}/audit`);
    await owner.getByText('Resetting somebody’s second factor').first().waitFor();
    await shot(owner, 'owner-audit');
  });

  test('is told on the command line, too', async () => {
    // Without the credentials of npm start, which are the owner's.
    const nobody = { CITRUS_HOME: '/nonexistent' };
    const login = await shell.run(`printf '%s\\n' '${CHOSEN}' | citrus login --url ${system.url} --email ${EVE.email} --code ${recoveryCodes[0]}`, nobody);
    expect(login.out).toContain('Signed in');
    const { out } = await shell.run('citrus second-factor', nobody);
    expect(out).toContain('Yours is on; 9 recovery codes are left.');
    expect(out).toContain('This installation asks everybody for one.');
    expect((await shell.run('citrus second-factor optional', nobody)).err).toContain('administrator');
  });
});

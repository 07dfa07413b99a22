/**
 * The promise of people's rooms: the life of a second person, in browsers of her own. She is invited by a link, joins,
 * signs in with a second factor, sees at once what her role lets her see while a page is open, and is out as soon as she
 * is removed. And the same from the command line, for programs with tokens of their own.
 */
import { readFileSync } from 'node:fs';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import type { Ran, Shell } from './citrus.ts';
import { inTimeForACode, newBrowser, openOffice, rooms, signIn, type Office } from './panel.ts';
import type { System } from './system.ts';

const EVE = { email: 'eve@example.com', name: 'Eve Adams', password: 'three quiet green lamps' };
const SLOW = { timeout: 30_000 };

let office: Office;
let system: System;
let shell: Shell;
let owner: Page;
let eve: Page;
let secret: string;
let recoveryCodes: string[];

const stepNow = (): number => Math.floor(Date.now() / 30_000);
let usedStep = 0;
/** Of the app on her phone; one code signs in once, so the next one is that of a later step, with time left to type it. */
const nextCode = async (): Promise<string> => {
  await inTimeForACode(() => stepNow() > usedStep);
  usedStep = stepNow();
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate();
};

const inOwnersRoom = async (path: string): Promise<void> => {
  await owner.goto(`${system.url}${path}`);
  await owner.getByRole('heading', { level: 1 }).waitFor();
};

const invite = async (email: string, role: string): Promise<string> => {
  await inOwnersRoom('/people');
  await owner.getByRole('button', { name: 'Invite' }).click();
  const dialog = owner.getByRole('dialog');
  await dialog.getByLabel('E-mail').fill(email);
  await dialog.getByRole('radio', { name: new RegExp(`^${role}`) }).check();
  expect(await seriousFaultsOf(owner), 'the dialog of an invitation').toEqual([]);
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const link = await owner.getByRole('textbox', { name: 'Link' }).inputValue();
  expect(await seriousFaultsOf(owner), 'the link of an invitation').toEqual([]);
  await owner.getByRole('button', { name: 'Done' }).click();
  return link;
};

beforeAll(async () => {
  office = await openOffice({ driver: 'process' });
  ({ system, shell, owner } = office);
  eve = await newBrowser(office.browser);
});
afterAll(() => office?.close());

describe('a second person', () => {
  let link: string;

  test('is invited by a link that is shown once', async () => {
    link = await invite(EVE.email, 'Viewer');
    expect(link).toMatch(/\/join#.+/);
    await owner.getByRole('rowheader', { name: EVE.email }).waitFor();
    await owner.reload();
    await owner.getByRole('rowheader', { name: EVE.email }).waitFor();
    expect(await owner.content()).not.toContain(link.split('#')[1]);
  });

  test('is told whom an invitation is for when somebody else opens it', async () => {
    await owner.goto(link);
    await owner.getByText(`This invitation is for ${EVE.email}`).waitFor();
    expect(await seriousFaultsOf(owner)).toEqual([]);
  });

  test('joins with an account of her own, and a password that anybody would guess is refused', async () => {
    await eve.goto(link);
    await eve.getByLabel('Your name').fill(EVE.name);
    await eve.getByLabel('Choose a password').fill('passwordpassword');
    expect(await seriousFaultsOf(eve)).toEqual([]);
    await eve.getByRole('button', { name: 'Join', exact: true }).click();
    await eve.getByText(/first that anybody tries/).first().waitFor();
    await eve.getByLabel('Choose a password').fill(EVE.password);
    await eve.getByRole('button', { name: 'Join', exact: true }).click();
    await eve.getByRole('heading', { level: 1, name: 'Servers' }).waitFor(SLOW);
  });

  test('is offered what a viewer may, and nothing more', async () => {
    expect(await rooms(eve).getByRole('link').allTextContents()).toEqual(['Servers', 'Groups', 'Bundles', 'Jobs', 'Runs', 'Events', 'People']);
    expect(await eve.getByRole('button', { name: 'Create server' }).count()).toBe(0);
    await eve.goto(`${system.url}/people`);
    await eve.getByRole('rowheader', { name: EVE.name }).waitFor();
    expect(await eve.getByRole('button', { name: 'Invite' }).count()).toBe(0);
    await eve.goto(`${system.url}/administration`);
    await eve.getByRole('heading', { level: 1, name: 'There is nothing here' }).waitFor();
  });

  test('sets up a second factor with her app, and gets recovery codes', async () => {
    await eve.goto(`${system.url}/account`);
    await eve.getByRole('button', { name: 'Set up' }).click();
    await eve.getByRole('img', { name: /QR code/ }).waitFor();
    await eve.getByText('I cannot scan it').click();
    secret = (await eve.locator('.by-hand p').textContent())?.replaceAll(' ', '') ?? '';
    expect(await seriousFaultsOf(eve)).toEqual([]);
    await eve.getByLabel('Code from your app').fill(await nextCode());
    await eve.getByRole('button', { name: 'Turn on' }).click();
    const codes = eve.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem');
    await expect.poll(() => codes.count(), SLOW).toBe(10);
    recoveryCodes = await codes.allTextContents();
    expect(await seriousFaultsOf(eve)).toEqual([]);
    await eve.getByRole('button', { name: 'I have kept them' }).click();
    await eve.getByText('10 recovery codes are left.').waitFor();
  });

  test('signs in with it, and not without', async () => {
    await eve.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await eve.getByLabel('E-mail').waitFor();
    await signIn(eve, EVE);
    await eve.getByLabel('Code from your app').fill('000000');
    expect(await seriousFaultsOf(eve)).toEqual([]);
    await eve.getByRole('button', { name: 'Sign in' }).click();
    await eve.getByRole('alert').filter({ hasText: /code is wrong/ }).waitFor();
    await eve.getByLabel('Code from your app').fill(await nextCode());
    await eve.getByRole('button', { name: 'Sign in' }).click();
    await rooms(eve).waitFor(SLOW);
  });

  test('follows at once when her role is changed', async () => {
    await eve.goto(`${system.url}/servers`);
    await eve.getByRole('heading', { level: 1, name: 'Servers' }).waitFor();
    await inOwnersRoom('/people');
    await owner.getByRole('button', { name: `Change role of ${EVE.name}` }).click();
    await owner.getByRole('radio', { name: /^Admin/ }).check();
    await owner.getByRole('button', { name: 'Give this role' }).click();
    // She touches nothing: the page that is open follows.
    await eve.getByRole('button', { name: 'Create server' }).first().waitFor(SLOW);
    await rooms(eve).getByRole('link', { name: 'Audit' }).waitFor();
  });

  test('has rooms without a serious accessibility fault, and none shows an error', async () => {
    for (const room of ['/people', '/bundles', '/clouds', '/webhooks', '/account', '/audit']) {
      await eve.goto(`${system.url}${room}`);
      await eve.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => eve.locator('.loading').count()).toBe(0);
      expect(await seriousFaultsOf(eve), room).toEqual([]);
      expect(await eve.getByRole('alert').filter({ hasText: /./ }).allTextContents(), room).toEqual([]);
    }
  });

  test('is out as soon as she is removed, on the page that is open and from the API', async () => {
    await eve.goto(`${system.url}/servers`);
    await eve.getByRole('button', { name: 'Create server' }).first().waitFor(SLOW);
    await inOwnersRoom('/people');
    await owner.getByRole('button', { name: `Remove ${EVE.name}` }).click();
    await owner.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await eve.getByRole('heading', { level: 1, name: 'You are in no project' }).waitFor(SLOW);
    const status = await eve.evaluate(async () => (await fetch('/api/servers')).status);
    // Her token is outdated, or the renewed one says that she is in no project.
    expect([401, 403]).toContain(status);
  });

  test('is in the audit with everything that was done about her', async () => {
    await inOwnersRoom('/audit');
    await owner.getByText('Inviting somebody').first().waitFor(SLOW);
    await owner.getByRole('button', { name: 'Refused' }).click();
    await expect.poll(() => owner.getByText('Allowed', { exact: true }).count(), SLOW).toBeLessThanOrEqual(1);
    expect(await seriousFaultsOf(owner)).toEqual([]);
  });
});

describe('an administrator', () => {
  test('makes a project, which becomes the one that is looked at, and goes back to the first', async () => {
    await inOwnersRoom('/administration');
    await owner.getByRole('rowheader', { name: EVE.name }).waitFor();
    expect(await seriousFaultsOf(owner)).toEqual([]);
    await owner.getByRole('button', { name: 'New project' }).click();
    await owner.getByRole('dialog').getByLabel('Name').fill('Orchard');
    await owner.getByRole('button', { name: 'Make project' }).click();
    const picker = owner.getByRole('combobox', { name: 'Project' });
    await expect.poll(async () => picker.locator('option:checked').textContent(), SLOW).toBe('Orchard');
    await inOwnersRoom('/people');
    await owner.getByRole('rowheader').first().waitFor();
    expect(await owner.getByRole('rowheader').count()).toBe(1);
    await picker.selectOption({ label: (await picker.locator('option').allTextContents()).find((name) => name !== 'Orchard') ?? '' });
    await owner.reload();
    await expect.poll(async () => picker.locator('option:checked').textContent(), SLOW).not.toBe('Orchard');
  });

  test('rotates keys that everybody knows, gives up one that leaked, and nobody notices', async () => {
    await inOwnersRoom('/administration');
    const dialog = owner.getByRole('dialog');
    // Minutes after the start the next keys are too young, which is said where it was asked; later they do their duty.
    for (const [name, done, tooYoung] of [['Access tokens', /signed with the next key/, /not everybody .* can know it yet/], ['Commands to agents', /signed with a new key/, /not every agent can know it yet/]] as const) {
      await owner.getByRole('button', { name: `Rotate: ${name}` }).click();
      await dialog.getByRole('button', { name: 'Rotate', exact: true }).click();
      const refused = dialog.getByRole('alert').filter({ hasText: tooYoung });
      await refused.or(owner.getByRole('status').filter({ hasText: done })).first().waitFor(SLOW);
      if (await refused.isVisible()) await dialog.getByRole('button', { name: 'Cancel' }).click();
    }
    await owner.getByRole('button', { name: 'Rotate: Commands to agents' }).click();
    await dialog.getByRole('checkbox', { name: /other hands/ }).check();
    expect(await seriousFaultsOf(owner)).toEqual([]);
    await dialog.getByRole('button', { name: 'Rotate', exact: true }).click();
    await dialog.waitFor({ state: 'detached', ...SLOW });
    await owner.getByRole('status').filter({ hasText: 'Commands are signed with' }).waitFor(SLOW);
    await inOwnersRoom('/people');
    await owner.getByRole('rowheader').first().waitFor();
  });
});

describe('the citrus command', () => {
  const good = async (line: string, env?: NodeJS.ProcessEnv): Promise<Ran> => {
    const ran = await shell.run(line, env);
    expect(ran, line).toMatchObject({ code: 0 });
    return ran;
  };
  const json = async <T>(line: string): Promise<T> => JSON.parse((await good(`${line} --json`)).out) as T;
  const inVain = async (line: string, env?: NodeJS.ProcessEnv, input?: string): Promise<Ran> => {
    const ran = await shell.run(line, env, input);
    expect(ran.code, line).not.toBe(0);
    expect(ran.err).not.toMatch(/bug in citrus|\n {4}at /);
    return ran;
  };

  test('asks which project is meant, and keeps the answer', async () => {
    const { err, code } = await inVain('citrus people list');
    expect([code, err]).toEqual([2, expect.stringContaining('citrus projects use')]);
    await good('citrus projects use Orchard');
    expect((await json<{ items: unknown[] }>('citrus people list')).items).toHaveLength(1);
    const { items } = await json<{ items: { name: string; isUsed: boolean }[] }>('citrus projects list');
    expect(items.filter(({ isUsed }) => isUsed).map(({ name }) => name)).toEqual(['Orchard']);
  });

  test('invites, changes roles and removes', async () => {
    const { link } = await json<{ link: string }>(`citrus people invite ${EVE.email} --role operator`);
    expect((await json<{ items: { email: string }[] }>('citrus people invitations')).items.map(({ email }) => email)).toEqual([EVE.email]);
    await eve.goto(link);
    await eve.getByRole('button', { name: `Join as ${EVE.name}` }).click();
    await eve.getByRole('heading', { level: 1, name: 'Servers' }).waitFor(SLOW);
    expect((await good(`citrus people role ${EVE.email} viewer`)).out).toContain('is viewer now; before: operator');
    expect((await inVain(`citrus people remove ${EVE.email}`)).code).toBe(2);
    await good(`citrus people remove ${EVE.email} --yes`);
    expect((await inVain(`citrus people role ${EVE.email} admin`)).err).toContain('citrus people list');
  });

  test('signs somebody in with a second factor, and says what is missing without', async () => {
    const nobody = { CITRUS_HOME: '/nonexistent' };
    const line = `citrus login --url ${system.url} --email ${EVE.email}`;
    expect(await inVain(line, nobody, `${EVE.password}\n`)).toMatchObject({ code: 3, err: expect.stringContaining('--code') });
    const withCode = `${line} --code ${recoveryCodes[0]}`;
    expect(await shell.run(withCode, nobody, `${EVE.password}\n`)).toMatchObject({ code: 0 });
    expect(await inVain(withCode, nobody, `${EVE.password}\n`)).toMatchObject({ code: 3, err: expect.stringContaining('used before') });
    expect((await good('citrus logout --everywhere', nobody)).out).toContain('Signed out everywhere');
    await eve.getByLabel('E-mail').waitFor(SLOW);
  });

  test('comes with a token that may no more than it was given, until it is revoked', async () => {
    const { token } = await json<{ token: string }>('citrus token create reader --role viewer --days 1');
    const program = { CITRUS_TOKEN: token, CITRUS_URL: system.url, CITRUS_HOME: '/nonexistent' };
    expect((await good('citrus people list', program)).out).toContain(system.credentials.email);
    expect((await inVain('citrus people invite zoe@example.com', program)).code).toBe(1);
    expect((await inVain('citrus token list', program)).code).toBe(1);
    await good('citrus token revoke reader');
    await expect.poll(async () => (await shell.run('citrus people list', program)).code, SLOW).toBe(3);
    expect(readFileSync(`${system.home}/logs/hub.log`, 'utf8')).not.toContain(token);
  });

  test('makes service accounts for programs', async () => {
    await good('citrus service-account create deployments --role operator');
    const { token } = await json<{ token: string }>('citrus service-account token deployments ci --days 7');
    const program = { CITRUS_TOKEN: token, CITRUS_URL: system.url, CITRUS_HOME: '/nonexistent' };
    expect((await good('citrus whoami', program)).out).toContain('operator');
    expect((await json<{ items: { tokens: unknown[] }[] }>('citrus service-account list')).items[0]?.tokens).toHaveLength(1);
    await good('citrus service-account remove deployments --yes');
    await expect.poll(async () => (await shell.run('citrus whoami', program)).code, SLOW).toBe(3);
  });

  test('rotates keys for administrators', async () => {
    await good('citrus keys rotate commands --compromised');
    const young = await shell.run('citrus keys rotate access-tokens');
    if (young.code !== 0) expect(young).toMatchObject({ code: 1, err: expect.stringMatching(/Rotate after 20\d\d-/) });
    expect((await inVain('citrus keys rotate everything')).code).toBe(2);
  });
});

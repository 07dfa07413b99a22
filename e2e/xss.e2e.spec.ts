/**
 * The promise that what people, scripts and installers write stays text: each place of the panel that shows something
 * which somebody else wrote is visited in a real browser with hostile words in it. None of them runs, nothing that they
 * would have made is in the page, and the content policy is never even asked.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client } from './client.ts';
import { newBrowser, openOffice, signIn, type Office } from './panel.ts';

const SLOW = { timeout: 120_000 };
/** Each would write its name into `__fired`, each in its own way. */
const HOSTILE = {
  image: `<img src=x onerror="__fired.push('image')">`,
  vector: `"><svg onload="__fired.push('vector')">`,
  script: `<script>__fired.push('script')</script>`,
  link: `<a href="javascript:__fired.push('link')">link</a>`,
  address: `javascript:__fired.push('address')//http://127.0.0.1/`,
  data: `data:text/html,<script>opener.__fired.push('data')</script>`,
  markdown: `[here](javascript:__fired.push('markdown')) ![x](x"onerror="__fired.push('markdown'))`,
  template: '{{constructor.constructor("__fired.push(1)")()}}${__fired.push(2)}',
  frame: `<iframe srcdoc="<script>parent.__fired.push('frame')</script>"></iframe>`,
  clobber: `<form id=location><input name=hash></form>`,
  style: `<style>@import'http://127.0.0.1:9/'</style><p style=position:fixed;inset:0>`,
} as const;
const ALL = Object.values(HOSTILE).join(' ');
/** A note with braces that name nothing is refused when it is read. */
const PLAIN = ALL.replaceAll(/[{}]/g, '');

const MANIFEST = {
  id: 'hostile', name: HOSTILE.image.slice(0, 80), version: '1.0.0', description: ALL.slice(0, 500), category: 'test', author: HOSTILE.vector,
  os_requirements: { families: ['any'] }, portable: true, timeout_seconds: 60,
  warnings: [HOSTILE.script, HOSTILE.markdown], notices: { before_install: PLAIN }, after_install: `${PLAIN} {{TEXT}}`,
  ports: [{ port: 8099, purpose: HOSTILE.frame.slice(0, 120) }], files: [{ path: '/tmp/hostile', purpose: HOSTILE.link }],
  outputs: [{ name: 'SAID', description: HOSTILE.image }],
  inputs: [
    { id: 'text', type: 'string', label: HOSTILE.image, description: ALL.slice(0, 300), default: HOSTILE.vector },
    { id: 'choice', type: 'select', label: 'Choice', default: HOSTILE.link, validation: { allowed_values: [HOSTILE.link, HOSTILE.script] } },
    { id: 'ending', type: 'integer', label: 'Exit code', default: 0 },
  ],
};

/** ESC sequences that make links, titles, cleared screens and hidden text of a terminal; and what turns text around. */
const SCRIPT = String.raw`#!/bin/bash
printf '%s\n' "$TEXT"
printf '%s\n' "$CHOICE"
printf '\033]8;;javascript:__fired.push(1)\033\\click\033]8;;\033\\\n\033]0;<img src=x onerror=__fired.push(2)>\007\033[2Jtitle\n'
printf '\033]52;c;aGk=\007clipboard\nhidden\b\b\b\b\b\bshown\n\033[31m%s\033[0m\n' "$TEXT"
printf 'turned \u202e%s\u202c back\nnext line\n' 'evil'
printf '<b>half'; sleep 0.2; printf ' a tag</b>\n'
echo "::progress 50 $TEXT"
echo "::output SAID $TEXT"
exit "$ENDING"
`;

const installers = mkdtempSync(join(tmpdir(), 'citrus-xss-'));
let office: Office;
let page: Page;
let client: Client;
let serverId: string;
let jobs: string[];

const watched = async (guest: Page): Promise<void> => {
  await guest.addInitScript(() => {
    const bare = globalThis as unknown as { __fired: string[]; __violations: string[] };
    bare.__fired = [];
    bare.__violations = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => bare.__violations.push(`${violatedDirective} ${blockedURI} ${sample}`));
  });
  guest.on('dialog', () => { throw new Error('a dialog of the browser opened'); });
};

/** What ran, what the policy had to stop, and what was made of text that no part of the panel makes. */
const harmDone = (guest: Page): Promise<string[]> => guest.evaluate(() => {
  const { __fired, __violations } = globalThis as unknown as { __fired: string[]; __violations: string[] };
  const made = 'img, iframe, object, embed, base, body style, body script:not([src]), [onerror], [onload], svg[onload], form#location, a[href^="javascript:" i], a[href^="data:" i], area, link[rel=import]';
  return [...__fired.map((what) => `ran: ${what}`), ...__violations.map((what) => `stopped: ${what}`), ...[...document.querySelectorAll(made)].map((element) => `made: ${element.outerHTML.slice(0, 120)}`)];
});

const visit = async (path: string): Promise<void> => {
  await page.goto(`${office.system.url}${path}`);
  await page.getByRole('heading', { level: 1 }).or(page.getByRole('dialog')).first().waitFor();
  await expect.poll(() => page.locator('.loading').count(), SLOW).toBe(0);
};
const must = async (path: string, body: object): Promise<Record<string, string>> => {
  const answer = await client.insist<Record<string, string>>('POST', path, body);
  expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
};

beforeAll(async () => {
  mkdirSync(join(installers, 'hostile'), { recursive: true });
  // A manifest is YAML, and JSON is YAML.
  writeFileSync(join(installers, 'hostile/manifest.yml'), JSON.stringify(MANIFEST));
  writeFileSync(join(installers, 'hostile/install.sh'), SCRIPT);
  mkdirSync(join(installers, 'broken'));
  writeFileSync(join(installers, 'broken/manifest.yml'), JSON.stringify({ [HOSTILE.image]: HOSTILE.script }));
  office = await openOffice({ driver: 'process', env: { CITRUS_INSTALLERS_DIR: installers } });
  page = await newBrowser(office.browser);
  await watched(page);
  client = await new Client(office.system.credentials).signIn();
  ({ id: serverId } = await client.createServer('web-1'));
  await client.serverIs(serverId, 'active');
  const inputs = { text: ALL.replaceAll('\n', ' '), choice: HOSTILE.script };
  const ends = async (ending: number): Promise<string> => (await client.jobEnds((await client.createJob({ serverId, installer: 'hostile', inputs: { ...inputs, ending } })).id)).id;
  jobs = [await ends(0), await ends(1)];
  const { body: mine } = await client.get<{ memberships: { projectId: string }[] }>('/api/auth/me');
  await must(`/api/projects/${mine.memberships[0]?.projectId}/rename`, { name: HOSTILE.image });
  await must('/api/service-accounts', { name: HOSTILE.vector, role: 'viewer' });
  await must('/api/tokens', { name: HOSTILE.script, expiresInDays: 1, scopes: [{ projectId: mine.memberships[0]?.projectId, role: 'viewer' }] });
  await must('/api/invitations', { email: 'eve@example.com', role: 'viewer' });
  await page.goto(office.system.url);
  await signIn(page, office.system.credentials);
  await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
});
afterAll(async () => {
  await office?.close();
  rmSync(installers, { recursive: true, force: true });
});

test('names that would do something in a list are refused in words, and change nothing', async () => {
  for (const name of [HOSTILE.image, 'a\u202eb', 'a\u0000b', 'a\nb', '../a']) expect([400, 422]).toContain((await client.request('POST', '/api/servers', { body: { name } })).status);
  for (const tag of [HOSTILE.image, 'a b', 'a\u202eb']) expect([400, 422]).toContain((await client.request('POST', '/api/servers', { body: { name: 'web-2', tags: [tag] } })).status);
  for (const name of ['a\u202eb', 'a\u001bb', 'a\nb']) expect([400, 422]).toContain((await client.request('POST', '/api/service-accounts', { body: { name, role: 'viewer' } })).status);
});

test('T613. no room runs what others wrote', async () => {
  const server = `/servers/${serverId}`;
  for (const path of ['/servers', server, `${server}/install`, `${server}/install/hostile`, '/groups', '/jobs', ...jobs.map((id) => `/jobs/${id}`), '/runs', '/events', '/people', '/clouds', '/audit', '/administration', '/account']) {
    await visit(path);
    expect(await harmDone(page), path).toEqual([]);
  }
});

test('a log shows what was printed, and nothing that a terminal would have made of it', async () => {
  await visit(`/jobs/${jobs[0]}`);
  const log = page.getByRole('log', { name: 'Job log' });
  await log.getByText('<b>half a tag</b>').waitFor();
  const text = (await log.textContent()) ?? '';
  for (const part of [...Object.values(HOSTILE), 'click', 'title', 'clipboard', 'shown', '<b>half a tag</b>']) expect(text).toContain(part);
  // What was in an escape is gone, and a line that turns its letters around turns only itself.
  for (const part of ['\u001b', '\u0007', 'aGk=', '8;;']) expect(text).not.toContain(part);
  expect(await log.locator('[data-line]').filter({ hasText: 'next line' }).evaluate((line) => getComputedStyle(line).direction)).toBe('ltr');
  expect(await log.locator('a').count()).toBe(0);
  // The app's name, as text; nothing of what was printed to a terminal's title.
  await expect.poll(() => page.title()).toBe(`Install ${HOSTILE.image} · Citrus`);
  const search = page.getByRole('searchbox', { name: 'Search the whole log' });
  for (const wanted of [HOSTILE.image, HOSTILE.script, HOSTILE.vector]) {
    await search.fill(wanted);
    await expect.poll(() => page.getByRole('status', { name: 'Search in the log' }).textContent(), SLOW).toMatch(/of \d+ lines?$/);
    expect(await harmDone(page), wanted).toEqual([]);
  }
  await page.getByRole('button', { name: 'Details' }).click();
  await page.getByRole('dialog').getByText('printf').first().waitFor();
  expect((await page.getByRole('dialog').textContent()) ?? '').toContain(HOSTILE.frame);
  expect(await harmDone(page)).toEqual([]);
});

test('a raw log is a text to the browser, whatever it looks like', async () => {
  const { projectId } = (await client.get<{ projectId: string }>(`/api/jobs/${jobs[0]}`)).body;
  // The panel renews what a raw address would be refused for.
  await visit('/account');
  await page.goto(`${office.system.url}/api/jobs/${jobs[0]}/log?format=text&projectId=${projectId}`);
  expect(await page.evaluate(() => [document.contentType, document.querySelectorAll('img, script, svg, iframe').length])).toEqual(['text/plain', 0]);
});

test('search boxes, filters and forms show what is typed and never more', async () => {
  for (const [path, name] of [['/jobs', 'Find jobs'], ['/servers', 'Find servers'], ['/events', 'Find events']] as const) {
    await visit(path);
    const box = page.getByRole('searchbox', { name });
    // A room with nothing in it yet has no box.
    if ((await box.count()) === 0) continue;
    await box.fill(ALL);
    await page.keyboard.press('Enter');
    // What the hub answers to it is shown, too.
    if (path === '/jobs') await page.getByText('No job is like that').waitFor();
    await expect.poll(() => box.inputValue(), SLOW).toBe(ALL);
    expect(await harmDone(page), path).toEqual([]);
  }
  await visit(`/servers/${serverId}/install/hostile`);
  await page.getByLabel(HOSTILE.image, { exact: true }).fill(ALL);
  await page.getByLabel('Exit code').fill(HOSTILE.image);
  await page.getByRole('button', { name: 'Install', exact: true }).click();
  expect(await harmDone(page)).toEqual([]);
});

test('an address is only an address', async () => {
  const encoded = encodeURIComponent(HOSTILE.image);
  const addresses = [
    `/${encoded}`, `/jobs/${encoded}`, `/servers/${encoded}`, `/servers/${serverId}/install/${encoded}`, `/jobs/${jobs[0]}#L1${HOSTILE.vector}`, `/jobs/${jobs[0]}#${encoded}`, `/jobs/${jobs[0]}?project=${encoded}`,
    `/servers?next=javascript:__fired.push(1)`, `/servers?q=${encoded}#${HOSTILE.image}`, `/#javascript:__fired.push(1)`, `/events?${encoded}=${encoded}`, '//127.0.0.1:9/', '/\\127.0.0.1:9/', '/%2f%2f127.0.0.1:9/', `/join#${encoded}`, `/recover#${encoded}`,
  ];
  for (const address of addresses) {
    const answer = await page.goto(`${office.system.url}${address}`);
    // The hub itself says of some that there is nothing, as data.
    if ((await answer?.headerValue('content-type'))?.startsWith('text/html')) await expect.poll(() => page.locator('h1').count(), { ...SLOW, message: address }).toBeGreaterThan(0);
    expect(await harmDone(page), address).toEqual([]);
    expect(new URL(page.url()).origin, address).toBe(office.system.url);
  }
});

import { describe, expect, test } from 'vitest';
import { stageFor, whatOf } from '../testing/stage.ts';
import { install, listAll, plan, show } from './bundles.ts';
import { status, steer } from './installed.ts';

const at = '2026-11-25T03:00:00.000Z';
const [SERVER, ID, PROJECT] = ['01a20b11-1111-7d6a-9f60-3b7c1f6f2b11', '01a20b11-0c50-7d6a-9f60-3b7c1f6f2b01', 'c2b5cef2-80cb-4ca0-813e-ea9f2490e0fe'];
const digest = `sha256:${'a'.repeat(64)}`;
const bundle = {
  id: 'shop', name: 'Shop', version: '1.0.0', description: 'A shop', category: 'web', author: 'Citrus', digest, order: ['db', 'web'],
  inputs: [{ id: 'secret', type: 'password', label: 'Password', required: true }], apps: [{ app: 'web', installer: 'nginx', when: 'inputs.x' }, { app: 'db', installer: 'postgresql', if_present: 'skip' }],
};
const planned = (app: string, more: object) => ({
  app, role: 'server', serverId: SERVER, installer: 'nginx', name: 'nginx', version: '1.1.0', does: 'install', installed: null, inputs: {}, hidden: [], later: {}, requirements: [], warnings: [], notice: null, problems: [],
  changes: { script: 'install.sh', timeoutSeconds: 60, ports: [], files: [], outputs: [] }, ...more,
});
const plans = (canRun: boolean) => ({
  bundle: 'shop', version: '1.0.0', digest, inputs: {}, hidden: ['secret'], problems: canRun ? [] : [{ path: 'servers.server', message: 'is missing' }], warnings: ['It phones home.'], canRun,
  apps: [planned('db', { hidden: ['password'] }), planned('web', { inputs: { port: 80 }, later: { db_url: 'outputs.db.URL' } })],
});
const app = (name: string, more: object) => ({ app: name, role: 'server', serverId: SERVER, installer: 'nginx', installerVersion: '1.1.0', status: 'installed', how: 'install', workId: null, outputs: {}, reason: null, ...more });
const installed = (more: object = {}) => ({
  id: ID, projectId: PROJECT, bundle: 'shop', version: '1.0.0', digest, status: 'installed', phase: 'install', attempt: 1, reason: null, inputs: {}, servers: { server: SERVER },
  apps: [app('db', { outputs: { URL: 'db://x' } }), app('web', {})], createdAt: at, finishedAt: at, updatedAt: at, ...more,
});
const server = { id: SERVER, projectId: PROJECT, name: 'web-1', status: 'active', provider: 'digitalocean', dropletRef: null, note: null, region: 'sfo3', size: 's', image: 'i', tags: [], ipAddress: null, agentId: 'agent-1234567', error: null, createdAt: at, updatedAt: at };

const stage = (answers: Readonly<Record<string, unknown>> = {}) => {
  const given = stageFor((call) => {
    const what = whatOf(call);
    const answer = { 'GET /api/bundles': { items: [bundle], refused: [{ folder: 'bundles/bad', file: 'bundle.yml', line: 3, reason: 'no\u001b[2J' }] }, 'GET /api/servers': { items: [server], nextCursor: null }, 'POST /api/bundles/plan': plans(true), 'GET /api/installed-bundles': { items: [installed()], nextCursor: null }, ...answers }[what];
    if (answer !== undefined) return answer;
    if (what.includes('installed-bundles')) return installed();
    throw new Error(`not asked for: ${what}`);
  });
  return { ...given, parts: { api: given.api, terminal: given.terminal, everyMs: 1 } };
};

describe('citrus bundles', () => {
  test('lists what there is and what was refused, and shows one', async () => {
    const { parts, lines } = stage();
    await listAll({}, parts);
    await show('shop', {}, parts);
    expect(lines.out.join('\n')).toMatch(/shop +1\.0\.0 +db → web +server +A shop[^]*db +postgresql +server +skip[^]*secret \* +password, secret/);
    expect(lines.note.join('\n')).toContain('refused: bundles/bad/bundle.yml:3: no');
    expect(lines.note.join('\n')).not.toContain('\u001b');
    await expect(show('moon', {}, parts)).rejects.toMatchObject({ code: 'bundle.unknown' });
  });
  test('plans with values that are known, hidden and known later', async () => {
    const { parts, lines, sent } = stage();
    await plan('shop', { on: ['web-1'], input: ['secret=hunter22'] }, parts);
    expect(sent[0]).toMatchObject({ path: '/api/bundles/plan', body: { bundle: 'shop', servers: { server: SERVER }, inputs: { secret: 'hunter22' } } });
    expect(lines.out.join('\n')).toMatch(/1 +db \(nginx 1\.1\.0\) +web-1 +install +password=•••\n2 +web \(nginx 1\.1\.0\) +web-1 +install +port=80, db_url=<outputs\.db\.URL>/);
    expect(lines.out.join('\n')).not.toContain('hunter22');
  });
  test('installs after the plan, not against it, and tells the end', async () => {
    const { parts, lines, sent } = stage();
    await install('shop', { on: ['web-1'], input: [], yes: true }, parts);
    expect(sent.map(whatOf)).toEqual(['POST /api/installed-bundles']);
    expect(lines.out.at(-1)).toBe('shop is installed.');
    const against = stage({ 'POST /api/bundles/plan': plans(false) });
    await expect(install('shop', { on: [], input: [] }, against.parts)).rejects.toMatchObject({ code: 'bundle.cannot_run' });
    expect(against.lines.note).toContain('✗ servers.server is missing');
    const broken = stage({ 'POST /api/installed-bundles': installed({ status: 'failed', reason: 'web (nginx) could not be installed: exit code 3' }) });
    await expect(install('shop', { on: ['web-1'], input: [], yes: true }, broken.parts)).rejects.toMatchObject({ code: 'bundle.failed', message: expect.stringContaining('exit code 3') });
  });
  test('says what the app waits for whose turn has come', async () => {
    const web = app('web', { status: 'waiting', reason: 'Waiting for\u001b[2J the server.', waitsUntil: '2026-11-26T03:00:00.000Z' });
    const { parts, lines } = stage({ 'GET /api/installed-bundles': { items: [installed({ status: 'installing', finishedAt: null, apps: [app('db', {}), web] })], nextCursor: null } });
    await status(undefined, {}, parts);
    await status('01a20b11', {}, parts);
    const said = 'Waiting for\\u001b[2J the server. Until 2026-11-26 03:00 UTC at the longest.';
    expect(lines.out.map((text) => text.replaceAll(/ +/g, ' '))).toEqual([expect.stringContaining(`db: installed, web: waiting web: ${said}`), expect.any(String), expect.stringContaining(`web nginx 1.1.0 web-1 waiting - ${said}`)]);
  });
  test('shows how they stand, and steers one by the beginning of its id', async () => {
    const { parts, lines, sent } = stage();
    await status(undefined, {}, parts);
    await status('01a20b11', {}, parts);
    expect(lines.out.join('\n')).toMatch(/shop 1\.0\.0 +installed +web-1 +db: installed, web: installed[^]*db +nginx 1\.1\.0 +web-1 +installed +URL=db:\/\/x/);
    await expect(steer('uninstall', '01a20b11', {}, parts)).rejects.toMatchObject({ exit: 2 });
    await steer('uninstall', '01a20b11', { yes: true, withoutBackup: true }, parts);
    expect(sent.at(-1)).toMatchObject({ path: `/api/installed-bundles/${ID}/uninstall`, body: { withoutBackup: true } });
    await expect(steer('retry', 'ffff', {}, parts)).rejects.toMatchObject({ code: 'bundle.unknown' });
  });
});

/**
 * Two promises about machines: one that is there already becomes a server by one printed command, works like any other and
 * goes away without a trace in a cloud; and what a droplet was told at its first boot is nobody's but root's afterwards.
 * As root with machines; otherwise the first one with a folder that stands for a machine.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFaultsOf } from './accessibility.ts';
import { openBrowser } from './browser.ts';
import { Client, type ServerView } from './client.ts';
import { cloudOf, inMachine, type CloudApi } from './machine.ts';
import { signIn } from './panel.ts';
import { startSystem, type System } from './system.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const CITRUS = fileURLToPath(new URL('../cli/bin/citrus.mjs', import.meta.url));
type Invitation = { readonly serverId: string; readonly name: string; readonly command: string; readonly endsAt: string };

let system: System;
let client: Client;
let cloud: CloudApi;
let folder: string;

beforeAll(async () => {
  system = await startSystem();
  client = await new Client(system.credentials).signIn();
  cloud = cloudOf(system);
  folder = mkdtempSync(join(tmpdir(), 'citrus-joins-'));
});
afterAll(async () => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (`${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended in the meantime, or is somebody else's.
    }
  }
  await system?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** A line of the page that tells people how: what it says is what is run. */
const page = readFileSync(new URL('../docs/how-to/join-a-server.md', import.meta.url), 'utf8');
const lineOf = (begin: string): string[] => {
  const line = page.split('\n').find((text) => text.startsWith(begin));
  if (line === undefined) throw new Error(`docs/how-to/join-a-server.md has no line that begins with ${begin}`);
  return line.split(' ').slice(1);
};

const citrus = async (...parameters: string[]): Promise<string> => (await run(process.execPath, [CITRUS, ...parameters], { env: { ...process.env, CITRUS_HOME: system.home } })).stdout;
const dropletsNow = async (): Promise<string[]> => (await cloud('GET', '/v2/droplets?per_page=200')).droplets.map(({ name }) => name);

type Existing = { readonly run: (script: string) => Promise<{ code: number; output: string }> };

/** A machine that Citrus did not make and does not know. */
const plainMachine = async (name: string): Promise<Existing> => {
  if (!isRoot) {
    const env = { PATH: process.env['PATH'], CITRUS_PREFIX: folder, SERVER_ADDRESS: '127.0.0.1' };
    return { run: (script) => run('sh', ['-c', script], { env }).then(({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }), (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, output: error.stdout + error.stderr })) };
  }
  const { droplet } = await cloud('POST', '/v2/droplets', { name, region: 'sfo3', size: 's-1vcpu-1gb', image: 'ubuntu-22-04-x64' });
  await expect.poll(async () => (await cloud('GET', `/v2/droplets/${droplet.id}`)).droplet.status, { timeout: 60_000 }).toBe('active');
  await expect.poll(async () => (await inMachine(name, 'systemctl is-active multi-user.target')).code, { timeout: 60_000 }).toBe(0);
  return { run: (script) => inMachine(name, script) };
};

/** What the person does who is root already: the page says to leave `sudo` away. */
const asRoot = (command: string): string => command.replace('| sudo sh', '| sh');

describe('a machine that is there already', () => {
  let machine: Existing;
  let invitation: Invitation;
  let server: ServerView;

  test('gets one command, and nothing happens in the cloud', async () => {
    machine = await plainMachine('plain-1');
    const droplets = await dropletsNow();
    invitation = JSON.parse(await citrus(...lineOf('citrus agent install'), '--json')) as Invitation;
    expect(invitation).toMatchObject({ name: 'web-7', command: expect.stringMatching(/^\(curl .* && echo "citrus_join .*"\) \| sudo sh$/) as string });
    expect(invitation.command).not.toContain('\n');
    const { body } = await client.get<ServerView & { provider: string; tags: string[] }>(`/api/servers/${invitation.serverId}`);
    expect(body).toMatchObject({ name: 'web-7', status: 'initializing', provider: 'none', tags: ['rack-4'] });
    expect(await dropletsNow()).toEqual(droplets);
  });

  test('becomes active by it, and shows the token to nobody', async () => {
    const newer = await citrus(...lineOf('citrus agent renew'), '--json').then((text) => JSON.parse(text) as Invitation);
    expect(newer.command).not.toBe(invitation.command);
    const void_ = await machine.run(asRoot(invitation.command));
    expect(void_.code, 'the command before is void').toBe(1);
    expect(void_.output).toContain('has not joined yet: the hub refuses');
    const joined = await machine.run(asRoot(newer.command));
    expect(joined.output).toContain('this machine has joined');
    const token = /' '([^']+)'"\)/.exec(newer.command)?.[1] ?? 'none';
    expect(token.length).toBeGreaterThan(40);
    expect(joined.output).not.toContain(token);
    server = await client.serverIs(invitation.serverId, 'active');
    expect((await machine.run(`grep -rlF '${token}' "\${CITRUS_PREFIX:-}/etc" "\${CITRUS_PREFIX:-}/opt/citrus-agent" "\${CITRUS_PREFIX:-}/var" 2>/dev/null`)).output, 'files with the token').toBe('');
    const again = await machine.run(asRoot(newer.command));
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('this machine has joined') as string });
  });

  test('runs jobs like any other server', async () => {
    const job = await client.createJob({ serverId: server.id, ...(isRoot ? { installer: 'nginx' } : { installer: 'static-site', inputs: { site_title: 'Joined' } }) });
    expect(await client.jobEnds(job.id)).toMatchObject({ status: 'succeeded' });
  });

  test('is dropped when its server is deleted, stays as it is, and is told how to lose its agent', async () => {
    const droplets = await dropletsNow();
    await client.insist('DELETE', `/api/servers/${server.id}`);
    const { body } = await client.get<ServerView>(`/api/servers/${server.id}`);
    expect(body).toMatchObject({ status: 'deleted', note: expect.stringContaining(lineOf('sudo sh').join(' ')) as string });
    await expect.poll(async () => (await client.get<ServerView>(`/api/servers/${server.id}`)).body.online, { timeout: 60_000 }).toBe(false);
    await expect.poll(async () => (await client.get<{ items: { status: string }[] }>(`/api/agents/trust?serverId=${server.id}`)).body.items.map(({ status }) => status), { timeout: 60_000 }).toEqual(['revoked']);
    expect(await dropletsNow()).toEqual(droplets);
    const removed = await machine.run('sh "${CITRUS_PREFIX:-}/opt/citrus-agent/uninstall.sh" --with-apps');
    expect(removed).toMatchObject({ code: 0, output: expect.stringContaining('the agent is removed') as string });
    const left = await machine.run('ls -d "${CITRUS_PREFIX:-}"/opt/citrus-agent "${CITRUS_PREFIX:-}"/etc/citrus-agent "${CITRUS_PREFIX:-}"/var/lib/citrus-agent "${CITRUS_PREFIX:-}"/etc/systemd/system/citrus-* 2>/dev/null | grep -v user-data.service | grep -v reboot.service');
    expect(left.output).toBe('');
  });
});

describe.runIf(isRoot)('a droplet that was made', () => {
  let hostname: string;
  let dropletId: number;
  const METADATA = 'http://169.254.169.254/metadata/v1/user-data';
  /** As somebody without rights, such as a web application that was taken over. */
  const asNobody = (script: string) => inMachine(hostname, `setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '${script}'`);

  const checkSecrecy = async () => {
    const forRoot = await inMachine(hostname, `curl -s -m 5 ${METADATA}`);
    expect(forRoot.output).toContain('# Written by Citrus.');
    const token = /^printf .* '([^']+)' >/m.exec(forRoot.output)?.[1] ?? 'none';
    expect(token.length).toBeGreaterThan(40);
    const forOthers = await asNobody(`curl -s -m 5 ${METADATA}`);
    expect(forOthers.code).not.toBe(0);
    expect(forOthers.output).toBe('');
    const copies = await inMachine(hostname, `grep -rlF '${token}' /etc /opt /var /run /tmp /root 2>/dev/null; find /var/lib/cloud /etc/citrus-agent -name 'user-data*' -o -name 'part-*' -o -name 'enrolment-token*'`);
    expect(copies.output, 'copies of the user data, even for root').toBe('');
  };

  beforeAll(async () => {
    const { id } = await client.createServer('keeper');
    await client.serverIs(id, 'active');
    const [droplet] = (await cloud('GET', '/v2/droplets?per_page=200')).droplets.filter(({ name }) => name.startsWith('keeper'));
    if (!droplet) throw new Error('there is no droplet of the server');
    [hostname, dropletId] = [droplet.name, droplet.id];
  });

  test('T701. keeps its user data and its metadata from everybody but root', async () => {
    await expect.poll(async () => (await inMachine(hostname, 'cat /var/lib/cloud/instance/boot-finished')).output, { timeout: 60_000 }).toBe('0\n');
    await checkSecrecy();
  });

  test('T701. does so after a reboot too', async () => {
    const { action } = await cloud('POST', `/v2/droplets/${dropletId}/actions`, { type: 'reboot' });
    await expect.poll(async () => (await cloud('GET', `/v2/actions/${action.id}`)).action.status, { timeout: 60_000 }).toBe('completed');
    await expect.poll(async () => (await inMachine(hostname, 'systemctl is-active citrus-agent.service')).output, { timeout: 60_000 }).toBe('active\n');
    await checkSecrecy();
  });

  test('also by the packet filter, once it is there', async () => {
    const installed = await inMachine(hostname, 'command -v nft || { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nftables; } >/dev/null 2>&1; command -v nft && sh /opt/citrus-agent/guard.sh metadata');
    expect(installed.output).toContain('answers root only (nftables)');
    await inMachine(hostname, 'while ip rule del preference 52; do :; done');
    await checkSecrecy();
    await inMachine(hostname, 'nft delete table inet citrus_guard');
    expect((await asNobody(`curl -s -m 5 ${METADATA}`)).output, 'without the block anybody could').toContain('# Written by Citrus.');
  });
});

test('the panel shows the command once, to people with any abilities', { timeout: 120_000 }, async () => {
  const browser = await openBrowser();
  try {
    const room = await browser.newPage();
    // A dialog that is still fading in has no contrast yet.
    await room.emulateMedia({ reducedMotion: 'reduce' });
    await room.goto(system.url);
    await signIn(room, system.credentials);
    await room.getByRole('button', { name: 'Join a server' }).first().click();
    const dialog = room.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('Not A Host');
    await dialog.getByRole('button', { name: 'Get the command' }).click();
    await dialog.getByText('lower-case letters, digits and dashes, as in a host name').last().waitFor();
    expect(await seriousFaultsOf(room), 'the form').toEqual([]);
    await dialog.getByLabel('Name', { exact: true }).fill('under-the-desk');
    await dialog.getByRole('button', { name: 'Get the command' }).click();
    await expect.poll(() => dialog.getByLabel('Command').inputValue(), { timeout: 60_000 }).toMatch(/^\(curl .*\| sudo sh$/);
    expect(await seriousFaultsOf(room), 'the command').toEqual([]);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await room.getByRole('heading', { level: 1, name: 'under-the-desk' }).waitFor();
    await room.getByRole('button', { name: 'New command' }).waitFor();
    expect(await seriousFaultsOf(room), 'the server that waits').toEqual([]);
    expect(await room.content()).not.toContain('citrus_join');
  } finally {
    await browser.close();
  }
});

test('no token stands in what was written down', async () => {
  expect(existsSync(join(system.home, 'logs'))).toBe(true);
  const found = await run('grep', ['-rlE', 'citrus_join .[h]ttp', join(system.home, 'logs')]).then(({ stdout }) => stdout, () => '');
  expect(found).toBe('');
});

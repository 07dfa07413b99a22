/**
 * What is done with a server that is there, with real disks and agents: it is switched off and on, keeps a snapshot, and
 * its agent comes back with new keys after a rebuild and after a restore. As root with machines; otherwise as folders,
 * which have no metadata address and so no way back from a restore.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Client, type ServerView } from './client.ts';
import { startSystem, type System } from './system.ts';

const run = promisify(execFile);
const CITRUS = fileURLToPath(new URL('../cli/bin/citrus.mjs', import.meta.url));
const isRoot = process.getuid?.() === 0;

let system: System;
let client: Client;

beforeAll(async () => {
  system = await startSystem();
  client = await new Client(system.credentials).signIn();
});
afterAll(() => system?.dispose());

const servers = async (...parameters: string[]): Promise<string> => (await run(process.execPath, [CITRUS, 'servers', ...parameters], { env: { ...process.env, CITRUS_HOME: system.home } })).stdout;
const times = async (type: string): Promise<number> => (await client.history()).filter((event) => event.type === type).length;
const isOnline = (id: string, online: boolean) => expect.poll(async () => (await client.get<ServerView>(`/api/servers/${id}`)).body.online, { timeout: 120_000, interval: 500 }).toBe(online);
const comesBack = async (id: string, enrolments: number): Promise<void> => {
  await expect.poll(() => times('AgentEnrolled'), { timeout: 180_000, interval: 1000 }).toBe(enrolments);
  await client.serverIs(id, 'active');
  await isOnline(id, true);
};

test('a server is switched off and on, rebuilt and restored, and is itself again each time', { timeout: 900_000 }, async () => {
  const { id } = await client.createServer('two');
  await client.serverIs(id, 'active');
  expect(await servers('snapshot', 'two', 'before')).toContain('two: snapshot succeeded');
  expect(await servers('snapshots', 'two')).toContain('before');
  await servers('power-off', 'two');
  await isOnline(id, false);
  expect(await servers('list')).toContain('active, off');
  await servers('power-on', 'two');
  await isOnline(id, true);
  await servers('protect', 'two');
  await expect(servers('rebuild', 'two', '--image', 'debian-12-x64', '--yes')).rejects.toThrow(/is protected: it cannot be rebuilt/);
  await servers('protect', 'two', '--off');

  expect(await servers('rebuild', 'two', '--image', 'debian-12-x64', '--yes')).toContain('two: rebuild succeeded');
  await comesBack(id, 2);
  expect(await times('AgentRevoked')).toBe(1);
  if (!isRoot) return;
  expect(await servers('restore', 'two', 'before', '--yes')).toContain('two: restore succeeded');
  await comesBack(id, 3);
  expect(await times('AgentRevoked')).toBe(2);
});

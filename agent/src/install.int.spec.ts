import { eventually } from '@citrus/kit-testing';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { buildAgent } from '../build.ts';
import { AGENT_FOLDER } from '../bundle-agent.ts';
import { endProcessesIn } from './testing/agent-process.ts';
import { TOKEN, type ControlPlane } from './testing/control-plane.ts';
import { testWithoutAgent } from './testing/fixtures.ts';

const CACHE = join(AGENT_FOLDER, '../.cache/agent-runtime');
const run = promisify(execFile);

/** What `npm start` builds, offered by the hub; `machine` is a folder that stands for one. */
const test = testWithoutAgent
  .extend('built', { scope: 'file' }, async ({ broker }, { onCleanup }) => {
    const out = await mkdtemp(join(tmpdir(), `citrus-artifacts-${broker.port}-`));
    onCleanup(() => rm(out, { recursive: true, force: true }));
    return { out, index: await buildAgent(out, CACHE) };
  })
  .extend('machine', async ({ built, plane }, { onCleanup }) => {
    for (const file of await readdir(built.out)) if (file !== 'index.json') plane.artifacts.set(`sha256:${file}`, await readFile(join(built.out, file)));
    const root = await mkdtemp(join(tmpdir(), 'citrus machine '));
    onCleanup(async () => {
      endProcessesIn(root);
      await rm(root, { recursive: true, force: true });
    });
    const script = join(root, 'install.sh');
    await writeFile(script, plane.artifacts.get(built.index['install.sh']?.digest ?? '') ?? '');
    const env = { PATH: process.env['PATH'] ?? '', CITRUS_HUB_URL: plane.hubUrl, CITRUS_ENROLMENT_TOKEN: TOKEN, CITRUS_PREFIX: root, SERVER_ADDRESS: '127.0.0.1' };
    return { root, install: async (more: object = {}) => (await run('bash', [script], { env: { ...env, ...more } })).stdout };
  });

const agentPid = (root: string) => readFile(join(root, 'var/lib/citrus-agent/agent.pid'), 'utf8');
const offered = (plane: ControlPlane, digest: string): Uint8Array => plane.artifacts.get(digest) ?? new Uint8Array();

describe('install.sh', () => {
  test('makes an agent that joins, and run again leaves it alone', { timeout: 120_000 }, async ({ plane, machine }) => {
    expect(await machine.install()).toContain('the agent has enrolled');
    await eventually(() => plane.told.hellos.length === 1);
    expect(plane.told.hellos[0]?.facts).toMatchObject({ nodeVersion: 'v24.21.0', agentVersion: '0.1.0' });
    expect((await stat(join(machine.root, 'etc/citrus-agent/config.json'))).mode & 0o777).toBe(0o600);
    const before = await agentPid(machine.root);
    expect(await machine.install()).toContain('the agent has enrolled');
    expect(await agentPid(machine.root)).toBe(before);
    expect(plane.told.enrolments).toHaveLength(1);
  });

  test('starts the agent again whenever it ends', { timeout: 120_000 }, async ({ plane, machine }) => {
    await machine.install();
    await eventually(() => plane.told.hellos.length === 1);
    process.kill(Number((await agentPid(machine.root)).split(' ')[0]), 'SIGKILL');
    await eventually(() => plane.told.hellos.length === 2, { timeoutMs: 20_000 });
  });

  test('never runs what is damaged, and repairs it once the hub is right again', { timeout: 120_000 }, async ({ plane, built, machine }) => {
    const digest = built.index['agent.mjs']?.digest ?? '';
    const good = offered(plane, digest);
    plane.artifacts.set(digest, Buffer.concat([good, Buffer.from('// more')]));
    const installing = machine.install();
    await eventually(() => existsSync(join(machine.root, 'opt/citrus-agent/agent.mjs.part')), { timeoutMs: 60_000 });
    expect(existsSync(join(machine.root, 'opt/citrus-agent/agent.mjs'))).toBe(false);
    plane.artifacts.set(digest, good);
    expect(await installing).toContain('is damaged');
    await eventually(() => plane.told.hellos.length === 1);
  });

  test.for([
    [{ CITRUS_HUB_URL: '' }, 'CITRUS_HUB_URL is not set'],
    [{ CITRUS_HUB_URL: 'http://hub"; id; "' }, 'is not an address'],
    [{ CITRUS_PREFIX: 'relative' }, 'must start with /'],
  ] as const)('says what is missing: %s', async ([env, message], { machine }) => {
    await expect(machine.install(env)).rejects.toThrow(message);
  });
});

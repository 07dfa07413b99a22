import { eventually } from '@citrus/kit-testing';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { buildAgent, type ArtifactIndex } from '../build.ts';
import { AGENT_FOLDER } from '../bundle-agent.ts';
import { endProcessesIn } from './testing/agent-process.ts';
import { TOKEN, type ControlPlane } from './testing/control-plane.ts';
import { testWithoutAgent } from './testing/fixtures.ts';
import { folderOf } from './upgrade/layout.ts';

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
    return {
      root,
      install: async (more: object = {}, ...parameters: string[]) => (await run('sh', [script, ...(parameters.length > 0 ? parameters : ['install'])], { env: { ...env, ...more } })).stdout,
      /** As the printed command does: the script and one line more come through a pipe. */
      pipe: async (line: string, shell = 'sh') => {
        const child = spawn(shell, [], { env: { PATH: env.PATH, CITRUS_PREFIX: root, SERVER_ADDRESS: '127.0.0.1' }, stdio: ['pipe', 'pipe', 'pipe'] });
        let said = '';
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (said += piece.toString()));
        child.stdin.end(`${await readFile(script, 'utf8')}${line}`);
        const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
        return { code, said };
      },
    };
  });

const versionOf = (index: ArtifactIndex, root: string): string => join(root, 'opt/citrus-agent/versions', folderOf(index['agent.mjs']?.digest ?? '', index[`node-${arch()}.gz`]?.digest ?? ''));
const agentPid = (root: string) => readFile(join(root, 'var/lib/citrus-agent/agent.pid'), 'utf8');
const offered = (plane: ControlPlane, digest: string): Uint8Array => plane.artifacts.get(digest) ?? new Uint8Array();

/** As machines were before versions lay side by side, with the agent running. */
const makeOldLayout = async (root: string, version: string): Promise<void> => {
  const [program, boot] = [join(root, 'opt/citrus-agent'), join(root, 'etc/boot.d/10-citrus-agent')];
  for (const pid of [await readFile(join(root, 'var/lib/citrus-agent/boot.pid'), 'utf8'), await agentPid(root)].map((text) => Number(text.trim().split(' ')[0]))) {
    process.kill(pid, 'SIGKILL');
    await eventually(() => !existsSync(`/proc/${pid}`));
  }
  for (const name of ['node', 'agent.mjs']) await rename(join(version, name), join(program, name));
  for (const name of ['versions', 'current', 'launch.sh']) await rm(join(program, name), { recursive: true });
  await writeFile(boot, `#!/bin/sh\ncd '${root}/var/lib/citrus-agent'\nexec 9>boot.lock\nflock --nonblock 9 || exit 0\necho $$ >boot.pid\nwhile true; do '${program}/node' '${program}/agent.mjs' '${root}/etc/citrus-agent/config.json' 9>&-; sleep 1 9>&-; done\n`);
  spawn(boot, [], { stdio: 'ignore', detached: true }).unref();
};

const scripts = ['install.sh', 'uninstall.sh', 'guard.sh', 'launch.sh'].map((name) => join(AGENT_FOLDER, 'install', name));

describe('the scripts', () => {
  test.for(['dash', 'bash'])('are understood by %s', (shell) => {
    for (const script of scripts) execFileSync(shell, ['-n', script]);
  });

  test('are one file without a secret and without a gap', ({ plane, built, machine }) => {
    const script = Buffer.from(offered(plane, built.index['install.sh']?.digest ?? '')).toString();
    expect(machine.root).toBeTruthy();
    expect(script).not.toMatch(/@[A-Z0-9_]{3,}@/);
    for (const name of ['metadata', 'scrub']) expect(script).toContain(`ExecStart=/bin/sh /opt/citrus-agent/guard.sh ${name}`);
    execFileSync('dash', ['-n'], { input: script });
  });
});

describe('a machine that joins', () => {
  test.for(['dash', 'bash'])('does so by one line behind the script, in %s', { timeout: 120_000 }, async (shell, { plane, machine }) => {
    const joined = await machine.pipe(`citrus_join '${plane.hubUrl}/' '${TOKEN}'\n`, shell);
    expect(joined).toMatchObject({ code: 0, said: expect.stringContaining(`this machine has joined ${plane.hubUrl}`) as string });
    expect(joined.said).not.toContain(TOKEN);
    await eventually(() => plane.told.hellos.length === 1);
    const before = await agentPid(machine.root);
    expect(await machine.pipe(`citrus_join '${plane.hubUrl}' '${TOKEN}'\n`, shell), 'again').toMatchObject({ code: 1, said: expect.stringContaining('is another server of Citrus already') as string });
    expect(await agentPid(machine.root)).toBe(before);
    expect(plane.told.enrolments).toHaveLength(1);
  });

  test('says why when its token is not good', { timeout: 120_000 }, async ({ plane, machine }) => {
    const refused = await machine.pipe(`citrus_join '${plane.hubUrl}' 'another-token-than-the-right-one'\n`);
    expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('has not joined yet: the hub refuses: The token is not good. [enrolment.refused]') as string });
    expect(refused.said).not.toContain('another-token');
  });

  test.for([
    ['', 'nothing was done: copy the whole command'],
    ["citrus_join 'http://127.0.0.1:9'\n", 'copy the whole command again'],
    ["citrus_join 'ftp://hub' 't'\n", 'is not an address'],
    ["citrus_join 'http://h$(id)' 't'\n", 'is not an address'],
  ] as const)('does nothing for half a command: %s', async ([line, message], { machine }) => {
    const { code, said } = await machine.pipe(line);
    expect(said).toContain(message);
    expect(code).not.toBe(0);
    expect(existsSync(join(machine.root, 'opt'))).toBe(false);
  });
});

describe('uninstalling', () => {
  test('ends the agent and leaves nothing, at any time', { timeout: 120_000 }, async ({ plane, machine }) => {
    await machine.install();
    await eventually(() => plane.told.hellos.length === 1);
    const pid = Number((await agentPid(machine.root)).split(' ')[0]);
    await mkdir(join(machine.root, 'var/lib/citrus-agent/apps/shop'), { recursive: true });
    const prefix = { CITRUS_PREFIX: machine.root };
    expect((await run('sh', [join(machine.root, 'opt/citrus-agent/uninstall.sh')], { env: { PATH: process.env['PATH'], ...prefix } })).stdout).toContain('apps stay');
    await eventually(() => !existsSync(`/proc/${pid}`));
    for (const path of ['opt/citrus-agent', 'etc/citrus-agent', 'var/log/provisioning', 'etc/boot.d/10-citrus-agent', 'var/lib/citrus-agent/keys']) expect(existsSync(join(machine.root, path)), path).toBe(false);
    expect(existsSync(join(machine.root, 'var/lib/citrus-agent/apps/shop'))).toBe(true);
    expect(await machine.install({}, '--uninstall', '--with-apps')).toContain('the agent is removed');
    expect(existsSync(join(machine.root, 'var/lib/citrus-agent'))).toBe(false);
    expect(await machine.install({}, '--uninstall')).toContain('the agent is removed');
  });
});

describe('a first boot', () => {
  test('T701. leaves no copy of the user data, and what cloud-init needs', { timeout: 120_000 }, async ({ plane, machine }) => {
    const userData = '#!/bin/sh\n# Written by Citrus. The token below …\n';
    const instance = join(machine.root, 'var/lib/cloud/instances/i-7');
    await mkdir(join(instance, 'scripts'), { recursive: true });
    await mkdir(join(instance, 'sem'));
    await mkdir(join(machine.root, 'run/cloud-init'), { recursive: true });
    const secret = ['user-data.txt', 'user-data.txt.i', 'vendor-data.txt', 'obj.pkl', 'scripts/part-001', 'somewhere-else'].map((name) => join(instance, name));
    for (const file of [...secret, join(machine.root, 'run/cloud-init/instance-data-sensitive.json')]) await writeFile(file, userData);
    await writeFile(join(instance, 'sem/config_scripts_user'), '');
    expect(await machine.install({}, 'first-boot')).toContain('the agent has enrolled');
    expect(await readdir(join(machine.root, 'run/cloud-init'))).toEqual([]);
    expect((await readdir(instance, { recursive: true })).toSorted()).toEqual(['scripts', 'sem', 'sem/config_scripts_user']);
    await eventually(() => plane.told.hellos.length === 1);
  });
});

describe('install.sh', () => {
  test('makes an agent that joins, and run again leaves it alone', { timeout: 120_000 }, async ({ plane, built, machine }) => {
    expect(await machine.install()).toContain('the agent has enrolled');
    await eventually(() => plane.told.hellos.length === 1);
    expect(plane.told.hellos[0]?.facts).toMatchObject({ nodeVersion: 'v24.21.0', agentVersion: '0.1.0', agentDigest: built.index['agent.mjs']?.digest });
    expect((await stat(join(machine.root, 'etc/citrus-agent/config.json'))).mode & 0o777).toBe(0o600);
    const before = await agentPid(machine.root);
    expect(await machine.install()).toContain('the agent has enrolled');
    expect(await agentPid(machine.root)).toBe(before);
    expect(plane.told.enrolments).toHaveLength(1);
  });

  test('brings an agent of the older layout over, with its identity', { timeout: 120_000 }, async ({ plane, built, machine }) => {
    await machine.install();
    await eventually(() => plane.told.hellos.length === 1);
    const [program, boot] = [join(machine.root, 'opt/citrus-agent'), join(machine.root, 'etc/boot.d/10-citrus-agent')];
    await makeOldLayout(machine.root, versionOf(built.index, machine.root));
    await eventually(() => plane.told.hellos.length === 2, { timeoutMs: 60_000 });
    expect(plane.told.hellos[1]?.facts.agentDigest).toBeUndefined();
    expect(await machine.install({ CITRUS_ENROLMENT_TOKEN: '' })).not.toContain('fetching the runtime');
    await eventually(() => plane.told.hellos.length === 3, { timeoutMs: 60_000 });
    expect(plane.told.hellos[2]?.facts.agentDigest).toBe(built.index['agent.mjs']?.digest);
    expect(plane.told.enrolments).toHaveLength(1);
    expect((await readdir(program)).toSorted()).toEqual(['current', 'launch.sh', 'uninstall.sh', 'versions']);
    expect(await readFile(boot, 'utf8')).toContain('launch.sh');
  });

  test('starts the agent again whenever it ends', { timeout: 120_000 }, async ({ plane, machine }) => {
    await machine.install();
    await eventually(() => plane.told.hellos.length === 1);
    process.kill(Number((await agentPid(machine.root)).split(' ')[0]), 'SIGKILL');
    await eventually(() => plane.told.hellos.length === 2, { timeoutMs: 20_000 });
  });

  test('T705. never runs what is damaged, and repairs it once the hub is right again', { timeout: 120_000 }, async ({ plane, built, machine }) => {
    const digest = built.index['agent.mjs']?.digest ?? '';
    const good = offered(plane, digest);
    plane.artifacts.set(digest, Buffer.concat([good, Buffer.from('// more')]));
    const installing = machine.install();
    await eventually(() => existsSync(join(versionOf(built.index, machine.root), 'agent.mjs.part')), { timeoutMs: 60_000 });
    expect(existsSync(join(versionOf(built.index, machine.root), 'agent.mjs'))).toBe(false);
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

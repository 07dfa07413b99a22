import type { AgentUpgrade, Digest } from '@citrus/contracts';
import { sha256Digest } from '@citrus/kit-crypto';
import { eventually } from '@citrus/kit-testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { AGENT_FOLDER, bundleAgent } from '../../bundle-agent.ts';
import { endProcessesIn } from '../testing/agent-process.ts';
import { TOKEN, type ControlPlane } from '../testing/control-plane.ts';
import { testWithoutAgent } from '../testing/fixtures.ts';
import { folderOf } from './layout.ts';

const RUNTIME = sha256Digest('the runtime that is there');
const PATIENCE = { timeoutMs: 60_000 };
const BROKEN = 'throw new Error("broken");\n';
const MUTE = 'setInterval(() => {}, 1000);\n';

/** The agent as it is shipped, one that calls itself newer, and one that works for a moment only. */
const programs = (async () => {
  const present = Buffer.from((await bundleAgent()).code).toString();
  const newer = present.replaceAll('"0.1.0"', '"0.2.0"');
  return { present, newer, older: present.replaceAll('"0.1.0"', '"0.0.9"'), shortLived: `setTimeout(() => process.exit(9), 2500);\n${newer}` };
})();

const startMachine = async (plane: ControlPlane) => {
  const root = await mkdtemp(join(tmpdir(), 'citrus-upgrade-'));
  const program = join(root, 'opt');
  const { present } = await programs;
  const first = folderOf(sha256Digest(present), RUNTIME);
  const version = join(program, 'versions', first);
  await mkdir(version, { recursive: true });
  await writeFile(join(version, 'agent.mjs'), present);
  await symlink(process.execPath, join(version, 'node'));
  await symlink(`versions/${first}`, join(program, 'current'));
  await writeFile(join(program, 'launch.sh'), await readFile(join(AGENT_FOLDER, 'install/launch.sh')));
  const config = { hubUrl: plane.hubUrl, tokenFile: join(root, 'token'), stateDir: join(root, 'state'), logDir: join(root, 'log'), prefix: root, serverAddress: '127.0.0.1', reconnectWindowMs: 200 };
  await writeFile(join(root, 'config.json'), JSON.stringify(config));
  await writeFile(config.tokenFile, TOKEN);
  await mkdir(config.stateDir);

  let isOver = false;
  let launcher: ChildProcess | undefined;
  /** What systemd does; in the state folder, so that nothing outlives the test. */
  const keepRunning = (): void => {
    if (isOver) return;
    launcher = spawn('sh', [join(program, 'launch.sh'), join(root, 'config.json')], { cwd: config.stateDir, stdio: 'ignore', env: { PATH: process.env['PATH'] } });
    launcher.once('exit', () => setTimeout(keepRunning, 200));
  };
  keepRunning();
  return {
    root, program, first,
    current: () => readlinkSync(join(program, 'current')).replace('versions/', ''),
    log: () => readFileSync(join(config.logDir, 'agent.log'), 'utf8'),
    /** As a power cut: everything at once. */
    cut: () => {
      launcher?.kill('SIGKILL');
      endProcessesIn(root);
    },
    terminate: () => launcher?.kill('SIGTERM'),
    discard: async () => {
      isOver = true;
      launcher?.kill('SIGKILL');
      endProcessesIn(root);
      await rm(root, { recursive: true, force: true });
    },
  };
};
type Machine = Awaited<ReturnType<typeof startMachine>>;

const test = testWithoutAgent.extend('machine', { auto: true }, async ({ plane }, { onCleanup }): Promise<Machine> => {
  const machine = await startMachine(plane);
  onCleanup(() => machine.discard());
  await eventually(() => plane.told.hellos.length > 0, PATIENCE);
  return machine;
});

const offer = (plane: ControlPlane, program: string): Digest => {
  const digest = sha256Digest(program);
  plane.artifacts.set(digest, Buffer.from(program));
  return digest;
};

const commandFor = (plane: ControlPlane, agentDigest: Digest, given: Partial<AgentUpgrade> = {}): AgentUpgrade => ({
  type: 'agent-upgrade', ...plane.common(), upgradeId: randomUUID(), build: { version: '0.2.0', agentDigest, runtimes: { [arch()]: { version: process.version.slice(1), digest: RUNTIME } } },
  allowDowngrade: false, helloWithinSeconds: 20, settleAfterSeconds: 1, deadline: new Date(Date.now() + 600_000).toISOString(), ...given,
});

const lastHello = (plane: ControlPlane) => plane.told.hellos.at(-1)?.facts;
const endingOf = (plane: ControlPlane, { upgradeId }: AgentUpgrade) => plane.told.upgrades.find((ending) => ending.upgradeId === upgradeId);
const ended = async (plane: ControlPlane, command: AgentUpgrade) => {
  await eventually(() => endingOf(plane, command) !== undefined, PATIENCE);
  return endingOf(plane, command);
};

describe('an upgrade', () => {
  test('ends in the new version, once, and leaves the one before beside it', { timeout: 120_000 }, async ({ plane, machine }) => {
    const digest = offer(plane, (await programs).newer);
    const command = commandFor(plane, digest);
    const signed = plane.sign(command);
    // It is still under way when the second one comes.
    plane.faults.hubFails = true;
    expect(await plane.ring(signed)).toEqual({ outcome: 'accepted' });
    expect(await plane.ring(plane.sign(commandFor(plane, digest)))).toMatchObject({ outcome: 'refused', code: 'upgrade.under_way' });
    plane.faults.hubFails = false;
    expect(await ended(plane, command)).toMatchObject({ outcome: 'upgraded' });
    expect(lastHello(plane)).toMatchObject({ agentVersion: '0.2.0', agentDigest: digest });
    expect(machine.current()).toBe(folderOf(digest, RUNTIME));
    expect(readdirSync(join(machine.program, 'versions')).toSorted()).toEqual([machine.first, machine.current()].toSorted());
    expect(readdirSync(machine.program).toSorted()).toEqual(['current', 'launch.sh', 'versions']);
    expect(plane.told.enrolments).toHaveLength(1);
    const hellos = plane.told.hellos.length;
    expect(await plane.ring(signed), 'sent again').toEqual({ outcome: 'accepted' });
    await eventually(() => plane.told.upgrades.length === 2, PATIENCE);
    expect(plane.told.hellos).toHaveLength(hellos);

    const back = commandFor(plane, offer(plane, (await programs).older), { build: { ...command.build, version: '0.1.9', agentDigest: sha256Digest((await programs).older) } });
    await plane.ring(plane.sign(back));
    expect(await ended(plane, back)).toMatchObject({ outcome: 'failed', code: 'upgrade.downgrade' });
    const meant = { ...back, upgradeId: randomUUID(), allowDowngrade: true };
    await plane.ring(plane.sign(meant));
    expect(await ended(plane, meant)).toMatchObject({ outcome: 'upgraded' });
    expect(lastHello(plane)).toMatchObject({ agentVersion: '0.0.9' });
  });

  test('waits for the job that runs, and no job begins meanwhile', { timeout: 120_000 }, async ({ plane, machine }) => {
    const job = plane.runJob({ installerDigest: plane.publish(`while [ ! -e ${machine.root}/go ]; do sleep 0.2; done; echo done`) });
    expect(await plane.ring(plane.sign(job))).toEqual({ outcome: 'accepted' });
    await eventually(() => plane.told.started.length === 1, PATIENCE);
    const command = commandFor(plane, offer(plane, (await programs).newer));
    await plane.ring(plane.sign(command));
    const another = plane.runJob({ installerDigest: job.installerDigest });
    await eventually(async () => (await plane.ring(plane.sign(another)))?.outcome === 'refused', PATIENCE);
    expect(existsSync(join(machine.program, 'trial'))).toBe(false);
    await writeFile(join(machine.root, 'go'), '');
    expect(await ended(plane, command)).toMatchObject({ outcome: 'upgraded' });
    await eventually(() => plane.finishedOf(job.jobId).length > 0, PATIENCE);
    expect(plane.finishedOf(job.jobId)[0]).toMatchObject({ outcome: 'succeeded' });
  });

  test('does not begin when its time is over before the job is', { timeout: 120_000 }, async ({ plane, machine }) => {
    const job = plane.runJob({ installerDigest: plane.publish(`while [ ! -e ${machine.root}/go ]; do sleep 0.2; done`) });
    await plane.ring(plane.sign(job));
    await eventually(() => plane.told.started.length === 1, PATIENCE);
    const command = commandFor(plane, offer(plane, (await programs).newer), { deadline: new Date(Date.now() + 2_000).toISOString() });
    await plane.ring(plane.sign(command));
    expect(await ended(plane, command)).toMatchObject({ outcome: 'failed', code: 'upgrade.busy' });
    const another = plane.runJob({ installerDigest: job.installerDigest });
    await writeFile(join(machine.root, 'go'), '');
    expect(await plane.ring(plane.sign(another))).toEqual({ outcome: 'accepted' });
    await eventually(() => plane.finishedOf(another.jobId).length > 0, PATIENCE);
    expect(machine.current()).toBe(machine.first);
  });
});

/** The same program packed in another way: what counts is the digest of what is sent. */
const packed = (() => {
  let bytes: Buffer | undefined;
  return () => (bytes ??= gzipSync(readFileSync(process.execPath), { level: 0 }));
})();
const offerRuntime = (plane: ControlPlane, bytes: Buffer): AgentUpgrade['build']['runtimes'] => {
  const digest = sha256Digest(bytes);
  plane.artifacts.set(digest, bytes);
  return { [arch()]: { version: '99.0.0', digest } };
};
const asScript = (...lines: readonly string[]): Buffer => gzipSync(['#!/bin/sh', ...lines, ''].join('\n'));
/** The runtimes that work below the folder, as the kernel knows them. */
const runtimesAtWork = ({ root }: Machine): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(root) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('agent.mjs') ? [readlinkSync(`/proc/${pid}/exe`)] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  }).filter((file) => file.endsWith('/node'));

describe('another runtime', () => {
  test('is fetched with the power going meanwhile, begins, and is shared with the next version', { timeout: 180_000 }, async ({ plane, machine }) => {
    const runtimes = offerRuntime(plane, packed());
    const runtime = runtimes[arch() as 'x64']!.digest;
    const command = commandFor(plane, sha256Digest((await programs).present), { build: { version: '0.1.0', agentDigest: offer(plane, (await programs).present), runtimes } });
    plane.open.push(plane.sign(command));
    await plane.ring(plane.open[0]);
    const folder = folderOf(command.build.agentDigest, runtime);
    const place = (name: string): string => join(machine.program, 'versions', name);
    while (!existsSync(join(`${place(folder)}.part`, 'node')) && endingOf(plane, command) === undefined) await new Promise((resolve) => setImmediate(resolve));
    machine.cut();
    expect(await ended(plane, command)).toMatchObject({ outcome: 'upgraded' });
    expect(machine.current()).toBe(folder);
    expect(readdirSync(place(folder)).toSorted()).toEqual(['agent.mjs', 'node']);
    expect(runtimesAtWork(machine)).toEqual([join(place(folder), 'node')]);

    const newer = commandFor(plane, offer(plane, (await programs).newer), { build: { version: '0.2.0', agentDigest: sha256Digest((await programs).newer), runtimes } });
    plane.open[0] = plane.sign(newer);
    plane.artifacts.delete(runtime);
    await plane.ring(plane.open[0]);
    expect(await ended(plane, newer)).toMatchObject({ outcome: 'upgraded' });
    const next = folderOf(newer.build.agentDigest, runtime);
    expect(runtimesAtWork(machine)).toEqual([join(place(next), 'node')]);
    expect(statSync(join(place(next), 'node')).ino, 'a hundred megabytes that are there once').toBe(statSync(join(place(folder), 'node')).ino);
    expect(readdirSync(join(machine.program, 'versions')).toSorted()).toEqual([folder, next].toSorted());
  });

  test('that says its version and does not run the agent is taken back, with the runtime before', { timeout: 180_000 }, async ({ plane, machine }) => {
    const command = commandFor(plane, offer(plane, (await programs).newer));
    command.build.runtimes = offerRuntime(plane, asScript('[ "$1" = --version ] && exec echo v99.0.0', 'exit 7'));
    await plane.ring(plane.sign(command));
    expect(await ended(plane, command)).toMatchObject({ outcome: 'reverted', code: 'upgrade.reverted', reason: expect.stringContaining('ended by itself each of the 3 times') as string });
    expect(lastHello(plane)).toMatchObject({ agentVersion: '0.1.0' });
    expect(machine.current()).toBe(machine.first);
    expect(readdirSync(machine.program).toSorted()).toEqual(['current', 'launch.sh', 'versions']);
  });

  test('that does not start on this machine is found out before the agent ends for it', { timeout: 180_000 }, async ({ plane, machine }) => {
    const cases: readonly (readonly [Buffer, string, string])[] = [
      [asScript('echo "libc.so.6: version GLIBC_9.99 not found" >&2', 'exit 1'), 'upgrade.runtime_broken', 'does not start on this machine: libc.so.6: version GLIBC_9.99 not found'],
      [asScript('exit 7'), 'upgrade.runtime_broken', 'exit code 7'],
      [gzipSync('\u007fELF of a machine that is not this one'), 'upgrade.runtime_broken', 'another processor'],
      [gzipSync('neither a program nor a script'), 'upgrade.runtime_broken', 'does not start on this machine: node'],
      [Buffer.from('signed, and not packed'), 'upgrade.damaged', 'cannot be unpacked'],
    ];
    for (const [bytes, code, reason] of cases) {
      const command = commandFor(plane, offer(plane, (await programs).newer));
      command.build.runtimes = offerRuntime(plane, bytes);
      await plane.ring(plane.sign(command));
      expect(await ended(plane, command)).toMatchObject({ outcome: 'failed', code, reason: expect.stringContaining(reason) as string });
    }
    expect(plane.told.hellos.every(({ facts }) => facts.agentVersion === '0.1.0')).toBe(true);
    expect(readdirSync(join(machine.program, 'versions'))).toEqual([machine.first]);
  });
});

describe('a build that is no good', () => {
  test.for([
    ['throws at its start', BROKEN, {}, 'ended by itself each of the 3 times'],
    ['never connects', MUTE, { helloWithinSeconds: 3 }, 'no answer from the control plane within 3 seconds'],
    ['ends again and again', 'shortLived', { settleAfterSeconds: 60 }, 'ended by itself each of the 3 times'],
  ] as const)('that %s is taken back', { timeout: 180_000 }, async ([, program, limits, reason], { plane, machine }) => {
    const command = commandFor(plane, offer(plane, program === 'shortLived' ? (await programs).shortLived : program), limits);
    await plane.ring(plane.sign(command));
    expect(await ended(plane, command)).toMatchObject({ outcome: 'reverted', code: 'upgrade.reverted', reason: expect.stringContaining(reason) as string });
    expect(lastHello(plane)).toMatchObject({ agentVersion: '0.1.0' });
    expect(machine.current()).toBe(machine.first);
    expect(readdirSync(machine.program).toSorted()).toEqual(['current', 'launch.sh', 'versions']);
  });

  test('and is not what was signed never begins', { timeout: 120_000 }, async ({ plane, machine }) => {
    const digest = offer(plane, (await programs).newer);
    plane.artifacts.set(digest, Buffer.from(BROKEN));
    const damaged = commandFor(plane, digest);
    await plane.ring(plane.sign(damaged));
    expect(await ended(plane, damaged)).toMatchObject({ outcome: 'failed', code: 'upgrade.damaged' });
    const absent = commandFor(plane, sha256Digest('nowhere'));
    await plane.ring(plane.sign(absent));
    expect(await ended(plane, absent)).toMatchObject({ outcome: 'failed', code: 'upgrade.not_there' });
    expect(plane.told.hellos.every(({ facts }) => facts.agentVersion === '0.1.0')).toBe(true);
    expect(readdirSync(join(machine.program, 'versions'))).toEqual([machine.first]);
    expect(await plane.ring({ ...plane.sign(commandFor(plane, digest)), signature: 'A'.repeat(86) })).toMatchObject({ code: 'signature.invalid' });
    expect(await plane.ring(plane.sign({ ...commandFor(plane, digest), expiresAt: new Date(Date.now() - 600_000).toISOString() }))).toMatchObject({ code: 'command.expired' });
  });
});

describe('a power cut', () => {
  const trialOf = ({ program }: Machine): string => (existsSync(join(program, 'trial')) ? readFileSync(join(program, 'trial'), 'utf8') : '');
  test.for([
    ['while it is fetched', ({ program }) => readdirSync(join(program, 'versions')).some((name) => name.endsWith('.part'))],
    ['when it is there', ({ program }) => readdirSync(join(program, 'versions')).length === 2],
    ['when it is named for a trial', (machine) => trialOf(machine) !== ''],
    ['when its start is counted', (machine) => trialOf(machine).endsWith(' 1\n')],
    ['when it is confirmed', ({ program }) => existsSync(join(program, 'confirmed'))],
    ['when it has become the current one', (machine) => machine.current() !== machine.first],
  ] as readonly (readonly [string, (machine: Machine) => boolean])[])('%s leaves an agent that works, and the upgrade ends', { timeout: 180_000 }, async ([, isReached], { plane, machine }) => {
    const command = commandFor(plane, offer(plane, (await programs).newer));
    // Asked for again in the answer to each hello, as agent-mgmt does while it is open.
    plane.open.push(plane.sign(command));
    await plane.ring(plane.open[0]);
    while (!isReached(machine) && endingOf(plane, command) === undefined) await new Promise((resolve) => setImmediate(resolve));
    machine.cut();
    const ending = await ended(plane, command);
    expect(ending, ending?.reason).toMatchObject({ outcome: 'upgraded' });
    await eventually(() => lastHello(plane)?.agentVersion === '0.2.0' && !existsSync(join(machine.program, 'trial')), PATIENCE);
    expect(machine.current()).toBe(folderOf(command.build.agentDigest, RUNTIME));
  });

  test('between the verdict and its execution does not try again', { timeout: 120_000 }, async ({ plane, machine }) => {
    const command = commandFor(plane, offer(plane, MUTE));
    const folder = folderOf(command.build.agentDigest, RUNTIME);
    const staged = join(machine.program, 'versions', folder);
    await mkdir(staged);
    await writeFile(join(staged, 'agent.mjs'), MUTE);
    await symlink(process.execPath, join(staged, 'node'));
    await writeFile(join(machine.program, 'trial'), `${folder} ${command.upgradeId} 600 0 1\n`);
    await writeFile(join(machine.program, 'reverted'), `${folder} ${command.upgradeId}\nno answer\n`);
    machine.cut();
    expect(await ended(plane, command)).toMatchObject({ outcome: 'reverted', reason: 'no answer' });
  });

  test('and being told to stop do not count as failures of the new version', { timeout: 120_000 }, async ({ plane, machine }) => {
    const command = commandFor(plane, offer(plane, (await programs).newer), { settleAfterSeconds: 3000 });
    await plane.ring(plane.sign(command));
    const begun = () => plane.told.hellos.filter(({ facts }) => facts.agentVersion === '0.2.0').length;
    for (let turn = 0; turn < 4; turn += 1) {
      await eventually(() => begun() > turn && existsSync(join(machine.program, 'confirmed')), PATIENCE);
      machine.terminate();
    }
    await eventually(() => begun() > 4, PATIENCE);
    expect(trialOf(machine)).toMatch(/ 1\n$/);
    expect(machine.current()).toBe(machine.first);
  });
});

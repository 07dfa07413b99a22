import { freePort } from '@citrus/kit-embedded';
import { eventually } from '@citrus/kit-testing';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { startAgent } from './testing/agent-process.ts';
import { test, testWithoutAgent } from './testing/fixtures.ts';

describe('an agent', () => {
  test('says hello with its facts, and beats', async ({ plane }) => {
    expect(plane.told.hellos[0]).toMatchObject({ agentId: plane.agentId, facts: { arch: process.arch, systemd: false } });
    await eventually(() => plane.told.heartbeats.length > 0);
    expect(plane.told.heartbeats[0]).toMatchObject({ agentId: plane.agentId, running: null });
    expect(plane.told.heartbeats[0]).toMatchObject({ memoryTotalBytes: expect.any(Number), everyMs: 10_000, seq: 1 });
  });

  test('T702. removes its token once it has enrolled and keeps its keys to itself', async ({ agent }) => {
    await eventually(() => !existsSync(agent.config.tokenFile));
    for (const file of ['keys/agent-keys.json', 'keys/identity.json', 'journal/journal.jsonl']) {
      expect((await stat(join(agent.config.stateDir, file))).mode & 0o777).toBe(0o600);
    }
  });

  test('needs no second token: after a restart it is the same agent', async ({ plane, agent }) => {
    expect(await agent.terminate()).toBe(0);
    agent.start();
    await eventually(() => plane.told.hellos.length >= 2);
    expect(plane.told.enrolments).toHaveLength(1);
  });

  test('does not start twice on the same state', async ({ agent }) => {
    const first = agent.ended();
    agent.start();
    expect(await agent.ended()).toBe(1);
    expect(await agent.log()).toContain('already works with');
    process.kill(Number((await readFile(join(agent.config.stateDir, 'agent.pid'), 'utf8')).split(' ')[0]), 'SIGKILL');
    await first;
  });

  test('tries again when nobody answers its hello', async ({ plane, agent }) => {
    plane.faults.ignoresSync = true;
    await agent.kill();
    agent.start();
    await eventually(async () => (await agent.log()).includes('sync.not_answered'), { timeoutMs: 40_000 });
    plane.faults.ignoresSync = false;
    await eventually(() => plane.told.hellos.length >= 2, { timeoutMs: 40_000 });
  });
});

describe('an agent that is told a pace', () => {
  testWithoutAgent('tells only what is news to a control plane that takes that, slower when told, and everything again after it was away', async ({ broker, plane }) => {
    const agent = await startAgent(plane, { serverAddress: '127.200.45.1' });
    onTestFinished(() => agent.discard());
    plane.faults.pace = { beatEveryMs: 60_000, wholeBeatEvery: 6, helloWithinMs: 1 };
    const slower = await eventually(() => plane.told.heartbeats.find((beat) => 'changed' in beat) ?? Promise.reject(new Error('it beats as before')), { timeoutMs: 60_000 });
    expect(slower).toMatchObject({ everyMs: 14_000, base: 1, seq: 2 });
    const [hellos, beats] = [plane.told.hellos.length, plane.told.heartbeats.length];
    await broker.restart();
    await eventually(() => plane.told.hellos.length > hellos, { timeoutMs: 30_000 });
    expect(plane.told.hellos.at(-1)).toMatchObject({ factsDigest: expect.stringMatching(/^sha256:/) });
    await eventually(() => plane.told.heartbeats.length > beats);
    expect(plane.told.heartbeats[beats]).toMatchObject({ memoryTotalBytes: expect.any(Number) });
    // While a job runs its lease must not wait for a slow beat.
    const job = plane.runJob({ installerDigest: plane.publish('sleep 1') });
    await plane.ring(plane.sign(job));
    await eventually(() => plane.told.heartbeats.some(({ running, everyMs }) => running?.jobId === job.jobId && everyMs === 10_000));
    plane.faults.wantsFacts = true;
    await broker.restart();
    await eventually(() => plane.told.hellos.some(({ facts }, index) => index > hellos && facts !== undefined), { timeoutMs: 30_000 });
    expect(await agent.log()).not.toContain('agent.bug');
  });
});

describe('a broker that goes away', () => {
  test('does not keep an agent that is told to stop before it was ever connected', async ({ agent }) => {
    await agent.terminate();
    const file = join(agent.config.stateDir, 'keys/identity.json');
    const identity = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...identity, natsUrls: [`ws://127.0.0.1:${await freePort()}`] }));
    agent.start();
    await eventually(async () => (await agent.log()).split('agent.starting').length === 3);
    expect(await agent.terminate()).toBe(0);
  });

  test('is found again, and asked again what is open', async ({ broker, plane, agent }) => {
    await broker.restart();
    await eventually(() => plane.told.hellos.length >= 2, { timeoutMs: 30_000 });
    const job = plane.runJob({ installerDigest: plane.publish('echo still here') });
    await eventually(async () => (await plane.ring(plane.sign(job)))?.outcome === 'accepted');
    await eventually(() => plane.finishedOf(job.jobId)[0]?.outcome === 'succeeded');
    expect(await agent.log()).toContain('broker.disconnected');
  });

  test('while a job runs costs no line of its log', async ({ broker, plane }) => {
    const job = plane.runJob({ installerDigest: plane.publish('for i in $(seq 40); do echo "line $i"; sleep 0.05; done') });
    await plane.ring(plane.sign(job));
    await eventually(() => plane.textOf(job.jobId).includes('line 1'));
    await broker.restart();
    const report = await eventually(() => plane.finishedOf(job.jobId)[0] ?? Promise.reject(new Error('no report yet')), { timeoutMs: 30_000 });
    const reply = await eventually(async () => (await plane.ring(plane.sign({ ...plane.common(), type: 'read-log', jobId: job.jobId, attempt: 1, fromSeq: 1, toSeq: 1000 }))) ?? Promise.reject(new Error('nobody answers')));
    const chunks = reply?.outcome === 'log' ? reply.chunks : [];
    expect(chunks).toHaveLength(report.logChunks);
    expect(chunks.map(({ text }) => text).join('').match(/^line \d+$/gm)).toHaveLength(40);
  });
});

describe('a control plane that is silent behind a living connection', () => {
  testWithoutAgent('is left for another connection', async ({ plane }) => {
    plane.faults.ignoresSync = true;
    const agent = await startAgent(plane, { silenceMs: 1000 });
    try {
      await eventually(async () => (await agent.log()).split('"broker.connected"').length >= 3, { timeoutMs: 60_000 });
      expect(await agent.log()).toContain('control_plane.silent');
      plane.faults.ignoresSync = false;
      await eventually(() => plane.told.hellos.length > 0, { timeoutMs: 60_000 });
    } finally {
      await agent.discard();
    }
  });
});

describe('enrolment and renewal', () => {
  testWithoutAgent('waits for a hub that cannot answer, with the keys already on disk', async ({ plane }) => {
    plane.faults.hubFails = true;
    const agent = await startAgent(plane);
    try {
      await eventually(async () => (await agent.log()).includes('agent.not_enrolled'));
      const keys = await readFile(join(agent.config.stateDir, 'keys/agent-keys.json'), 'utf8');
      await agent.kill();
      plane.faults.hubFails = false;
      agent.start();
      await eventually(() => plane.told.hellos.length > 0);
      expect(JSON.parse(keys)).toMatchObject({ box: { publicKey: plane.told.enrolments[0]?.keys.boxKey } });
    } finally {
      await agent.discard();
    }
  });

  testWithoutAgent('says why it was refused and keeps the token', async ({ plane }) => {
    plane.faults.refusesEnrolment = true;
    const agent = await startAgent(plane);
    try {
      await eventually(async () => (await agent.log()).includes('The token is not good. [enrolment.refused]'));
      expect(existsSync(agent.config.tokenFile)).toBe(true);
    } finally {
      await agent.discard();
    }
  });

  testWithoutAgent('renews a credential before it ends and comes back with the new one', async ({ plane }) => {
    plane.faults.credentialLifeSeconds = 3;
    const agent = await startAgent(plane);
    try {
      await eventually(() => plane.told.renewals > 0 && plane.told.hellos.length >= 2);
    } finally {
      await agent.discard();
    }
  });
});

/** An agent that somebody has taken over: whatever it says about its own job, the others' jobs go on. */
import { createJob, InstallerId, type Heartbeat, type LogChunk, readJob, readJobLog, reportJobFinished, subjects, type CommandReply, type RunJob } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import type { z } from 'zod';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, type World } from '../testing/world.ts';

const at = '2026-11-21T10:00:00.000Z';

const runJob = async (world: World, agent: TestAgent): Promise<RunJob> => {
  const jobId = newJobId();
  await world.ask(createJob, { jobId, serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' });
  const command = await eventually(() => {
    const found = agent.received.find((received) => received.type === 'run-job' && received.jobId === jobId);
    expect(found).toBeDefined();
    return found as RunJob;
  });
  await agent.started(command);
  return command;
};

const pair = async (world: World) => {
  const [evil, good] = [await world.connect(), await world.connect()];
  return { evil, good, stolen: await runJob(world, evil), honest: await runJob(world, good) };
};

const shows = (world: World, { jobId }: RunJob, texts: readonly string[]) =>
  eventually(async () => expect((await world.ask(readJobLog, { jobId, after: 0, limit: 500 })).entries.map(({ text }) => text)).toEqual(texts), { timeoutMs: 30_000 });

const finish = (world: World, agent: TestAgent, command: RunJob, over: { reason?: string; logChunks?: number; logDigest?: string }) =>
  world.call(reportJobFinished, { agentId: agent.id, sentAt: at, jobId: command.jobId, attempt: command.attempt, outcome: 'failed', exitCode: 1, logChunks: 0, logDigest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', at, ...over }, { subject: subjects.agent.report(agent.id, 'job-finished') });

describe('pieces of a log that no row can hold', () => {
  const hostile: readonly Partial<z.input<typeof LogChunk>>[] = [
    { seq: 2 ** 40 }, { at: '0000-01-01T00:00:00.000Z' }, { at: `2026-01-01T00:00:00.${'1'.repeat(200)}Z` }, { progress: { percent: 1, text: 'a\0b' } },
  ];

  test.for(hostile)('T114. hold up nobody else: %j', async (over, { world }) => {
    await world.start();
    const { evil, good, stolen, honest } = await pair(world);
    // As many as the broker hands out before it waits for an answer.
    for (let n = 0; n < 3000; n += 1) world.nats.publish(subjects.agent.log(evil.id, stolen.jobId), JSON.stringify({ agentId: evil.id, jobId: stolen.jobId, attempt: 1, seq: 2 + n, at, text: 'x', ...over }));
    good.output(honest, ['one', 'two']);
    await shows(world, honest, ['one', 'two']);
  });
});

describe('a report', () => {
  test('T210. whose reason no row can hold is refused, and the read model goes on', async ({ world }) => {
    await world.start();
    const { evil, good, stolen, honest } = await pair(world);
    await expect(finish(world, evil, stolen, { reason: 'bad\0luck' })).rejects.toThrow();
    await good.finished(honest, { outcome: 'succeeded', exitCode: 0 });
    await eventually(async () => expect((await world.ask(readJob, { jobId: honest.jobId })).status).toBe('succeeded'));
  });

  test.for([{ logChunks: 2 ** 31 - 1 }, { logChunks: 2 ** 40 }, { logDigest: 'a\0' }])('T210. that counts more than there can be is refused: %j', async (over, { world }) => {
    await world.start();
    const evil = await world.connect();
    await expect(finish(world, evil, await runJob(world, evil), over)).rejects.toThrow('not valid');
  });

  test('of a refusal is no way around that', async ({ world }) => {
    await world.start();
    const [evil, good] = [await world.connect(), await world.connect()];
    evil.answer = (): CommandReply => ({ outcome: 'refused', code: 'x', reason: 'bad\0luck' });
    await world.ask(createJob, { jobId: newJobId(), serverId: evil.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' });
    await eventually(() => expect(evil.received).not.toHaveLength(0));
    const honest = await runJob(world, good);
    await good.finished(honest, { outcome: 'succeeded', exitCode: 0 });
    await eventually(async () => expect((await world.ask(readJob, { jobId: honest.jobId })).status).toBe('succeeded'));
  });
});

test('T114. a heartbeat about an attempt that cannot be leaves the leases of others alone', async ({ world }) => {
  await world.start();
  const { evil, good, stolen, honest } = await pair(world);
  evil.disconnect();
  const lease = () => world.db.selectFrom('leases').select('lease_until').where('agent_id', '=', good.id).executeTakeFirstOrThrow();
  const before = await lease();
  const usage = { load1: 0, cpuPercent: 0, memoryUsedBytes: 1, memoryTotalBytes: 2, diskUsedBytes: 1, diskTotalBytes: 2, networkInBytes: 0, networkOutBytes: 0, uptimeSeconds: 1 };
  const beat: z.input<typeof Heartbeat> = { agentId: evil.id, at, bootId: 'b', running: { jobId: stolen.jobId, attempt: 2 ** 40 }, ...usage };
  const beating = setInterval(() => world.nats.publish(subjects.agent.heartbeat(evil.id), JSON.stringify(beat)), 20);
  try {
    good.running = honest;
    await eventually(async () => expect((await lease()).lease_until.getTime()).toBeGreaterThan(before.lease_until.getTime()), { timeoutMs: 30_000 });
  } finally {
    clearInterval(beating);
  }
});

test('T114. an agent that hands out its log piece by piece holds up no other log', { timeout: 180_000 }, async ({ world }) => {
  await world.start();
  const { evil, good, stolen, honest } = await pair(world);
  let asked = 0;
  evil.answerLog = ({ fromSeq }) => ({ outcome: 'log', chunks: [{ seq: fromSeq, at, text: `${(asked += 1)}` }] });
  world.nats.publish(subjects.agent.log(evil.id, stolen.jobId), JSON.stringify({ agentId: evil.id, jobId: stolen.jobId, attempt: 1, seq: 1_000_000, at, text: 'x' }));
  await eventually(() => expect(asked).toBeGreaterThan(3), { timeoutMs: 30_000 });
  const texts = ['one', 'two', 'three'];
  good.output(honest, texts, [1, 3]);
  await shows(world, honest, texts);
});

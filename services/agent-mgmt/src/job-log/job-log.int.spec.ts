import { createJob, InstallerId, listJobs, readJobDetails, readJobLog, searchJobLog, subjects, type LogEntry, type RunJob } from '@citrus/contracts';
import { internalScope } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { headers } from '@nats-io/nats-core';
import { describe, expect } from 'vitest';
import { digestOf, newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, type World } from '../testing/world.ts';
import { LogArchive } from './log-archive.ts';

const SCOPE = internalScope('packs what the test has made old');

const running = async (world: World): Promise<{ agent: TestAgent; command: RunJob }> => {
  await world.start();
  const agent = await world.connect();
  await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' });
  const command = await eventually(() => {
    const found = agent.received.find((received) => received.type === 'run-job');
    expect(found).toBeDefined();
    return found as RunJob;
  });
  await agent.started(command);
  return { agent, command };
};
const logOf = (world: World, { jobId }: RunJob, after = 0) => world.ask(readJobLog, { jobId, after, limit: 500 });
const whole = (world: World, command: RunJob): Promise<LogEntry[]> =>
  eventually(async () => {
    const log = await logOf(world, command);
    expect(log.complete).toBe(true);
    return log.entries;
  }, { timeoutMs: 30_000 });
const texts = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`);

describe('the log of a job', () => {
  test('is shown in its order; a piece that is missing is asked for while the job runs', async ({ world }) => {
    const { agent, command } = await running(world);
    agent.output(command, texts, [1, 2, 4, 5]);
    await eventually(async () => expect((await logOf(world, command)).entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]));
    expect((await logOf(world, command, 3)).entries.map(({ cursor, seq }) => [cursor, seq])).toEqual([[4, 4], [5, 5]]);
  });

  test('is compared at the end, and what is missing is fetched', async ({ world }) => {
    const { agent, command } = await running(world);
    agent.output(command, texts, [1, 2, 3, 7, 8, 20]);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts });
    const entries = await whole(world, command);
    expect(entries.map(({ text }) => text).join('')).toBe(texts.join(''));
    expect(entries.map(({ cursor }) => cursor)).toEqual(texts.map((_, index) => index + 1));
  });

  test('stores what arrives twice once, and nothing after it is complete', async ({ world }) => {
    const { agent, command } = await running(world);
    agent.output(command, texts);
    agent.output(command, texts);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts });
    expect(await whole(world, command)).toHaveLength(texts.length);
    agent.output(command, [...texts, 'too late']);
    const probe = await eventually(async () => (await logOf(world, command)).entries);
    expect(probe).toHaveLength(texts.length);
  });

  test('says so when it differs from what the agent kept', async ({ world }) => {
    const { agent, command } = await running(world);
    agent.output(command, ['one', 'two']);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts: ['one', 'TWO'] });
    expect((await whole(world, command)).at(-1)?.text).toContain('differs from the one that the agent kept');
  });

  test('T112. takes no piece that names another agent or job, and tells the audit', async ({ world }) => {
    const { agent, command } = await running(world);
    const stranger = await world.connect();
    const audited: string[] = [];
    world.nats.subscribe(subjects.audit('agent-mgmt'), { callback: (_, message) => void audited.push(message.string()) });
    const piece = { agentId: agent.id, jobId: command.jobId, attempt: 1, seq: 1, at: new Date().toISOString(), text: 'forged' };
    world.nats.publish(subjects.agent.log(stranger.id, command.jobId), JSON.stringify(piece));
    world.nats.publish(subjects.agent.log(stranger.id, command.jobId), JSON.stringify({ ...piece, agentId: stranger.id }));
    world.nats.publish(subjects.agent.log(agent.id, command.jobId), JSON.stringify({ ...piece, jobId: newId() }));
    world.nats.publish(subjects.agent.log(agent.id, command.jobId), 'no json');
    agent.output(command, ['true']);
    await eventually(async () => expect((await logOf(world, command)).entries.map(({ text }) => text)).toEqual(['true']));
    await eventually(() => expect(audited).toHaveLength(3));
  });

  test("T112. takes another agent's pieces neither for the owner's nor the owner's for them, when both come in one batch", async ({ world }) => {
    const { agent, command } = await running(world);
    const stranger = await world.connect();
    const audited: string[] = [];
    world.nats.subscribe(subjects.audit('agent-mgmt'), { callback: (_, message) => void audited.push(message.string()) });
    // Each forged piece comes before the true one of its number, behind and before other true ones.
    for (const [index] of texts.entries()) {
      agent.output(command, texts, [index + 1]);
      if (index >= 3 && index + 2 <= texts.length) world.nats.publish(subjects.agent.log(stranger.id, command.jobId), JSON.stringify({ agentId: stranger.id, jobId: command.jobId, attempt: 1, seq: index + 2, at: new Date().toISOString(), text: 'forged' }));
    }
    await eventually(async () => expect((await logOf(world, command)).entries.map(({ text }) => text)).toEqual(texts));
    expect(agent.received.map(({ type }) => type), 'a piece was refused and had to be fetched').not.toContain('read-log');
    await eventually(() => expect(audited.map((entry) => JSON.parse(entry) as unknown)).toContainEqual(expect.objectContaining({ action: 'job.log', actor: { kind: 'agent', id: stranger.id } })));
  });

  test('T314. takes no piece that the broker put there out of another stream', async ({ world }) => {
    const { agent, command } = await running(world);
    const marked = headers();
    marked.set('Nats-Stream', 'SEALS');
    const piece = { agentId: agent.id, jobId: command.jobId, attempt: 1, seq: 1, at: new Date().toISOString(), text: 'forged' };
    world.nats.publish(subjects.agent.log(agent.id, command.jobId), JSON.stringify(piece), { headers: marked });
    agent.output(command, ['true']);
    await eventually(async () => expect((await logOf(world, command)).entries.map(({ text }) => text)).toEqual(['true']));
  });

  test('that is long and full of strange characters comes out as it went in', async ({ world }) => {
    const { agent, command } = await running(world);
    const strange = Array.from({ length: 60 }, (_, index) => `${index}:${'\u0001é\u{1f34b}"\\\n'.repeat(1500)}`);
    agent.output(command, strange);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts: strange });
    const entries: LogEntry[] = [];
    await eventually(async () => {
      const page = await logOf(world, command, entries.at(-1)?.cursor);
      entries.push(...page.entries);
      expect(page.complete).toBe(true);
    });
    expect(digestOf(entries.map(({ text }) => text))).toBe(digestOf(strange));
  });

  test('is searched as far as it is stored; the job tells how it ran, and its list how long its like usually take', async ({ world }) => {
    const { agent, command } = await running(world);
    agent.output(command, texts);
    await eventually(async () => expect((await logOf(world, command)).entries).toHaveLength(texts.length));
    const search = (more: object) => world.ask(searchJobLog, { jobId: command.jobId, q: 'LINE 1', ...more });
    const first = await search({ limit: 5 });
    expect([first.items.map(({ line }) => line), first.count, first.isAtEnd]).toEqual([[1, 10, 11, 12, 13], { lines: 11, isWhole: true }, false]);
    expect((await search({ cursor: first.nextCursor })).items.map(({ line }) => line)).toEqual([14, 15, 16, 17, 18, 19]);
    await expect(search({ q: '(', as: 'pattern' })).rejects.toThrow(/cannot be searched for/);
    await expect(world.ask(searchJobLog, { jobId: newId(), q: 'a' })).rejects.toThrow(/no such job/);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts });
    await whole(world, command);
    expect(await search({})).toMatchObject({ nextCursor: null, isAtEnd: true });

    const details = await world.ask(readJobDetails, { jobId: command.jobId });
    expect(details).toMatchObject({ script: { path: 'install.sh', text: '#!/bin/bash\n' }, attempts: [{ attempt: 1, commandId: command.commandId, outcome: 'succeeded', exitCode: 0 }] });
    await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'low' });
    const listed = async (wanted: string) => (await world.ask(listJobs, { search: wanted })).items.map(({ usual, status }) => [usual?.of, status === 'succeeded']);
    expect(await listed('install WEB')).toEqual([[1, false], [undefined, true]]);
    expect(await listed('succeeded')).toEqual([[undefined, true]]);
    expect(await listed('web-1')).toHaveLength(2);
    expect(await listed(command.jobId.slice(0, 20))).toHaveLength(1);
    expect(await listed('we_')).toEqual([]);
  });

  test('is packed when it is old, and read and searched as before; what is packed cannot be changed; at last it is removed and says so', async ({ world }) => {
    const { agent, command } = await running(world);
    const many = Array.from({ length: 600 }, (_, index) => `line ${index + 1} ${'x'.repeat(3000)}\n`);
    agent.output(command, many);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts: many });
    const all = async (): Promise<LogEntry[]> => {
      const entries: LogEntry[] = [];
      for (;;) {
        const page = await logOf(world, command, entries.at(-1)?.cursor);
        entries.push(...page.entries);
        if (page.complete) return entries;
        expect(page.entries.length).toBeGreaterThan(0);
      }
    };
    await eventually(async () => expect((await logOf(world, command, 599)).complete).toBe(true), { timeoutMs: 60_000 });
    const before = await all();
    let now = new Date();
    const archive = new LogArchive({ db: world.db, keeping: { archiveAfterDays: 30, removeAfterDays: 365 }, clock: () => now, logger: { info: () => undefined } });
    const inDays = (days: number) => (now = new Date(Date.now() + days * 86_400_000));
    const counted = async () => ({ rows: (await world.db.selectFrom('job_log').select('seq').execute()).length, parts: (await world.db.selectFrom('job_log_archives').select('part').execute()).length });
    await archive.turn(SCOPE);
    expect(await counted()).toEqual({ rows: 600, parts: 0 });
    inDays(31);
    await Promise.all([archive.turn(SCOPE), archive.turn(SCOPE)]);
    expect(await counted()).toEqual({ rows: 0, parts: 2 });
    expect(await all()).toEqual(before);
    expect((await world.ask(searchJobLog, { jobId: command.jobId, q: 'line 599 ', as: 'text', case: 'any', limit: 10 })).items).toHaveLength(1);
    await expect(world.db.updateTable('job_log_archives').set({ digest: 'forged' }).execute()).rejects.toThrow('is not changed');
    await archive.turn(SCOPE);
    expect(await counted()).toEqual({ rows: 0, parts: 2 });
    inDays(31 + 366);
    await archive.turn(SCOPE);
    expect(await all()).toMatchObject([{ cursor: 600, text: expect.stringContaining('was removed') }]);
  });

  test('is cut where there is too much of it, and says so once', async ({ world }) => {
    await world.start({ CITRUS_JOB_LOG_ATTEMPT_BYTES: '4096' });
    const agent = await world.connect();
    await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' });
    const command = await eventually(() => agent.received.find((received): received is RunJob => received.type === 'run-job') ?? Promise.reject(new Error('no command yet')));
    await agent.started(command);
    const flood = Array.from({ length: 50 }, (_, index) => `${index} ${'y'.repeat(500)}\n`);
    for (const [index] of flood.entries()) {
      agent.output(command, flood, [index + 1]);
      if (index < 15) await eventually(async () => expect((await logOf(world, command)).entries.length).toBeGreaterThanOrEqual(Math.min(index, 8)));
    }
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts: flood });
    const entries = await whole(world, command);
    expect(entries.filter(({ text }) => text.includes('What follows is not kept here'))).toHaveLength(1);
    expect(entries.at(-1)?.text).toContain('the log of one attempt may take');
    expect(entries.slice(0, -1).map(({ text }) => text)).toEqual(flood.slice(0, entries.length - 1));
  });
});

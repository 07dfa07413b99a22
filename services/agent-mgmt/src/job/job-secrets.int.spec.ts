/** A job's sensitive inputs: where they are never seen, and how long they are there. */
import { createJob, InstallerId, readJob, readJobLog, retryJob, subjects, type RunJob } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { sql } from 'kysely';
import { describe, expect } from 'vitest';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, type World } from '../testing/world.ts';

const SECRET = 'hunter-2-"quoted"-secret';

const running = async (world: World, env: NodeJS.ProcessEnv = {}): Promise<{ agent: TestAgent; command: RunJob }> => {
  await world.start(env);
  const agent = await world.connect();
  await world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: { admin_password: SECRET }, priority: 'normal' });
  const command = await eventually(() => {
    const found = agent.received.find((received) => received.type === 'run-job');
    expect(found).toBeDefined();
    return found as RunJob;
  });
  expect(agent.secretsOf(command)).toEqual({ admin_password: SECRET });
  await agent.started(command);
  return { agent, command };
};
const textOf = async (world: World, { jobId }: RunJob) => {
  const log = await world.ask(readJobLog, { jobId, after: 0, limit: 500 });
  return { text: log.entries.map(({ text }) => text).join(''), complete: log.complete };
};
const keyOf = (world: World, { jobId }: RunJob) => world.db.selectFrom('job_keys').select('job_id').where('job_id', '=', jobId).executeTakeFirst();

describe('what an agent sends in clear', () => {
  // The two halves come as one answer: only what is stored together is masked as one text.
  test.for([{ arrives: [1, 4, 5, 6], of: 'some of it' }, { arrives: [], of: 'nothing of it' }])('T211. is masked before it is stored; the log and the audit say so, where $of came by itself', async ({ arrives }, { world }) => {
    const { agent, command } = await running(world);
    const audited: string[] = [];
    world.nats.subscribe(subjects.audit('agent-mgmt'), { callback: (_, message) => void audited.push(message.string()) });
    const texts = ['the password is ', SECRET.slice(0, 9), `${SECRET.slice(9)}\n`, `as JSON ${JSON.stringify(SECRET)}\n`, `as base64 ${Buffer.from(`xy${SECRET}z`).toString('base64')}\n`, 'the end\n'];
    agent.output(command, texts, arrives);
    await agent.finished(command, { outcome: 'failed', exitCode: 1, texts });
    const text = await eventually(async () => {
      const log = await textOf(world, command);
      expect(log.complete).toBe(true);
      return log.text;
    }, { timeoutMs: 30_000 });
    expect(text).toContain('the end');
    expect(text).toContain('The agent sent a secret of this job in clear.');
    await eventually(() => expect(audited.map((entry) => JSON.parse(entry) as unknown)).toMatchObject([{ action: 'job.secret_in_clear', actor: { kind: 'agent', id: agent.id } }]));
    expect(audited.join()).not.toContain('hunter');
    const rows = JSON.stringify(await world.db.selectFrom('job_log').selectAll().execute());
    for (const part of ['hunter', 'quoted', Buffer.from(SECRET).toString('base64').slice(2, 12)]) expect(text + rows).not.toContain(part);
  });

  test('as a value that is handed on is masked too', async ({ world }) => {
    const { agent, command } = await running(world);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, outputs: { URL: 'http://10.0.0.7:8080/', NOTE: `log in with ${SECRET}` } });
    await eventually(async () => expect(await world.ask(readJob, { jobId: command.jobId })).toMatchObject({ status: 'succeeded', outputs: { URL: 'http://10.0.0.7:8080/', NOTE: 'log in with ********' } }));
  });

  test('as a reason is masked too', async ({ world }) => {
    const { agent, command } = await running(world);
    await agent.refuses({ code: 'audience.wrong', reason: `said ${SECRET}`, jobId: command.jobId, attempt: 1 });
    await agent.finished(command, { outcome: 'failed', exitCode: null, reason: `broken by ${SECRET}` });
    await eventually(async () => expect(await world.ask(readJob, { jobId: command.jobId })).toMatchObject({ status: 'failed', reason: 'broken by ********' }));
  });
});

describe("a job's key", () => {
  test('T804. is destroyed when the job has succeeded and its log is whole', async ({ world }) => {
    const { agent, command } = await running(world);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts: ['done\n'] });
    expect(await keyOf(world, command)).toBeDefined();
    agent.output(command, ['done\n']);
    await eventually(async () => expect(await keyOf(world, command)).toBeUndefined(), { timeoutMs: 30_000 });
  });

  test('is kept while the read models do not show its job yet', async ({ world }) => {
    const first = await world.start();
    const agent = await world.absent();
    const jobId = newJobId();
    await world.ask(createJob, { jobId, serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: { admin_password: SECRET }, priority: 'normal', waitMinutes: 43_200 });
    await world.stop(first);
    // As when the read models are replayed: the job has waited for two days, and its row comes late.
    await sql`update job_keys set created_at = now() - interval '2 days'`.execute(world.db);
    await sql`delete from jobs`.execute(world.db);
    await sql`update checkpoints set position = 0 where consumer = 'jobs'`.execute(world.db);
    await sql`insert into consumer_pauses (consumer, reason) values ('jobs', 'a test')`.execute(world.db);
    const second = await world.start();
    await sql`delete from consumer_pauses where consumer = 'jobs'`.execute(world.db);
    await eventually(async () => expect(await world.ask(readJob, { jobId })).toMatchObject({ status: 'queued' }), { timeoutMs: 30_000 });
    // Also the last turn of everything that goes on has had its say.
    await world.stop(second);
    expect(await world.db.selectFrom('job_keys').select('job_id').where('job_id', '=', jobId).executeTakeFirst()).toBeDefined();
  });

  test('is kept while the job may be tried again with the same inputs', async ({ world }) => {
    const { agent, command } = await running(world);
    await agent.finished(command, { outcome: 'failed', exitCode: 1 });
    await eventually(async () => expect((await textOf(world, command)).complete).toBe(true), { timeoutMs: 30_000 });
    const received = agent.received.length;
    await world.ask(retryJob, { jobId: command.jobId, newJobId: newJobId() });
    const again = await eventually(() => {
      const found = agent.received.slice(received).find(({ type }) => type === 'run-job');
      expect(found).toBeDefined();
      return found as RunJob;
    });
    expect(agent.secretsOf(again)).toEqual({ admin_password: SECRET });
  });

  test('goes after its time, and then nobody can try the job again, in words', async ({ world }) => {
    const { agent, command } = await running(world, { CITRUS_JOB_SECRETS_KEPT_DAYS: '0' });
    await agent.finished(command, { outcome: 'failed', exitCode: 1 });
    await eventually(async () => expect(await keyOf(world, command)).toBeUndefined(), { timeoutMs: 30_000 });
    await expect(world.ask(retryJob, { jobId: command.jobId, newJobId: newJobId() })).rejects.toThrow('Create a new job and give them again.');
  });
});

/** What must hold although processes die, agents go silent and several replicas work side by side. */
import { cancelJob, createJob, InstallerId, readJob, readJobLog, type AgentCommand, type Job, type RunJob } from '@citrus/contracts';
import { openEventStore, openPool, rebuildReadModel } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { agentsProjection } from '../agent/agent.projection.ts';
import { bundleReplica, startReplica } from '../testing/replica-process.ts';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, WEB_MANIFEST, type World } from '../testing/world.ts';
import { jobsProjection } from './job.projection.ts';

const create = (world: World, agent: TestAgent, more: object = {}): Promise<Job> =>
  world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal', ...more });
const read = (world: World, { id }: Pick<Job, 'id'>): Promise<Job> => world.ask(readJob, { jobId: id });
const isNow = (world: World, job: Job, status: Job['status']) => eventually(async () => expect((await read(world, job)).status).toBe(status));
const runsOf = (agent: TestAgent): RunJob[] => agent.received.filter((command) => command.type === 'run-job');
const firstRun = (agent: TestAgent): Promise<RunJob> =>
  eventually(() => {
    const [command] = runsOf(agent);
    expect(command).toBeDefined();
    return command!;
  });

describe('a replica that dies', () => {
  test('between its claim and the dispatch leaves the claim to another one', async ({ world }) => {
    const replica = await world.start();
    const agent = await world.absent();
    const job = await create(world, agent);
    await world.stop(replica);
    const leaseUntil = new Date(Date.now() + 60_000);
    await world.db.insertInto('leases').values({ agent_id: agent.id, job_id: job.id, attempt: 1, lease_until: leaseUntil, check_at: new Date() }).execute();
    await world.start();
    await isNow(world, job, 'dispatched');
    expect(await agent.hello()).toMatchObject([{ type: 'run-job', jobId: job.id, attempt: 1 }]);
  });

  test('with an attempt under way loses nothing of it', async ({ world }) => {
    const replica = await world.start();
    const agent = await world.connect();
    const job = await create(world, agent);
    const command = await firstRun(agent);
    await agent.started(command);
    await world.stop(replica);
    agent.output(command, ['while ', 'nobody ', 'listened']);
    await world.start();
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts: ['while ', 'nobody ', 'listened'] });
    await eventually(async () => {
      const log = await world.ask(readJobLog, { jobId: job.id, after: 0, limit: 10 });
      expect([log.complete, log.entries.map(({ text }) => text).join('')]).toEqual([true, 'while nobody listened']);
    });
    expect(await read(world, job)).toMatchObject({ status: 'succeeded', attempt: 1 });
    // The same command may have been brought again.
    expect(new Set(runsOf(agent).map(({ commandId }) => commandId))).toHaveProperty('size', 1);
  });
});

describe('an agent that goes silent', () => {
  test('loses its attempt, which is not repeated', async ({ world }) => {
    await world.start({ CITRUS_JOB_LEASE_MS: '5000' });
    const agent = await world.connect();
    const job = await create(world, agent);
    const command = await firstRun(agent);
    await agent.started(command);
    await eventually(async () => expect(await world.db.selectFrom('leases').selectAll().execute()).toHaveLength(1));
    agent.disconnect();
    await isNow(world, job, 'lost');
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0 });
    expect(await read(world, job)).toMatchObject({ status: 'lost', reason: expect.stringContaining('went silent') });
  });

  test('has an idempotent job tried again', async ({ world }) => {
    await world.install('web', { 'manifest.yml': `${WEB_MANIFEST}idempotent: true\n` });
    await world.start({ CITRUS_JOB_LEASE_MS: '1500' });
    const agent = await world.connect();
    const job = await create(world, agent);
    await agent.started(await firstRun(agent));
    agent.disconnect();
    // It was queued before its first attempt, too.
    await eventually(async () => expect(await read(world, job)).toMatchObject({ status: 'queued', attempt: 1, reason: expect.stringContaining('Trying again in 10 s') }));
  });

  test('keeps its attempt while it beats, however long that takes', async ({ world }) => {
    await world.start({ CITRUS_JOB_LEASE_MS: '5000' });
    const agent = await world.connect();
    const job = await create(world, agent);
    const command = await firstRun(agent);
    await agent.started(command);
    const [lease] = await world.db.selectFrom('leases').selectAll().execute();
    await eventually(async () => (await world.db.selectFrom('leases').selectAll().executeTakeFirstOrThrow()).lease_until.getTime() > lease!.lease_until.getTime() + 6000);
    await isNow(world, job, 'running');
  });
});

describe('a replica that stands still', () => {
  test('for longer than a lease takes in the beats that waited before it calls an attempt lost', { timeout: 120_000 }, async ({ world, onTestFinished }) => {
    const replica = startReplica(await bundleReplica(), { ...world.env, CITRUS_JOB_LEASE_MS: '5000' });
    onTestFinished(() => replica.kill());
    const agent = await world.connect();
    const job = await create(world, agent);
    await agent.started(await firstRun(agent));
    await isNow(world, job, 'running');
    const leaseUntil = async () => (await world.db.selectFrom('leases').selectAll().executeTakeFirstOrThrow()).lease_until.getTime();
    replica.standStill();
    await eventually(async () => (await leaseUntil()) < Date.now() - 1000);
    replica.goOn();
    await eventually(async () => (await leaseUntil()) > Date.now());
    expect(await read(world, job)).toMatchObject({ status: 'running', attempt: 1 });
  });
});

describe('a broker that dies and comes back', () => {
  test('costs no attempt its lease, and no output', async ({ world, nats }) => {
    world.patienceMs = 5000;
    // Long enough that a busy machine does not let it run out before the broker dies.
    await world.start({ CITRUS_JOB_LEASE_MS: '10000' });
    const agent = await world.connect();
    const job = await create(world, agent);
    const command = await firstRun(agent);
    await agent.started(command);
    const texts = ['before\n', 'after\n'];
    agent.output(command, texts, [1]);
    await world.nats.flush();
    await nats.kill();
    await eventually(async () => (await world.db.selectFrom('leases').selectAll().executeTakeFirstOrThrow()).lease_until.getTime() < Date.now() - 1000);
    await nats.restart();
    await eventually(async () => (await world.db.selectFrom('leases').selectAll().executeTakeFirstOrThrow()).lease_until.getTime() > Date.now());
    await eventually(async () => expect(await read(world, job)).toMatchObject({ status: 'running', attempt: 1 }));
    agent.output(command, texts, [2]);
    await eventually(() => agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts }));
    await eventually(async () => {
      const log = await world.ask(readJobLog, { jobId: job.id, after: 0, limit: 10 });
      expect([log.complete, log.entries.map(({ text }) => text)]).toEqual([true, texts]);
    });
    expect(await read(world, job)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });
});

describe('two replicas', () => {
  test('give every agent one job at a time, urgent ones first, and lose none', async ({ world }) => {
    await world.start();
    await world.start();
    const agents = [await world.connect(), await world.connect(), await world.connect()];
    const order = new Map<TestAgent, string[]>(agents.map((agent) => [agent, []]));
    const jobs: Job[] = [];
    const taken = new Set<string>();
    for (const agent of agents) {
      const work = async (command: RunJob) => {
        if (taken.has(command.commandId)) return;
        taken.add(command.commandId);
        expect(agent.running, 'a second job while one runs').toBeNull();
        order.get(agent)!.push(command.jobId);
        await eventually(() => agent.started(command));
        agent.output(command, [`${command.jobId}\n`]);
        await eventually(() => agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts: [`${command.jobId}\n`] }));
      };
      agent.answer = (command: AgentCommand) => {
        if (command.type === 'run-job') void work(command);
        return { outcome: 'accepted' };
      };
    }
    const [busy] = agents;
    for (const priority of ['low', 'normal', 'high', 'critical'] as const) for (const agent of agents) jobs.push(await create(world, agent, { priority }));
    await Promise.all(jobs.map((job) => isNow(world, job, 'succeeded')));
    expect([...order.values()].flat().length).toBe(jobs.length);
    const own = jobs.filter(({ serverId }) => serverId === busy!.serverId);
    expect(new Set(order.get(busy!))).toEqual(new Set(own.map(({ id }) => id)));
  });

  test('queue for an agent that is away: it gets the most urgent, then the oldest', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const low = await create(world, agent, { priority: 'low' });
    const older = await create(world, agent);
    const newer = await create(world, agent);
    const critical = await create(world, agent, { priority: 'critical' });
    const got: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const [command] = (await agent.hello()) as RunJob[];
      got.push(command!.jobId);
      await agent.finished(command!, { outcome: 'succeeded', exitCode: 0 });
      await isNow(world, { id: command!.jobId } as Job, 'succeeded');
    }
    expect(got).toEqual([critical.id, older.id, newer.id, low.id]);
  });
});

test('a rebuilt read model has the same rows', async ({ world, database }) => {
  const replica = await world.start();
  const agent = await world.connect();
  await agent.finished(await create(world, agent).then(() => firstRun(agent)), { outcome: 'failed', exitCode: 2 });
  const cancelled = await create(world, agent);
  await world.ask(cancelJob, { jobId: cancelled.id });
  await world.stop(replica);
  const rows = async () => [await world.db.selectFrom('jobs').selectAll().orderBy('job_id').execute(), await world.db.selectFrom('agents').selectAll().orderBy('agent_id').execute()];
  const before = await rows();
  const pool = openPool({ databaseUrl: database.serviceUrl, max: 4 });
  const store = openEventStore({ pool, service: 'agent-mgmt' });
  for (const fold of [jobsProjection, agentsProjection]) await rebuildReadModel({ db: world.db, pool, store, fold });
  await pool.end();
  expect(await rows()).toEqual(before);
});

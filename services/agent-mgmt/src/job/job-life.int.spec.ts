import { createJob, InstallerId, jobChangedSubject, listInstallers, readBundle, readJob, readJobLog, reloadInstallers, reportJobFinished, cancelJob, retryJob, listJobs, subjects, type Job, type RunJob } from '@citrus/contracts';
import { sha256Digest } from '@citrus/kit-crypto';
import { Forbidden, NotFound, Refusal } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import { digestOf, newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, WEB_MANIFEST, type World } from '../testing/world.ts';

const web = InstallerId.parse('web');
const create = (world: World, agent: TestAgent, more: object = {}): Promise<Job> =>
  world.ask(createJob, { jobId: newJobId(), serverId: agent.serverId, installer: web, action: 'install', inputs: {}, priority: 'normal', ...more });
const read = (world: World, { id }: Job): Promise<Job> => world.ask(readJob, { jobId: id });
const isNow = (world: World, job: Job, status: Job['status']) => eventually(async () => expect((await read(world, job)).status).toBe(status));
const commandFor = (agent: TestAgent, job: Job): Promise<RunJob> =>
  eventually(() => {
    const command = agent.received.find((received) => received.type === 'run-job' && received.jobId === job.id);
    expect(command).toBeDefined();
    return command as RunJob;
  });
const wholeLog = (world: World, job: Job) =>
  eventually(async () => {
    const log = await world.ask(readJobLog, { jobId: job.id, after: 0, limit: 500 });
    expect(log.complete).toBe(true);
    return log.entries;
  });

describe('a job', () => {
  test('goes from a request to a result with its whole log', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const texts = ['one\n', 'two\n', 'three\n'];
    const job = await create(world, agent, { inputs: { port: '9090', admin_password: 'hunter22' } });
    expect(job).toMatchObject({ status: 'queued', inputs: { port: 9090 }, attempt: 0, serverId: agent.serverId, agentId: agent.id });
    const told: string[] = [];
    world.nats.subscribe(jobChangedSubject(job.id), { callback: (_, message) => void told.push(message.subject) });
    agent.connect();

    const command = await commandFor(agent, job);
    expect(command).toMatchObject({ attempt: 1, installer: 'web', action: 'install', inputs: { port: 9090 }, timeoutSeconds: 1800 });
    expect(agent.secretsOf(command)).toEqual({ admin_password: 'hunter22' });
    const { base64 } = await world.call(readBundle, { digest: command.installerDigest });
    expect(sha256Digest(Buffer.from(base64, 'base64'))).toBe(command.installerDigest);

    await agent.started(command);
    await isNow(world, job, 'running');
    agent.output(command, texts);
    await agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts });
    await isNow(world, job, 'succeeded');
    const entries = await wholeLog(world, job);
    expect(entries.map(({ text }) => text)).toEqual(texts);
    expect(entries.map(({ cursor }) => cursor)).toEqual([1, 2, 3]);
    expect(told.length).toBeGreaterThan(0);
    const everything = JSON.stringify([await world.db.selectFrom('jobs').selectAll().execute(), await world.db.selectFrom('job_keys').selectAll().execute()]);
    expect(everything).not.toContain('hunter22');
  });

  test('is created once, however often the call is repeated', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const jobId = newJobId();
    const [first, second] = await Promise.all([create(world, agent, { jobId }), create(world, agent, { jobId })]);
    expect(second.id).toBe(first.id);
    await expect(create(world, agent, { jobId, action: 'install', serverId: newId() })).rejects.toMatchObject({ code: 'idempotency.reused' });
    expect((await world.ask(listJobs, { limit: 10 })).items).toHaveLength(1);
  });

  test('is not what another request gets that has its id', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const jobId = newJobId();
    const inputs = { port: 9090, admin_password: 'hunter22' };
    const job = await create(world, agent, { jobId, inputs });
    expect((await create(world, agent, { jobId, inputs: { ...inputs, port: '9090' } })).id).toBe(job.id);
    for (const other of [{}, { ...inputs, port: 9091 }, { ...inputs, admin_password: 'hunter23' }, { port: 9090 }]) {
      await expect(create(world, agent, { jobId, inputs: other }), JSON.stringify(other)).rejects.toMatchObject({ code: 'idempotency.reused' });
    }
    await expect(create(world, agent, { jobId, inputs, priority: 'high' })).rejects.toMatchObject({ code: 'idempotency.reused' });
    await world.install('web', { 'manifest.yml': WEB_MANIFEST.replace('default: 8080', 'default: 8081') });
    await world.askAny(reloadInstallers);
    expect((await create(world, agent, { jobId, inputs })).id).toBe(job.id);
  });

  test('is one of two that were asked for at the same moment with one id; the other is refused', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const jobId = newJobId();
    const answers = await Promise.allSettled([9090, 9091].map((port) => create(world, agent, { jobId, inputs: { port, admin_password: 'hunter22' } })));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(answers).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code: 'idempotency.reused' }) });
  });

  test('that cannot run is refused in words that say what to do', async ({ world }) => {
    await world.install('machine', { 'manifest.yml': WEB_MANIFEST.replace('id: web', 'id: machine').replace('portable: true', 'portable: false'), 'install.sh': '#!/bin/bash\n' });
    await world.install('broken', { 'manifest.yml': 'id: broken\nnmae: x\n' });
    await world.start();
    const agent = await world.connect();
    const refusal = async (more: object) => await create(world, agent, more).then(() => undefined, (error: unknown) => error);
    expect(await refusal({ installer: 'nothing' })).toMatchObject({ code: 'installer.unknown', message: expect.stringContaining('There is no installer "nothing"') });
    expect(await refusal({ installer: 'broken' })).toMatchObject({ code: 'installer.unknown', message: expect.stringContaining('manifest.yml line 2') });
    expect(await refusal({ action: 'backup' })).toMatchObject({ code: 'action.not_offered', message: expect.stringContaining('offers: install') });
    expect(await refusal({ inputs: { port: 'x', nope: 1 } })).toMatchObject({ code: 'inputs.invalid', fields: [{ path: 'inputs.nope' }, { path: 'inputs.port', message: 'must be a whole number' }] });
    expect(await refusal({ serverId: newId() })).toBeInstanceOf(NotFound);
    const quiet = await world.enrol();
    await eventually(async () => expect(await create(world, quiet).catch((error: unknown) => error)).toMatchObject({ code: 'server.not_ready' }));
    agent.facts = { ...agent.facts, systemd: false };
    await agent.hello();
    await eventually(async () => expect(await refusal({ installer: 'machine' })).toMatchObject({ code: 'requirements.unmet' }));
    expect(await refusal({})).toBeUndefined();
    // Its command is not left on its way.
    await eventually(() => expect(agent.received).not.toEqual([]));
  });

  test('waits for an agent that is away and comes with its hello, each time as the same command', async ({ world }) => {
    await world.start();
    const agent = await world.absent();
    const job = await create(world, agent);
    expect(job.reason).toBe('Waiting for the server to come online.');
    const [first] = await agent.hello();
    const [again] = await agent.hello();
    expect(first).toMatchObject({ type: 'run-job', jobId: job.id, attempt: 1 });
    expect(again?.commandId).toBe(first?.commandId);
    await isNow(world, job, 'dispatched');
    await agent.started(first as RunJob);
    expect(await agent.hello()).toEqual([]);
    await agent.finished(first as RunJob, { outcome: 'succeeded', exitCode: 0 });
    await isNow(world, job, 'succeeded');
    expect(await wholeLog(world, job)).toEqual([]);
  });

  test('is cancelled: at once while it waits, and when the agent confirms while it runs', async ({ world }) => {
    await world.start();
    const agent = await world.connect();
    const running = await create(world, agent);
    const waiting = await create(world, agent);
    const command = await commandFor(agent, running);
    await agent.started(command);
    expect(await world.ask(cancelJob, { jobId: waiting.id })).toMatchObject({ status: 'cancelled' });
    expect(await world.ask(cancelJob, { jobId: running.id })).toMatchObject({ status: 'cancelling' });
    await eventually(() => expect(agent.received).toContainEqual(expect.objectContaining({ type: 'cancel-job', jobId: running.id, attempt: 1 })));
    expect(await agent.hello()).toMatchObject([{ type: 'cancel-job' }]);
    await agent.finished(command, { outcome: 'cancelled', exitCode: null });
    await isNow(world, running, 'cancelled');
    await expect(world.ask(cancelJob, { jobId: running.id })).resolves.toMatchObject({ status: 'cancelled' });
    const again = await world.ask(retryJob, { jobId: waiting.id, newJobId: newJobId() });
    await agent.finished(await commandFor(agent, again), { outcome: 'succeeded', exitCode: 0 });
    await isNow(world, again, 'succeeded');
    await expect(world.ask(cancelJob, { jobId: again.id })).rejects.toMatchObject({ code: 'job.finished' });
  });

  test('that the agent refuses has failed with the agent\'s reason', async ({ world }) => {
    await world.start();
    const agent = await world.connect();
    agent.answer = () => ({ outcome: 'refused', code: 'clock.skewed', reason: 'the clock is off by an hour' });
    const job = await create(world, agent);
    await isNow(world, job, 'failed');
    expect((await read(world, job)).reason).toContain('the clock is off by an hour');
    expect(await wholeLog(world, job)).toEqual([]);
  });

  test('whose installation failed waits for its next try, with the reason', async ({ world }) => {
    await world.start();
    const agent = await world.connect();
    const job = await create(world, agent);
    const command = await commandFor(agent, job);
    await agent.finished(command, { outcome: 'failed', exitCode: 2 });
    await agent.finished(command, { outcome: 'failed', exitCode: 2 });
    await eventually(async () => expect(await read(world, job)).toMatchObject({ status: 'queued', attempt: 1, exitCode: 2, reason: expect.stringContaining('Trying again in 10 s') }));
  });

  test('belongs to its agent: another one cannot report it', async ({ world }) => {
    await world.start();
    const [agent, stranger] = [await world.connect(), await world.connect()];
    const audited: string[] = [];
    world.nats.subscribe(subjects.audit('agent-mgmt'), { callback: (_, message) => void audited.push(message.string()) });
    const command = await commandFor(agent, await create(world, agent));
    await expect(stranger.finished(command, { outcome: 'succeeded', exitCode: 0 })).rejects.toBeInstanceOf(Forbidden);
    const posing = { agentId: agent.id, sentAt: new Date().toISOString(), jobId: command.jobId, attempt: 1, outcome: 'succeeded' as const, exitCode: 0, logChunks: 0, logDigest: digestOf([]), at: new Date().toISOString() };
    await expect(world.call(reportJobFinished, posing, { subject: subjects.agent.report(stranger.id, 'job-finished') })).rejects.toThrow();
    await eventually(() => expect(audited.filter((entry) => entry.includes(stranger.id)).length).toBeGreaterThanOrEqual(2));
    await isNow(world, { id: command.jobId } as Job, 'dispatched');
  });

  test('ends with its server', async ({ world }) => {
    await world.start();
    const agent = await world.connect();
    const running = await create(world, agent, { inputs: { admin_password: 'hunter22' } });
    await agent.started(await commandFor(agent, running));
    const waiting = await create(world, agent);
    await world.logs.provisioning.say(`server-${agent.serverId}`, 'DeletionRequested', { serverId: agent.serverId, at: new Date().toISOString() });
    await isNow(world, waiting, 'cancelled');
    await isNow(world, running, 'cancelling');
    await expect(create(world, agent)).rejects.toBeInstanceOf(Refusal);
    await world.logs.provisioning.say(`server-${agent.serverId}`, 'ServerDeleted', { serverId: agent.serverId, at: new Date().toISOString() });
    await isNow(world, running, 'failed');
    await eventually(async () => expect((await world.db.selectFrom('agents').select('status').execute())[0]).toEqual({ status: 'retired' }));
    await eventually(async () => expect(await world.db.selectFrom('job_keys').selectAll().execute()).toEqual([]));
  });
});

describe('the installers', () => {
  test('are reloaded as a whole on every replica, and a queued job keeps its bundle', async ({ world }) => {
    await world.start();
    await world.start();
    const agent = await world.connect();
    const { items: [before] } = await world.askAny(listInstallers);
    await world.install('web', { 'install.sh': '#!/bin/bash\necho new\n' });
    await world.install('bad', { 'manifest.yml': 'id: bad\nnmae: x\n' });
    await world.askAny(reloadInstallers);
    for (let asked = 0; asked < 20; asked += 1) {
      await eventually(async () => {
        const { items, refused } = await world.askAny(listInstallers);
        expect(items.map(({ digest }) => digest)).not.toContain(before?.digest);
        expect(refused).toContainEqual(expect.objectContaining({ folder: 'bad', file: 'manifest.yml', line: 2 }));
      });
    }
    expect((await world.call(readBundle, { digest: before!.digest })).base64).not.toBe('');
    expect(agent.received).toEqual([]);
  });
});

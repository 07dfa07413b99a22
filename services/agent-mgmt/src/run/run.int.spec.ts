import { abortRun, createRun, InstallerId, listJobs, listRuns, listRunServers, pauseRun, planRun, readRun, reloadInstallers, resumeRun, retryRun, RunId, RunStrategy, type Run, type RunJob, type RunServer } from '@citrus/contracts';
import { internalScope, NotFound, Refusal } from '@citrus/kit-domain';
import { newId, openEventStore, openPool } from '@citrus/kit-event-store';
import { eventually } from '@citrus/kit-testing';
import { describe, expect } from 'vitest';
import type { TestAgent } from '../testing/test-agent.ts';
import { RunStore } from './run.store.ts';
import { test, WEB_MANIFEST, type World } from '../testing/world.ts';

const web = InstallerId.parse('web');
const newRunId = () => RunId.parse(newId());
const wantedOf = (agents: readonly TestAgent[]) => ({ installer: web, action: 'install', inputs: { admin_password: 'hunter22' }, priority: 'normal', filter: '*', serverIds: agents.map(({ serverId }) => serverId) });
const create = (world: World, agents: readonly TestAgent[], more: { strategy?: object; runId?: RunId } = {}): Promise<Run> =>
  world.ask(createRun, { runId: newRunId(), ...wantedOf(agents), ...more, strategy: RunStrategy.parse(more.strategy ?? {}) });
const read = (world: World, { id }: Run): Promise<Run> => world.ask(readRun, { runId: id });
const serversOf = async (world: World, { id }: Run): Promise<RunServer[]> => (await world.ask(listRunServers, { runId: id, limit: 200 })).items;
const isNow = (world: World, run: Run, wanted: object) => eventually(async () => expect(await read(world, run)).toMatchObject(wanted), { timeoutMs: 30_000 });

/** The next command that the agent has not ended yet. */
const commandOf = (agent: TestAgent, nth = 1): Promise<RunJob> =>
  eventually(() => {
    const commands = agent.received.filter((received) => received.type === 'run-job').filter(({ commandId }, index, all) => all.findIndex((other) => other.commandId === commandId) === index);
    expect(commands.length).toBeGreaterThanOrEqual(nth);
    return commands[nth - 1] as RunJob;
  }, { timeoutMs: 30_000 });
const ends = async (agent: TestAgent, exitCode: number, nth = 1): Promise<RunJob> => {
  const command = await commandOf(agent, nth);
  await agent.started(command);
  await agent.finished(command, { outcome: exitCode === 0 ? 'succeeded' : 'failed', exitCode });
  return command;
};
const agentsOf = (world: World, count: number) => Promise.all(Array.from({ length: count }, () => world.connect()));

describe('a run', () => {
  test('goes over its servers wave by wave, with the inputs that were given', async ({ world }) => {
    await world.start();
    const agents = await agentsOf(world, 4);
    const [first, ...others] = agents as [TestAgent, ...TestAgent[]];
    const run = await create(world, agents, { strategy: { waves: ['1'] } });
    expect(run).toMatchObject({ status: 'running', servers: 4 });
    await isNow(world, run, { score: { running: 1, 'not-started': 3 } });
    for (const agent of others) expect(agent.received.filter(({ type }) => type === 'run-job')).toEqual([]);
    const command = await ends(first, 0);
    expect(first.secretsOf(command)).toEqual({ admin_password: 'hunter22' });
    await Promise.all(others.map((agent) => ends(agent, 0)));
    await isNow(world, run, { status: 'succeeded', score: { succeeded: 4, 'not-started': 0 } });
    expect((await serversOf(world, run)).map(({ serverId, outcome }) => [serverId, outcome])).toEqual(agents.map(({ serverId }) => [serverId, 'succeeded']));
    const everything = JSON.stringify([await world.db.selectFrom('runs').selectAll().execute(), await world.db.selectFrom('jobs').selectAll().execute()]);
    expect(everything).not.toContain('hunter22');
  });

  test('stops when too many have failed, and goes on, or tries the others again', async ({ world }) => {
    await world.start();
    const agents = await agentsOf(world, 3);
    const [first, second, third] = agents as [TestAgent, TestAgent, TestAgent];
    const run = await create(world, agents, { strategy: { waves: ['1', '2'] } });
    await ends(first, 1);
    await isNow(world, run, { status: 'paused', reason: expect.stringMatching(/^1 server has failed, and 0 may\./), score: { failed: 1, 'not-started': 2 } });
    await expect(world.ask(retryRun, { runId: run.id, newRunId: newRunId() })).rejects.toMatchObject({ code: 'run.not_finished' });
    await world.ask(resumeRun, { runId: run.id });
    await ends(second, 0);
    await commandOf(third);
    await world.ask(abortRun, { runId: run.id, cancelRunning: false });
    await ends(third, 1);
    await isNow(world, run, { status: 'aborted', score: { succeeded: 1, failed: 2 } });

    const again = await world.ask(retryRun, { runId: run.id, newRunId: newRunId() });
    expect(again).toMatchObject({ servers: 2, retryOf: run.id, filter: '*' });
    expect(first.secretsOf(await ends(first, 0, 2))).toEqual({ admin_password: 'hunter22' });
    await ends(third, 0, 2);
    await isNow(world, again, { status: 'succeeded', score: { succeeded: 2 } });
    await expect(world.ask(retryRun, { runId: again.id, newRunId: newRunId() })).rejects.toMatchObject({ code: 'run.nothing_to_retry' });
  });

  test('says who cannot be begun, before and after', async ({ world }) => {
    await world.start();
    const [good, doomed] = [await world.connect(), await world.enrol()];
    await world.logs.provisioning.say(`server-${doomed.serverId}`, 'DeletionRequested', { serverId: doomed.serverId, at: new Date().toISOString() });
    const plan = { installer: web, action: 'install', inputs: {}, serverIds: [good.serverId, doomed.serverId], strategy: RunStrategy.parse({ waves: [], maxFailures: '50%' }) };
    const refused = { serverId: doomed.serverId, code: 'server.deleted', passes: false, reason: expect.stringContaining('takes no more jobs') };
    await eventually(async () => expect(await world.ask(planRun, plan)).toEqual({ waves: [2], maxFailures: 1, refused: [refused] }), { timeoutMs: 30_000 });
    await expect(world.ask(planRun, { ...plan, inputs: { port: 'none' } })).rejects.toBeInstanceOf(Refusal);
    const run = await create(world, [good, doomed], { strategy: { waves: [], maxFailures: '50%' } });
    await ends(good, 0);
    await isNow(world, run, { status: 'failed', score: { succeeded: 1, refused: 1 } });
    expect((await serversOf(world, run))[1]).toMatchObject({ outcome: 'refused', jobId: null, waitsUntil: null, reason: expect.stringContaining('takes no more jobs') });
  });

  test('waits for servers that are still being made, whoever dies meanwhile, and no longer for what is deleted, aborted or too late', { timeout: 120_000 }, async ({ world, database, onTestFinished }) => {
    const dying = await world.start();
    const [unheard, silent, doomed] = [world.unheard(), await world.enrol(), await world.enrol()];
    const plan = { installer: web, action: 'install', inputs: {}, serverIds: [silent.serverId], strategy: RunStrategy.parse({}) };
    await eventually(async () => expect((await world.ask(planRun, plan)).refused).toEqual([{ serverId: silent.serverId, code: 'server.not_ready', passes: true, reason: expect.stringMatching(/^Waiting for the server to be active/) }]), { timeoutMs: 30_000 });
    const run = await create(world, [unheard, silent, doomed], { strategy: { waves: ['3'], maxFailures: '100%' } });
    const told = async () => (await serversOf(world, run)).map(({ outcome, reason, waitsUntil }) => [outcome, reason?.slice(0, 25), waitsUntil === null ? null : Math.round((Date.parse(waitsUntil) - Date.parse(run.createdAt)) / 60_000)]);
    const notReady = ['waiting', 'Waiting for the server to', 24 * 60];
    await eventually(async () => expect(await told()).toEqual([['waiting', 'Waiting to hear of this s', 10], notReady, notReady]), { timeoutMs: 30_000 });

    await world.logs.provisioning.say(`server-${doomed.serverId}`, 'DeletionRequested', { serverId: doomed.serverId, at: new Date().toISOString() });
    await eventually(async () => expect((await told())[2]?.[0]).toBe('refused'), { timeoutMs: 30_000 });
    await world.stop(dying);
    await Promise.all([world.start(), world.start()]);
    await world.enrol(unheard);
    await eventually(async () => expect(await told()).toEqual([notReady, notReady, ['refused', expect.any(String), null]]), { timeoutMs: 30_000 });
    for (const agent of [unheard, silent]) {
      await eventually(() => agent.hello(), { timeoutMs: 30_000 });
      agent.connect();
      await ends(agent, 0);
    }
    await isNow(world, run, { status: 'failed', score: { succeeded: 2, refused: 1 } });
    expect((await world.ask(listJobs, { limit: 50 })).items).toHaveLength(2);
    expect((await serversOf(world, run)).map(({ waitsUntil }) => waitsUntil)).toEqual([null, null, null]);

    const waits = await world.enrol();
    const given = await create(world, [waits]);
    await isNow(world, given, { score: { waiting: 1 } });
    await world.ask(abortRun, { runId: given.id });
    await isNow(world, given, { status: 'aborted', score: { refused: 1 } });

    // As if it had begun to wait a day ago, and nobody had been there since.
    const pool = openPool({ databaseUrl: database.serviceUrl, max: 1 });
    onTestFinished(() => pool.end());
    const [runId, dayAgo] = [newRunId(), new Date(Date.now() - 86_400_000).toISOString()];
    const held = { serverId: waits.serverId, code: 'server.not_ready', reason: 'Waiting.', until: new Date().toISOString() };
    const events = [
      { type: 'RunCreated', data: { runId, projectId: world.projectId, ...wantedOf([waits]), inputs: {}, sealedInputs: '', installerDigest: `sha256:${'a'.repeat(64)}`, strategy: RunStrategy.parse({}), at: dayAgo } },
      { type: 'RunAdvanced', data: { runId, upTo: 1, at: dayAgo } }, { type: 'RunServersHeld', data: { runId, servers: [held], at: dayAgo } },
    ];
    await openEventStore({ pool, service: 'agent-mgmt' }).append({ stream: `run-${runId}`, expected: 'none', events, context: { commandId: newId(), actor: { kind: 'service', id: 'test' }, correlationId: newId(), projectId: world.projectId } });
    await isNow(world, { ...given, id: runId }, { status: 'failed', score: { refused: 1 } });
    expect(await serversOf(world, { ...given, id: runId })).toMatchObject([{ outcome: 'refused', waitsUntil: null, reason: expect.stringContaining('This was waited for 24 hours.') }]);
  });

  test('waits for an installer that is being mended, whatever its fault says, and tells why in one plain line', { timeout: 120_000 }, async ({ world }) => {
    await world.start();
    const [first, second] = (await agentsOf(world, 2)) as [TestAgent, TestAgent];
    const run = await create(world, [first, second], { strategy: { waves: ['1'] } });
    await commandOf(first);
    await world.install('web', { 'manifest.yml': `${WEB_MANIFEST}"no\\0\\ud800\\e[31m\\n${'ü'.repeat(900)}": 1\n` });
    await world.askAny(reloadInstallers);
    await ends(first, 0);
    await eventually(async () => {
      const [, waits] = await serversOf(world, run);
      expect(waits).toMatchObject({ outcome: 'waiting', waitsUntil: expect.any(String), reason: expect.stringMatching(/^Waiting for the installer: The installer "web" has a fault and cannot be run: manifest\.yml line \d+: "no[ -~\ufffdü]*…/) });
      expect(waits?.reason?.length).toBeLessThan(1000);
    }, { timeoutMs: 30_000 });
    const asked = (isInstallerThere: boolean) => new RunStore(world.db).withoutJob(internalScope('a test'), run.id, { limit: 10, after: 0, now: { at: new Date(), isInstallerThere } });
    expect([await asked(false), await asked(true)], 'it is not asked again before there is news').toEqual([[], [{ serverId: second.serverId, place: 2 }]]);
    await world.install('web', { 'manifest.yml': WEB_MANIFEST });
    await world.askAny(reloadInstallers);
    await ends(second, 0);
    await isNow(world, run, { status: 'succeeded' });
  });

  test('is created once, goes on when its replica dies, and two replicas give nobody two jobs', async ({ world }) => {
    const dying = await world.start();
    const agents = await agentsOf(world, 3);
    const runId = newRunId();
    const [run, same] = await Promise.all([create(world, agents, { runId, strategy: { waves: ['1'] } }), create(world, agents, { runId, strategy: { waves: ['1'] } })]);
    expect(same.id).toBe(run.id);
    await expect(create(world, agents, { runId, strategy: { waves: ['2'] } })).rejects.toMatchObject({ code: 'idempotency.reused' });
    await expect(world.ask(createRun, { ...wantedOf(agents), runId, strategy: RunStrategy.parse({ waves: ['1'] }), inputs: { admin_password: 'another1' } })).rejects.toMatchObject({ code: 'idempotency.reused' });
    await commandOf(agents[0] as TestAgent);
    await world.stop(dying);
    await Promise.all([world.start(), world.start()]);
    await Promise.all(agents.map((agent) => ends(agent, 0)));
    await isNow(world, run, { status: 'succeeded', score: { succeeded: 3 } });
    expect((await world.ask(listJobs, { limit: 50 })).items).toHaveLength(3);

    // The answer was lost, and the installer is another one by now.
    await world.install('web', { 'install.sh': '#!/bin/bash\n# another\n' });
    await world.askAny(reloadInstallers);
    expect(await create(world, agents, { runId, strategy: { waves: ['1'] } })).toMatchObject({ id: runId, status: 'succeeded' });
    await expect(create(world, agents, { runId, strategy: { waves: ['2'] } })).rejects.toMatchObject({ code: 'idempotency.reused' });
  });

  test('of another project is not there, and a paused one begins nobody', async ({ world }) => {
    await world.start();
    const agents = await agentsOf(world, 2);
    await expect(world.ask(readRun, { runId: newRunId() })).rejects.toBeInstanceOf(NotFound);
    const run = await create(world, agents, { strategy: { waves: ['1'] } });
    await commandOf(agents[0] as TestAgent);
    expect(await world.ask(pauseRun, { runId: run.id })).toMatchObject({ status: 'paused' });
    await ends(agents[0] as TestAgent, 0);
    await isNow(world, run, { status: 'paused', score: { succeeded: 1, 'not-started': 1 } });
    await world.ask(abortRun, { runId: run.id });
    await isNow(world, run, { status: 'aborted', score: { succeeded: 1, 'not-started': 1 } });
    await world.db.updateTable('runs').set({ project_id: newId() }).where('run_id', '=', run.id).execute();
    for (const question of [readRun, listRunServers, resumeRun, abortRun]) await expect(world.ask(question as typeof readRun, { runId: run.id }), question.subject).rejects.toBeInstanceOf(NotFound);
    await expect(world.ask(retryRun, { runId: run.id, newRunId: newRunId() })).rejects.toBeInstanceOf(NotFound);
    expect((await world.ask(listRuns, { limit: 10 })).items).toEqual([]);
  });
});

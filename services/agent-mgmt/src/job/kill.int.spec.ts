import { createJob, InstallerId, readJobLog, type AgentCommand, type RunJob } from '@citrus/contracts';
import { eventually } from '@citrus/kit-testing';
import { expect } from 'vitest';
import { bundleReplica, startReplica } from '../testing/replica-process.ts';
import { newJobId, type TestAgent } from '../testing/test-agent.ts';
import { test, type World } from '../testing/world.ts';

const JOBS = 12;
const KILLS = 6;

/** Does each job once, reports until it is answered, as real agents do. */
const work = (agent: TestAgent, done: string[]) => {
  const taken = new Set<string>();
  const run = async (command: RunJob) => {
    const texts = [`${command.jobId} begins\n`, `${command.jobId} ends\n`];
    expect(agent.running, 'a second job while one runs').toBeNull();
    agent.running = command;
    await eventually(() => agent.started(command), { timeoutMs: 60_000 });
    agent.output(command, texts);
    await eventually(() => agent.finished(command, { outcome: 'succeeded', exitCode: 0, texts }), { timeoutMs: 60_000 });
    done.push(command.jobId);
  };
  agent.answer = (command: AgentCommand) => {
    if (command.type === 'run-job' && !taken.has(command.commandId)) {
      taken.add(command.commandId);
      void run(command);
    }
    return { outcome: 'accepted' };
  };
};

const ends = (world: World, jobId: string) =>
  eventually(async () => {
    const log = await world.ask(readJobLog, { jobId, after: 0, limit: 10 });
    expect([log.complete, log.entries.map(({ text }) => text)]).toEqual([true, [`${jobId} begins\n`, `${jobId} ends\n`]]);
  }, { timeoutMs: 60_000 });

test('two replicas that are killed again and again lose no job, run none twice and keep every log whole', { timeout: 150_000 }, async ({ world, onTestFinished }) => {
  world.patienceMs = 5000;
  const bundle = await bundleReplica();
  let replicas = [startReplica(bundle, world.env), startReplica(bundle, world.env)];
  onTestFinished(async () => void (await Promise.all(replicas.map((replica) => replica.kill()))));
  const agents = [await world.connect(), await world.connect()];
  const done: string[] = [];
  for (const agent of agents) work(agent, done);
  const jobIds = Array.from({ length: JOBS }, newJobId);
  const creating = Promise.all(jobIds.map((jobId, index) =>
    eventually(() => world.ask(createJob, { jobId, serverId: agents[index % agents.length]!.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' }), { timeoutMs: 60_000 })));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = done.length;
    await eventually(() => done.length > before || done.length === JOBS, { timeoutMs: 60_000 });
    const [victim, other] = replicas;
    await victim!.kill();
    replicas = [other!, startReplica(bundle, world.env)];
  }
  await creating;
  await Promise.all(jobIds.map((jobId) => ends(world, jobId)));
  // An agent whose last answer was lost with a replica still repeats its report when the log is already whole.
  await eventually(() => done.length >= JOBS, { timeoutMs: 60_000 });
  expect([...done].sort((a, b) => (a < b ? -1 : 1))).toEqual([...jobIds].sort((a, b) => (a < b ? -1 : 1)));
  const jobs = await world.db.selectFrom('jobs').select(['status', 'attempt']).execute();
  expect(new Set(jobs.map(({ status, attempt }) => `${status} ${attempt}`))).toEqual(new Set(['succeeded 1']));
});

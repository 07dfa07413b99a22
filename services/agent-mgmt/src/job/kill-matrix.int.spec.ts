/**
 * Every process, killed at every step of a job: the agent, agent-mgmt, NATS, PostgreSQL; beside it every report and every
 * piece of output comes twice and in the wrong order. One job a case, in an order by seed, all in one world.
 */
import { startPostgres, type EmbeddedPostgres } from '@citrus/kit-embedded';
import { createJob, InstallerId, readJob, readJobLog, type Job, type RunJob } from '@citrus/contracts';
import { eventually, freshDatabase, type TestDatabase } from '@citrus/kit-testing';
import { expect } from 'vitest';
import { AGENT_MGMT_DATABASE } from '../testing/database.ts';
import { KillableAgent } from '../testing/killable-agent.ts';
import { chanceOf } from '../testing/model/turns.ts';
import { bundleReplica, startReplica } from '../testing/replica-process.ts';
import { newJobId } from '../testing/test-agent.ts';
import { test as base, type World } from '../testing/world.ts';

const PATIENT = { timeoutMs: 60_000 };
const SEED = Number(process.env['CITRUS_SEED'] ?? 1);
const PROCESSES = ['agent', 'agent-mgmt', 'nats', 'postgres'] as const;
const STEPS = ['queued', 'taken', 'begun', 'at work', 'ended', 'told'] as const;
type Case = { readonly process: (typeof PROCESSES)[number]; readonly step: (typeof STEPS)[number] };

const test = base
  .extend('postgres', async ({}, { onCleanup }): Promise<EmbeddedPostgres> => {
    const postgres = await startPostgres();
    onCleanup(() => postgres.stop());
    return postgres;
  })
  .extend('database', async ({ postgres }): Promise<TestDatabase> => await freshDatabase(postgres.url, AGENT_MGMT_DATABASE));

const shuffled = <Item>(items: readonly Item[], chance: () => number): Item[] => items.map((item) => ({ item, at: chance() })).sort((a, b) => a.at - b.at).map(({ item }) => item);

/** A client that reads on after its cursor, whatever dies meanwhile. */
const startReader = (world: World, jobId: string) => {
  let [text, cursor, isOver] = ['', 0, false];
  const read = async (): Promise<void> => {
    while (!isOver) {
      const page = await eventually(() => world.ask(readJobLog, { jobId, after: cursor, limit: 2 }), PATIENT);
      text += page.entries.map((entry) => entry.text).join('');
      cursor = page.entries.at(-1)?.cursor ?? cursor;
      isOver = page.complete && page.entries.length === 0;
      if (page.entries.length === 0 && !isOver) await new Promise((resolve) => void setTimeout(resolve, 100));
    }
  };
  return read().then(() => text);
};

const storedText = async (world: World, jobId: string): Promise<string> => {
  const rows = await world.db.selectFrom('job_log').select(['attempt', 'seq', 'text']).where('job_id', '=', jobId).orderBy('attempt').orderBy('seq').execute();
  return rows.map((row) => row.text).join('');
};

test('whatever is killed at whichever step of a job, it runs once, ends for its true cause, and its log is whole', { timeout: 600_000 }, async ({ world, nats, postgres, onTestFinished }) => {
  world.patienceMs = 5000;
  const bundle = await bundleReplica();
  let replica = startReplica(bundle, world.env);
  onTestFinished(() => replica.kill());
  const agent = new KillableAgent(await world.connect());
  const kill: Record<Case['process'], () => Promise<void>> = {
    agent: () => agent.diesAndReturns(),
    'agent-mgmt': async () => {
      await replica.kill();
      replica = startReplica(bundle, world.env);
    },
    nats: async () => {
      await nats.kill();
      await nats.restart();
    },
    postgres: async () => {
      await postgres.kill();
      await postgres.restart();
    },
  };

  const run = async ({ process, step }: Case): Promise<void> => {
    const name = `${process} killed when ${step}`;
    const texts = [`${name}: one\n`, 'two\n', 'three\n'];
    const jobId = newJobId();
    const at = async (here: Case['step']): Promise<void> => (here === step ? await kill[process]() : undefined);
    const ask = { jobId, serverId: agent.wire.serverId, installer: InstallerId.parse('web'), action: 'install', inputs: {}, priority: 'normal' };
    await eventually(() => world.ask(createJob, ask), PATIENT);
    const reader = startReader(world, jobId);
    await at('queued');
    let command: RunJob = await agent.takes(jobId);
    await at('taken');
    if (agent.model.running === null && !agent.model.isBusy) command = await agent.takes(jobId);
    agent.step();
    await agent.tells();
    await at('begun');
    agent.speaks(command, texts, 1);
    if (agent.model.isBusy) agent.step();
    await at('at work');
    if (agent.model.isBusy) {
      agent.speaks(command, texts);
      agent.step();
    }
    await at('ended');
    await agent.tells();
    await at('told');
    // The command comes once more: it must not run again.
    agent.model.obey(command);
    await agent.tells();
    const isInterrupted = process === 'agent' && (step === 'begun' || step === 'at work');
    const ended = await eventually(async () => {
      const job: Job = await world.ask(readJob, { jobId });
      expect(['queued', 'dispatched', 'running'], name).not.toContain(job.status);
      return job;
    }, PATIENT);
    expect(ended, name).toMatchObject(isInterrupted ? { status: 'lost', attempt: 1 } : { status: 'succeeded', attempt: 1, exitCode: 0 });
    expect([...agent.model.executions].filter(([key]) => key.startsWith(jobId)), name).toEqual(process === 'agent' && step === 'begun' ? [] : [[`${jobId}/1`, 1]]);
    const seen = await reader;
    expect(seen, name).toBe((isInterrupted ? texts.slice(0, 1) : texts).join(''));
    expect(seen, name).toBe(await storedText(world, jobId));
  };

  const cases = PROCESSES.flatMap((process) => STEPS.map((step): Case => ({ process, step })));
  for (const each of shuffled(cases, chanceOf(SEED))) await run(each);
  const statuses = await world.db.selectFrom('jobs').select('status').execute();
  expect(statuses.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 2 }, () => 'lost'), ...Array.from({ length: cases.length - 2 }, () => 'succeeded')]);
  expect(await world.db.selectFrom('leases').selectAll().execute()).toEqual([]);
});

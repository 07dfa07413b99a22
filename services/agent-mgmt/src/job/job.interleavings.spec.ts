/**
 * The dispatcher, the handling of reports and the decider as they are, over rows and agents that are modelled, in
 * thousands of orders: replicas and agents die between any two steps, what is on the wire is lost, doubled and comes late,
 * leases run out, people cancel. A failure names its seed; run only that one with CITRUS_SEED.
 */
import { expect, test } from 'vitest';
import type { ModelAgent } from '../testing/model/model-agent.ts';
import { ModelWorld, type Weather } from '../testing/model/model-world.ts';
import { isEnded } from './job.decider.ts';
import type { JobEvent } from './job.events.ts';

const LIVES = 300;
const STEPS = 160;
const JOBS = 4;
const SEED = process.env['CITRUS_SEED'];

const ROUGH: Weather = { lost: 0.2, doubled: 0.3, kills: true, cancels: true, clockJumpsMs: 400_000 };
const CALM: Weather = { lost: 0, doubled: 0.3, kills: false, cancels: true, clockJumpsMs: 0 };

type Ends = Extract<JobEvent, { type: 'JobFinished' }>['data'];
type Life = { readonly world: ModelWorld; readonly weather: Weather };

/** What the record says about how an attempt ended must be what the agent knows, unless nobody could know. */
const causeProblem = ({ status, attempt, exitCode, jobId, reason }: Ends, agent: ModelAgent, { world, weather }: Life): string | undefined => {
  const told = agent.ended.get(`${jobId}/${attempt}`);
  const ran = agent.executions.has(`${jobId}/${attempt}`);
  switch (status) {
    case 'succeeded': return told?.outcome === 'succeeded' && ran ? undefined : 'is recorded as succeeded and did not';
    case 'failed': return (told?.outcome === 'failed' && told.exitCode === exitCode) || reason.startsWith('The agent refused') || (world.cancelled.has(jobId) && told !== undefined) ? undefined : 'is recorded as failed for another cause';
    case 'timed_out': return told?.outcome === 'timed_out' ? undefined : 'is recorded as timed out and was not';
    case 'cancelled': return world.cancelled.has(jobId) && (attempt === 0 || told === undefined || told.outcome === 'cancelled' || told.exitCode === 2 || told.outcome === 'lost' || !ran) ? undefined : 'is recorded as cancelled and was not';
    case 'lost': return weather.kills ? undefined : 'is recorded as lost, and nobody was silent';
    case 'expired': return undefined;
    case 'queued':
    case 'dispatched':
    case 'running':
    case 'cancelling': return `ended as ${status}`;
  }
};

/** Every run on the machine but the last one must have ended in a way that is tried again. */
const repeatProblem = (jobId: string, idempotent: boolean, agent: ModelAgent): string | undefined => {
  const ran = [...agent.executions.keys()].filter((key) => key.startsWith(`${jobId}/`)).map((key) => Number(key.split('/')[1])).sort((a, b) => a - b);
  for (const attempt of ran.slice(0, -1)) {
    const told = agent.ended.get(`${jobId}/${attempt}`);
    const mayRepeat = (told?.outcome === 'failed' && told.exitCode === 2) || idempotent;
    if (!mayRepeat) return `ran again after attempt ${attempt} ended as ${told?.outcome} ${told?.exitCode}`;
  }
  return undefined;
};

const problemsOf = (life: Life): string[] => {
  const { world } = life;
  const problems = [...world.problems, ...world.rows.faults.map((fault) => `a replica could not go on: ${String(fault)}`)];
  for (const jobId of world.rows.jobIds()) {
    const state = world.rows.stateOf(jobId);
    if (!isEnded(state)) {
      problems.push(`${jobId} was forgotten: ${state.status}`);
      continue;
    }
    const agent = world.agents.find(({ id }) => id === state.job.agentId)!;
    const end = world.rows.streamOf(jobId).at(-1);
    const cause = end?.type === 'JobFinished' ? causeProblem(end.data, agent, life) : 'has no end';
    const asked = world.rows.streamOf(jobId).findIndex(({ type }) => type === 'JobCancelRequested');
    if (asked >= 0 && world.rows.streamOf(jobId).slice(asked).some(({ type }) => type === 'JobDispatched')) problems.push(`${jobId} began again after its cancel`);
    const repeat = repeatProblem(jobId, state.job.idempotent, agent);
    if ([...agent.executions.values()].some((times) => times > 1)) problems.push('an attempt ran twice');
    problems.push(...[cause, repeat].filter((problem) => problem !== undefined).map((problem) => `${jobId} ${problem}`));
  }
  if (world.rows.leases.size > 0) problems.push('an agent is still held by a lease');
  if (world.agents.some((agent) => agent !== world.gone && agent.reports().length > 0)) problems.push('a report was never answered');
  return problems;
};

const live = async (seed: number, weather: Weather): Promise<string[]> => {
  const hasGone = weather.kills && seed % 5 === 0;
  const world = new ModelWorld(seed, weather);
  world.queue(JOBS);
  for (let step = 0; step < STEPS; step += 1) await world.step();
  await world.settle({ hasGone });
  return problemsOf({ world, weather });
};

const seeds = (count: number): number[] => (SEED === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(SEED)]);

test.each([['whoever dies and whatever gets lost', ROUGH, LIVES], ['while nobody dies, nothing is lost either', CALM, LIVES / 4]] as const)('%s: every job ends once, for its true cause, and runs only as often as it may', { timeout: 120_000 }, async (_, weather, count) => {
  for (const seed of seeds(count)) expect(await live(seed, weather), `seed ${seed}`).toEqual([]);
});

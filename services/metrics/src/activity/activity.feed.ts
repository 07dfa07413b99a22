/** Agents and jobs as agent-mgmt's log tells them. */
import { AgentRegistered, AgentRetired, JobFinished, JobQueued, type EventEnvelope } from '@citrus/contracts';
import { parseAs } from '@citrus/kit-messaging';
import type { ActivityStore, JobRow } from './activity.store.ts';

const jobOf = ({ type, data }: EventEnvelope): JobRow | undefined => {
  if (type === 'JobQueued') {
    const { jobId, installer, action } = parseAs(JobQueued, data, type);
    return { job_id: jobId, app: installer, action, result: null };
  }
  if (type !== 'JobFinished') return undefined;
  const { jobId, installer, action, status } = parseAs(JobFinished, data, type);
  return { job_id: jobId, app: installer, action, result: status };
};

/** One row each: what a job ended with stays, whatever is told again behind it. */
const jobsOf = (events: readonly EventEnvelope[]): JobRow[] => {
  const jobs = new Map<string, JobRow>();
  for (const job of events.map(jobOf).filter((each) => each !== undefined)) jobs.set(job.job_id, { ...job, result: job.result ?? jobs.get(job.job_id)?.result ?? null });
  return [...jobs.values()];
};

/** Neighbours of one type, in the order in which they came: an agent that went and came is there. */
const runsOf = (events: readonly EventEnvelope[]): EventEnvelope[][] => {
  const runs: EventEnvelope[][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    if (run?.[0]?.type === event.type) run.push(event);
    else runs.push([event]);
  }
  return runs;
};

export const followActivity = (activity: ActivityStore) => async (events: readonly EventEnvelope[]): Promise<void> => {
  for (const run of runsOf(events.filter(({ type }) => type === 'AgentRegistered' || type === 'AgentRetired'))) {
    if (run[0]?.type === 'AgentRegistered') await activity.noteAgents(run.map(({ data, type }) => parseAs(AgentRegistered, data, type)));
    else await activity.removeAgents(run.map(({ data, type }) => parseAs(AgentRetired, data, type).agentId));
  }
  await activity.noteJobs(jobsOf(events));
};

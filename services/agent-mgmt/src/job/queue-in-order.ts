/**
 * A job after what it needs: jobs that it waits for, named by whoever asks, and installers that its own depends on. What is
 * missing is queued before it when that was asked for. Ids follow from the job's own, so that asking
 * again queues nothing twice.
 */
import { FINISHED_JOB_STATUSES, JobId } from '@citrus/contracts';
import { NotFound, Refusal, type ProjectScope } from '@citrus/kit-domain';
import { uuidFrom } from '@citrus/kit-event-store';
import type { Jobs } from '../tokens.ts';
import { missingBefore } from './dependency-order.ts';
import { findInstaller, type AskedJob } from './queue-job.ts';

/** In the order in which they are queued; the last one is what was asked for. */
export const inOrder = async (jobs: Jobs, scope: ProjectScope, asked: AskedJob & { readonly withDependencies: boolean }): Promise<AskedJob[]> => {
  const { withDependencies, ...wanted } = asked;
  const named = await predecessors(jobs, scope, wanted);
  if (wanted.action !== 'install') return [{ ...wanted, after: named }];
  const installer = findInstaller(jobs.registry, wanted.installer, wanted.action);
  if (installer.depends_on.length === 0) return [{ ...wanted, after: named }];
  const { present, comingBy } = await jobs.store.appsOn(scope, wanted.serverId);
  const missing = missingBefore(installer, { find: (id) => jobs.registry.find(id), present });
  const jobOf = new Map<string, JobId>([...comingBy, ...missing.map(({ installer: { id } }) => [id, JobId.parse(uuidFrom('agent-mgmt:job-of-dependency', `${wanted.jobId}/${id}`))] as const)]);
  const jobsOf = (ids: readonly string[]): JobId[] => ids.map((id) => jobOf.get(id)).filter((id) => id !== undefined);
  // Without them the job is refused, together with whatever else is missing.
  const before = !withDependencies ? [] : missing.map(({ installer: { id, depends_on: needs } }): AskedJob => ({
    ...wanted, jobId: jobOf.get(id)!, installer: id, inputs: {}, after: [...named, ...jobsOf(needs.map((each) => each.installer))], ignore: needs.map((each) => `depends-${each.installer}`),
  }));
  const needs = installer.depends_on.map((each) => each.installer);
  const coming = needs.filter((id) => withDependencies || !missing.some((each) => each.installer.id === id));
  return [...before, { ...wanted, after: [...named, ...jobsOf(coming)], ignore: [...(wanted.ignore ?? []), ...coming.map((id) => `depends-${id}`)] }];
};

const predecessors = async ({ store }: Jobs, scope: ProjectScope, { after = [] }: AskedJob): Promise<JobId[]> => {
  for (const jobId of after) {
    const job = await store.find(scope, jobId);
    if (!job) throw new NotFound('job.unknown', `There is no job ${jobId} in this project to wait for.`);
    if (job.status !== 'succeeded' && FINISHED_JOB_STATUSES.includes(job.status)) throw new Refusal('job.predecessor_failed', `Job ${jobId} has ended without success (${job.status}), so nothing can wait for it. Try it again first.`);
  }
  return [...after];
};

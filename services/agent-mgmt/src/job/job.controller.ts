/** What people ask about jobs. */
import { cancelJob, createJob, listJobs, readJob, readJobLog, retryJob, type Job } from '@citrus/contracts';
import { NotFound, projectScope, Refusal } from '@citrus/kit-domain';
import { newId, uuidFrom, type AppendContext, type Projections } from '@citrus/kit-event-store';
import { OnRequest, type RequestContext } from '@citrus/kit-messaging';
import { PROJECTIONS } from '@citrus/kit-service';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { userActor } from '../actors.ts';
import { readLogPage, type LogStore } from '../job-log/log.store.ts';
import { DISPATCHING, JOBS, LOGS, type Dispatching, type Jobs } from '../tokens.ts';
import type { JobState } from './job.decider.ts';
import { jobOf, type JobRow } from './job.store.ts';
import { inOrder } from './queue-in-order.ts';
import { prepareJob, refuseOtherRequest, type AskedJob, type RepeatedJob } from './queue-job.ts';

type Create = z.infer<typeof createJob.input>;
type One = { projectId: string; jobId: string };

@Controller()
export class JobController {
  constructor(
    @Inject(JOBS) private readonly jobs: Jobs,
    @Inject(DISPATCHING) private readonly dispatching: Dispatching,
    @Inject(LOGS) private readonly logs: LogStore,
    @Inject(PROJECTIONS) private readonly projections: Projections,
  ) {}

  /** The same job id again gives the same job again, also when its installer has gone since. */
  @OnRequest(createJob)
  async create(asked: Create, context: RequestContext): Promise<Job> {
    const known = await this.jobs.handler.load(asked.jobId);
    if (known.status !== 'unknown') return await this.#sameJob(known, asked, context);
    // A server is shown as active by another service, and its apps by their jobs; both may be ahead of our own rows.
    await this.projections.reached(await this.jobs.handler.head());
    const [last, ...before] = (await inOrder(this.jobs, projectScope(context.caller, asked.projectId), asked)).toReversed();
    // What would be refused is refused before anything is queued for it.
    if (last && before.length > 0) await prepareJob(this.jobs, projectScope(context.caller, asked.projectId), last);
    for (const first of before.toReversed()) await this.#queue(first, context);
    if (before.length > 0) await this.projections.reached(await this.jobs.handler.head());
    return await this.#queue(last ?? asked, context);
  }

  @OnRequest(retryJob)
  async retry({ projectId, jobId, newJobId }: z.infer<typeof retryJob.input>, context: RequestContext): Promise<Job> {
    await this.#find({ projectId, jobId }, context);
    const state = await this.jobs.handler.load(jobId);
    if (state.status === 'unknown') throw new NotFound('job.unknown', 'There is no such job in this project.');
    if (!['failed', 'timed_out', 'cancelled', 'expired', 'lost'].includes(state.status)) throw new Refusal('job.not_retryable', `Only a job that ended without success can be tried again; this one is ${state.status}.`);
    const { serverId, installer, action, priority, inputs, sealedInputs, backup } = state.job;
    const asked = { projectId, jobId: newJobId, serverId, installer, action, priority, backup };
    const known = await this.jobs.handler.load(newJobId);
    if (known.status !== 'unknown') return await this.#sameJob(known, asked, context);
    await this.projections.reached(await this.jobs.handler.head());
    return await this.#queue({ ...asked, ignore: ['memory'], inputs: { ...inputs, ...(await this.jobs.secrets.open(jobId, sealedInputs)) } }, context);
  }

  @OnRequest(listJobs)
  async list({ projectId, ...asked }: z.infer<typeof listJobs.input>, { caller }: RequestContext): Promise<z.infer<typeof listJobs.reply>> {
    return await this.jobs.store.list(projectScope(caller, projectId), asked);
  }

  @OnRequest(readJob)
  async read(one: One, context: RequestContext): Promise<Job> {
    return jobOf(await this.#find(one, context));
  }

  @OnRequest(cancelJob)
  async cancel(one: One, context: RequestContext): Promise<Job> {
    await this.#find(one, context);
    const command = { type: 'RequestCancel', data: { at: this.jobs.clock().toISOString() } } as const;
    const { position } = await this.jobs.handler.handle(one.jobId, command, { commandId: newId(), actor: userActor(context.caller) });
    await this.dispatching.leases.checkAt(one.jobId, this.jobs.clock());
    this.dispatching.loop.wake();
    return await this.#readAfter(one, { context, position });
  }

  @OnRequest(readJobLog)
  async log({ after, limit, ...one }: z.infer<typeof readJobLog.input>, context: RequestContext): Promise<z.infer<typeof readJobLog.reply>> {
    return await readLogPage(this.logs, await this.#find(one, context), { after, limit });
  }

  /** After the read models have reached the log's end. */
  async #queue(asked: AskedJob, context: RequestContext): Promise<Job> {
    const job = await prepareJob(this.jobs, projectScope(context.caller, asked.projectId), asked);
    const { state, position } = await this.jobs.handler.queue({ type: 'QueueJob', data: job }, this.#contextOf(asked, context));
    // Somebody may have queued it at the same moment, with other contents.
    if (state.status !== 'unknown') await refuseOtherRequest(this.jobs, state, asked);
    // The dispatcher is woken when the read model shows it.
    return await this.#readAfter(asked, { context, position });
  }

  async #sameJob(known: Exclude<JobState, { status: 'unknown' }>, asked: RepeatedJob, context: RequestContext): Promise<Job> {
    await refuseOtherRequest(this.jobs, known, asked);
    // It may have been queued a moment ago, by a request that was answered before the read model showed it.
    return await this.#readAfter(asked, { context, position: await this.jobs.handler.head() });
  }

  #contextOf({ jobId, projectId }: One, context: RequestContext): AppendContext {
    return { commandId: uuidFrom('agent-mgmt:queue-job', jobId), actor: userActor(context.caller), projectId, correlationId: context.correlationId, ...(context.traceparent && { traceparent: context.traceparent }) };
  }

  /** What was just written can be read. */
  async #readAfter(one: One, { context, position }: { context: RequestContext; position: number }): Promise<Job> {
    await this.projections.reached(position);
    return jobOf(await this.#find(one, context));
  }

  async #find({ projectId, jobId }: One, { caller }: RequestContext): Promise<JobRow> {
    const row = await this.jobs.store.find(projectScope(caller, projectId), jobId);
    if (!row) throw new NotFound('job.unknown', 'There is no such job in this project.');
    return row;
  }
}

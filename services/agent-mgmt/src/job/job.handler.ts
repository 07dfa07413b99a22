/**
 * Load, decide, append, for one job. Whatever happens to it later carries the trace of the request that queued it, and
 * names what came before as its cause, unless a person asked for it or the caller knows better.
 */
import type { Actor, EventEnvelope } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import type { AppendContext, EventStore, UpdateResult } from '@citrus/kit-event-store';
import { jobDecider, type JobCommand, type JobState } from './job.decider.ts';
import { jobStream, type JobEvent } from './job.events.ts';

export type Cause = { readonly commandId: string; readonly actor: Actor; readonly causationId?: string };

export class JobHandler {
  constructor(private readonly store: EventStore) {}

  async load(jobId: string): Promise<JobState> {
    const { events } = await this.store.load(jobStream(jobId));
    return fold(jobDecider, events as unknown as JobEvent[]);
  }

  /** Everything that happened to it. */
  async events(jobId: string): Promise<readonly EventEnvelope[]> {
    return (await this.store.load(jobStream(jobId))).events;
  }

  /** The last position of the log. */
  head(): Promise<number> {
    return this.store.head();
  }

  queue(command: Extract<JobCommand, { type: 'QueueJob' }>, context: AppendContext): Promise<UpdateResult<JobState, JobEvent>> {
    return this.store.update(jobStream(command.data.jobId), jobDecider, (state) => jobDecider.decide(command, state), context);
  }

  async handle(jobId: string, command: JobCommand, cause: Cause, check: (state: JobState) => void = () => undefined): Promise<UpdateResult<JobState, JobEvent>> {
    const stream = jobStream(jobId);
    const { events } = await this.store.load(stream);
    const first = events[0];
    const before = cause.actor.kind === 'user' ? undefined : events.at(-1)?.id;
    const trail = { correlationId: first?.correlationId ?? jobId, ...(first?.projectId && { projectId: first.projectId }), ...(first?.traceparent && { traceparent: first.traceparent }), ...(before && { causationId: before }) };
    const decide = (state: JobState) => {
      check(state);
      return jobDecider.decide(command, state);
    };
    return await this.store.update(stream, jobDecider, decide, { ...trail, ...cause });
  }
}

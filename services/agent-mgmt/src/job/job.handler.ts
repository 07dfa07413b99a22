/**
 * Load, decide, append, for one job. Whatever happens to it later carries the trace of the request that queued it, and
 * names what came before as its cause, unless a person asked for it or the caller knows better.
 */
import type { Actor, EventEnvelope } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import type { AppendContext, EventStore, Known, UpdateResult } from '@citrus/kit-event-store';
import { jobDecider, type JobCommand, type JobState } from './job.decider.ts';
import { jobStream, type JobEvent } from './job.events.ts';

export type Cause = { readonly commandId: string; readonly actor: Actor; readonly causationId?: string };
/** A job as somebody has just loaded it, with what later events of it carry. */
export type KnownJob = Known<JobState> & { readonly trail: Pick<AppendContext, 'correlationId' | 'projectId' | 'traceparent'>; readonly lastEventId?: string | undefined };
type Handling = {
  /** What must be so of the job. */
  readonly check?: (state: JobState) => void;
  /** Decided on first; what is old by then is loaded again. */
  readonly known?: KnownJob | undefined;
};

/** Nothing has happened to it. */
const UNHEARD_OF: Known<JobState> = { state: jobDecider.initialState, version: 0, position: 0 };

export class JobHandler {
  constructor(private readonly store: EventStore) {}

  async load(jobId: string): Promise<JobState> {
    return (await this.look(jobId)).state;
  }

  async look(jobId: string): Promise<KnownJob> {
    const { events, version } = await this.store.load(jobStream(jobId));
    const [first, last] = [events[0], events.at(-1)];
    const trail = { correlationId: first?.correlationId ?? jobId, ...(first?.projectId && { projectId: first.projectId }), ...(first?.traceparent && { traceparent: first.traceparent }) };
    return { state: fold(jobDecider, events as unknown as JobEvent[]), version, position: last?.position ?? 0, trail, lastEventId: last?.id };
  }

  /** Everything that happened to it. */
  async events(jobId: string): Promise<readonly EventEnvelope[]> {
    return (await this.store.load(jobStream(jobId))).events;
  }

  /** The last position of the log. */
  head(): Promise<number> {
    return this.store.head();
  }

  /** Nearly always it is new, so that is tried first. */
  queue(command: Extract<JobCommand, { type: 'QueueJob' }>, context: AppendContext): Promise<UpdateResult<JobState, JobEvent>> {
    return this.store.update(jobStream(command.data.jobId), jobDecider, (state) => jobDecider.decide(command, state), { ...context, known: UNHEARD_OF });
  }

  async handle(jobId: string, command: JobCommand, cause: Cause, { check = () => undefined, known }: Handling = {}): Promise<UpdateResult<JobState, JobEvent>> {
    const { trail, lastEventId, ...state } = known ?? (await this.look(jobId));
    const before = cause.actor.kind === 'user' ? undefined : lastEventId;
    const decide = (job: JobState) => {
      check(job);
      return jobDecider.decide(command, job);
    };
    return await this.store.update(jobStream(jobId), jobDecider, decide, { ...trail, ...(before && { causationId: before }), ...cause, known: state });
  }
}

/** Load, decide, append, for one app. What it does by itself names what came before as its cause. */
import { fold } from '@citrus/kit-domain';
import { newId, uuidFrom, type AppendContext, type EventStore, type UpdateResult } from '@citrus/kit-event-store';
import { ChangeStep, JobId, type JobFinished } from '@citrus/contracts';
import { SERVICE } from '../actors.ts';
import { jobStream, type JobEvent } from '../job/job.events.ts';
import { appDecider, type AppCommand, type AppLife } from './app.decider.ts';
import { appStream, type AppEvent, type RequestedChange } from './app.events.ts';

/** An app is named by its server and its installer; its stream by what follows from them. */
export const appIdOf = ({ serverId, installer }: { readonly serverId: string; readonly installer: string }): string => uuidFrom('agent-mgmt:app', `${serverId}/${installer}`);
/** The job of a step follows from its change, so that whoever repeats a step asks for the same job. */
export const jobIdsOf = (changeId: string): RequestedChange['jobIds'] =>
  Object.fromEntries(ChangeStep.options.map((step) => [step, JobId.parse(uuidFrom('agent-mgmt:job-of-change', `${changeId}/${step}`))])) as RequestedChange['jobIds'];

export class AppHandler {
  constructor(private readonly store: EventStore) {}

  async load(appId: string): Promise<AppLife> {
    const { events } = await this.store.load(appStream(appId));
    return fold(appDecider, events as unknown as AppEvent[]);
  }

  /** The last position of the log. */
  head(): Promise<number> {
    return this.store.head();
  }

  handle(appId: string, command: AppCommand, context: AppendContext): Promise<UpdateResult<AppLife, AppEvent>> {
    return this.store.update(appStream(appId), appDecider, (state) => appDecider.decide(command, state), context);
  }

  /** What its own progress asks for. */
  async proceed(appId: string, command: AppCommand, projectId: string): Promise<UpdateResult<AppLife, AppEvent>> {
    return await this.handle(appId, command, { ...(await this.traceOf(appId, projectId)), commandId: newId() });
  }

  /** Who and what stands behind what the app does by itself: its last change. */
  async traceOf(appId: string, projectId: string): Promise<Omit<AppendContext, 'commandId'>> {
    const { events } = await this.store.load(appStream(appId));
    const [request, last] = [events.findLast(({ type }) => type === 'AppChangeRequested'), events.at(-1)];
    return { actor: SERVICE, projectId, correlationId: request?.correlationId ?? appId, ...(request?.traceparent && { traceparent: request.traceparent }), ...(last && { causationId: last.id }) };
  }

  /** How a job stands: not there, still at it, or how it ended. */
  async jobEnd(jobId: string): Promise<'unknown' | 'open' | JobFinished> {
    const { events } = await this.store.load(jobStream(jobId));
    const ending = (events as unknown as JobEvent[]).find((event) => event.type === 'JobFinished');
    return ending ? ending.data : events.length > 0 ? 'open' : 'unknown';
  }
}

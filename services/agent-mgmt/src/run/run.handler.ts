/** Load, decide, append, for one run. What it does by itself names what came before as its cause. */
import type { AppendContext, EventStore, UpdateResult } from '@citrus/kit-event-store';
import { fold } from '@citrus/kit-domain';
import { newId } from '@citrus/kit-event-store';
import { SERVICE } from '../actors.ts';
import { runDecider, type RunCommand, type RunState } from './run.decider.ts';
import { runStream, type RunEvent } from './run.events.ts';

type Handled = UpdateResult<RunState, RunEvent>;

export class RunHandler {
  constructor(private readonly store: EventStore) {}

  async load(runId: string): Promise<RunState> {
    const { events } = await this.store.load(runStream(runId));
    return fold(runDecider, events as unknown as RunEvent[]);
  }

  /** The last position of the log. */
  head(): Promise<number> {
    return this.store.head();
  }

  handle(runId: string, command: RunCommand, context: AppendContext): Promise<Handled> {
    return this.store.update(runStream(runId), runDecider, (state) => runDecider.decide(command, state), context);
  }

  /** What the run's own progress asks for. */
  async proceed(runId: string, command: RunCommand): Promise<Handled> {
    return await this.handle(runId, command, { ...(await this.traceOf(runId)), commandId: newId() });
  }

  /** Who and what stands behind what the run does by itself. */
  async traceOf(runId: string): Promise<Omit<AppendContext, 'commandId'>> {
    const { events } = await this.store.load(runStream(runId));
    const [first, last] = [events[0], events.at(-1)];
    return {
      actor: SERVICE, correlationId: first?.correlationId ?? runId,
      ...(first?.projectId && { projectId: first.projectId }), ...(first?.traceparent && { traceparent: first.traceparent }), ...(last && { causationId: last.id }),
    };
  }
}

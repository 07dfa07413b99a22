/** Load, decide, append, for one schedule. What it does by itself names what came before as its cause. */
import { fold } from '@citrus/kit-domain';
import type { AppendContext, EventStore, UpdateResult } from '@citrus/kit-event-store';
import { SERVICE } from '../actors.ts';
import { scheduleDecider, type ScheduleCommand, type ScheduleState } from './schedule.decider.ts';
import { scheduleStream, type ScheduleEvent } from './schedule.events.ts';

export class ScheduleHandler {
  constructor(private readonly store: EventStore) {}

  async load(scheduleId: string): Promise<ScheduleState> {
    const { events } = await this.store.load(scheduleStream(scheduleId));
    return fold(scheduleDecider, events as unknown as ScheduleEvent[]);
  }

  handle(scheduleId: string, command: ScheduleCommand, context: AppendContext): Promise<UpdateResult<ScheduleState, ScheduleEvent>> {
    return this.store.update(scheduleStream(scheduleId), scheduleDecider, (state) => scheduleDecider.decide(command, state), context);
  }

  /** Who and what stands behind what the schedule does by itself. */
  async traceOf(scheduleId: string): Promise<Omit<AppendContext, 'commandId'>> {
    const { events } = await this.store.load(scheduleStream(scheduleId));
    const [first, last] = [events[0], events.at(-1)];
    return { actor: SERVICE, correlationId: first?.correlationId ?? scheduleId, ...(first?.projectId && { projectId: first.projectId }), ...(last && { causationId: last.id }) };
  }
}

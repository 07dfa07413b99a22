/** Schedules as people see them: `schedule-*` streams as rows. */
import type { RunStrategy, WantedRun } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { ChangedSchedule, CreatedSchedule, ScheduleEvent } from './schedule.events.ts';

const HANDLES: readonly ScheduleEvent['type'][] = ['ScheduleCreated', 'ScheduleChanged', 'ScheduleFired', 'ScheduleMissed', 'SchedulePaused', 'ScheduleResumed', 'ScheduleDeleted'];

export type FoldedSchedule = {
  schedule_id: string; project_id: string; name: string; cron: string; time_zone: string;
  installer: string; action: string; inputs: WantedRun['inputs']; priority: string; filter: string; strategy: RunStrategy; sample: WantedRun['sample'] | null;
  status: 'active' | 'paused' | 'deleted'; next_due_at: string; last_run_id: string | null; last_due_at: string | null;
  missed: number; missed_at: string | null; missed_reason: string | null; created_at: string; updated_at: string;
};

/** What somebody has asked for. */
const wanted = ({ run, ...data }: CreatedSchedule | ChangedSchedule) => ({
  name: data.name, cron: data.cron, time_zone: data.timeZone,
  installer: run.installer, action: run.action, inputs: run.inputs, priority: run.priority, filter: run.filter, strategy: run.strategy, sample: run.sample ?? null, next_due_at: data.nextDueAt,
});

const created = (data: CreatedSchedule, at: string): FoldedSchedule => ({
  schedule_id: data.scheduleId, project_id: data.projectId, ...wanted(data), status: 'active', last_run_id: null, last_due_at: null, missed: 0, missed_at: null, missed_reason: null, created_at: data.at, updated_at: at,
});

/** What the event changes; undefined when it is the first one. */
const changeBy = (row: FoldedSchedule, { type, data }: ScheduleEvent): Partial<FoldedSchedule> | undefined => {
  switch (type) {
    case 'ScheduleCreated': return undefined;
    case 'ScheduleChanged': return wanted(data);
    case 'ScheduleFired': return { next_due_at: data.nextDueAt, last_run_id: data.runId, last_due_at: data.dueAt };
    case 'ScheduleMissed': return { next_due_at: data.nextDueAt, missed: row.missed + data.count, missed_at: data.until, missed_reason: data.reason };
    case 'SchedulePaused': return { status: 'paused' };
    case 'ScheduleResumed': return { status: 'active', next_due_at: data.nextDueAt };
    case 'ScheduleDeleted': return { status: 'deleted' };
  }
};

export const schedulesProjection = defineFold<FoldedSchedule>({
  name: 'schedules',
  version: 2,
  table: 'schedules',
  key: ['schedule_id'],
  handles: HANDLES,
  keyOf: ({ data }) => [String(data['scheduleId'])],
  evolve: (row, envelope) => {
    const event = envelope as unknown as ScheduleEvent;
    if (event.type === 'ScheduleCreated') return created(event.data, envelope.at);
    const change = row && changeBy(row, event);
    return change ? { ...row, ...change, updated_at: envelope.at } : row;
  },
});

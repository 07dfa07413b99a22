/** Schedules at any instant, in the shape that people see them in now. */
import type { Schedule } from '@citrus/contracts';
import { defineReadModel } from '@citrus/kit-service';
import { schedulesProjection, type FoldedSchedule } from './schedule.projection.ts';

const scheduleOf = (row: FoldedSchedule): Schedule =>
  ({
    id: row.schedule_id, projectId: row.project_id, name: row.name, cron: row.cron, timeZone: row.time_zone,
    run: { installer: row.installer, action: row.action, inputs: row.inputs, priority: row.priority, filter: row.filter, strategy: row.strategy, ...(row.sample && { sample: row.sample }) },
    status: row.status, nextDueAt: row.status === 'active' ? row.next_due_at : null, lastRunId: row.last_run_id, lastDueAt: row.last_due_at,
    missed: row.missed, missedAt: row.missed_at, missedReason: row.missed_reason, createdAt: row.created_at, updatedAt: row.updated_at,
  }) as Schedule;

export const schedulesAsTheyWere = defineReadModel<FoldedSchedule>({ of: 'schedule', fold: schedulesProjection, projectOf: (row) => row.project_id, show: scheduleOf });

/** The facts of a stream `schedule-<scheduleId>`; all of them are public and live in contracts. */
import type { ScheduleChanged, ScheduleCreated, ScheduleDeleted, ScheduleFired, ScheduleMissed, SchedulePaused, ScheduleResumed } from '@citrus/contracts';
import type { z } from 'zod';

export type CreatedSchedule = z.infer<typeof ScheduleCreated>;
export type ChangedSchedule = z.infer<typeof ScheduleChanged>;

export type ScheduleEvent =
  | { type: 'ScheduleCreated'; data: CreatedSchedule }
  | { type: 'ScheduleChanged'; data: ChangedSchedule }
  | { type: 'ScheduleFired'; data: z.infer<typeof ScheduleFired> }
  | { type: 'ScheduleMissed'; data: z.infer<typeof ScheduleMissed> }
  | { type: 'SchedulePaused'; data: z.infer<typeof SchedulePaused> }
  | { type: 'ScheduleResumed'; data: z.infer<typeof ScheduleResumed> }
  | { type: 'ScheduleDeleted'; data: z.infer<typeof ScheduleDeleted> };

export const scheduleStream = (scheduleId: string): string => `schedule-${scheduleId}`;

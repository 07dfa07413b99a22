/** Schedules: a run that begins by itself, again and again, one at a time. */
import { z } from 'zod';
import { InstallerId, Instant, nameText, plainText, ProjectId, RunId, ScheduleId } from '../ids.ts';
import { InputValue, InstallerAction } from '../installer/manifest.ts';
import { pageOf, shortList } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { subjects } from '../subjects.ts';
import { JobPriority } from './job.ts';
import { RunStrategy } from './run.ts';
import { RunSample } from './sample.ts';

export const MOST_SCHEDULES = 200;

/** What is begun each time. The filter is read anew each time, so servers that get a tag later are part of it. */
export const WantedRun = z.object({
  installer: InstallerId, action: InstallerAction, inputs: z.record(z.string(), InputValue), priority: JobPriority,
  filter: z.string(), strategy: z.object(RunStrategy.shape), sample: z.object(RunSample.shape).optional(),
});
export type WantedRun = z.infer<typeof WantedRun>;

const about = { scheduleId: ScheduleId, at: Instant };
/** The public facts of a stream `schedule-<scheduleId>`. */
export const ScheduleCreated = z.object({ ...about, projectId: ProjectId, name: z.string(), cron: z.string(), timeZone: z.string(), run: WantedRun, nextDueAt: Instant });
/** What it begins, when, and what it is called from now on; whether it is paused stays. */
export const ScheduleChanged = z.object({ ...about, name: z.string(), cron: z.string(), timeZone: z.string(), run: WantedRun, nextDueAt: Instant });
/** The run has begun. */
export const ScheduleFired = z.object({ ...about, dueAt: Instant, runId: RunId, nextDueAt: Instant });
/** Times from `from` to `until` at which no run could begin, and why. */
export const ScheduleMissed = z.object({ ...about, from: Instant, until: Instant, count: z.int().positive(), reason: z.string(), nextDueAt: Instant });
export const SchedulePaused = z.object(about);
/** What was due meanwhile is not caught up with. */
export const ScheduleResumed = z.object({ ...about, nextDueAt: Instant });
export const ScheduleDeleted = z.object(about);

export const Schedule = z.object({
  id: ScheduleId, projectId: ProjectId, name: z.string(), cron: z.string(), timeZone: z.string(), run: WantedRun,
  status: z.enum(['active', 'paused', 'deleted']),
  /** Null while it is paused. */
  nextDueAt: Instant.nullable(),
  lastRunId: RunId.nullable(), lastDueAt: Instant.nullable(),
  /** How many times no run could begin, when the last of them was, and why. */
  missed: z.int().min(0), missedAt: Instant.nullable(), missedReason: z.string().nullable(),
  createdAt: Instant, updatedAt: Instant,
});
export type Schedule = z.infer<typeof Schedule>;

export const NewSchedule = {
  name: nameText(80).trim().min(1, 'must not be empty'),
  /** Minute, hour, day of the month, month, day of the week. */
  cron: plainText(100),
  /** As in Europe/Berlin. */
  timeZone: plainText(64).default('UTC'),
  installer: InstallerId, action: InstallerAction.default('install'), inputs: z.record(z.string(), z.unknown()).default({}), priority: JobPriority.default('normal'),
  filter: plainText(1000), strategy: RunStrategy.prefault({}), sample: RunSample.optional(),
};

const operators = { by: 'member', role: 'operator' } as const;
const viewers = { by: 'member', role: 'viewer' } as const;
const one = z.strictObject({ projectId: ProjectId, scheduleId: ScheduleId });

export const createSchedule = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'schedule', 'create'), input: z.strictObject({ projectId: ProjectId, scheduleId: ScheduleId, ...NewSchedule }), reply: Schedule, access: operators,
});
/** All that it is anew; runs that have begun stay as they are. */
export const changeSchedule = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'schedule', 'change'), input: z.strictObject({ projectId: ProjectId, scheduleId: ScheduleId, ...NewSchedule }), reply: Schedule, access: operators,
});
/** `reading`: the cron line in words. `next`: the next times at which it would be due, fewer where there are no more. */
export const SchedulePreview = z.object({ reading: z.string(), next: z.array(Instant).max(5) });
export type SchedulePreview = z.infer<typeof SchedulePreview>;
export const previewSchedule = defineRequest({
  subject: subjects.rpc('agent-mgmt', 'schedule', 'preview'), input: z.strictObject({ projectId: ProjectId, cron: NewSchedule.cron, timeZone: NewSchedule.timeZone }), reply: SchedulePreview, access: viewers,
});
export const ScheduleQuery = { status: z.enum(['active', 'paused']).optional(), ...shortList('name') };
export const listSchedules = defineRequest({ subject: subjects.rpc('agent-mgmt', 'schedule', 'list'), input: z.strictObject({ projectId: ProjectId, ...ScheduleQuery }), reply: pageOf(Schedule), access: viewers });
export const readSchedule = defineRequest({ subject: subjects.rpc('agent-mgmt', 'schedule', 'read'), input: one, reply: Schedule, access: viewers });
export const pauseSchedule = defineRequest({ subject: subjects.rpc('agent-mgmt', 'schedule', 'pause'), input: one, reply: Schedule, access: operators });
export const resumeSchedule = defineRequest({ subject: subjects.rpc('agent-mgmt', 'schedule', 'resume'), input: one, reply: Schedule, access: operators });
export const deleteSchedule = defineRequest({ subject: subjects.rpc('agent-mgmt', 'schedule', 'delete'), input: one, reply: Schedule, access: operators });

/**
 * The life of a schedule: due again and again, one run at a time. What could not begin is told as missed, never caught up
 * in a heap. When it is due next is part of the facts, so nobody needs the rules of time zones to read the history.
 */
import { canonicalJson, type RunId } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import { reusedKey } from '../job/job.decider.ts';
import { nextAfter } from './cron.ts';
import type { ChangedSchedule, CreatedSchedule, ScheduleEvent } from './schedule.events.ts';

export type KnownSchedule = { readonly status: 'active' | 'paused' | 'deleted'; readonly schedule: CreatedSchedule; readonly nextDueAt: string; readonly lastRunId: RunId | null };
export type ScheduleState = { readonly status: 'unknown' } | KnownSchedule;

export type ScheduleCommand =
  | { type: 'CreateSchedule'; data: Omit<CreatedSchedule, 'nextDueAt'> }
  | { type: 'ChangeSchedule'; data: Omit<ChangedSchedule, 'scheduleId' | 'nextDueAt'> }
  | { type: 'RecordFired'; data: { dueAt: string; runId: RunId; at: string } }
  | { type: 'RecordMissed'; data: { until: string; count: number; reason: string; at: string } }
  | { type: 'PauseSchedule'; data: { at: string } }
  | { type: 'ResumeSchedule'; data: { at: string } }
  | { type: 'DeleteSchedule'; data: { at: string } };

/** More than these are not counted one by one. */
const MOST_COUNTED = 1000;

/** Times that have come, oldest first; the last is the one to act on. */
export const dueTimes = ({ schedule, nextDueAt }: KnownSchedule, now: string): string[] => {
  const times: string[] = [];
  for (let due: string | undefined = nextDueAt; due !== undefined && due <= now && times.length < MOST_COUNTED; due = nextAfter(schedule, due)) times.push(due);
  return times;
};

const nextOf = (cadence: Pick<CreatedSchedule, 'cron' | 'timeZone'>, after: string): string => {
  const next = nextAfter(cadence, after);
  if (next === undefined) throw new Refusal('schedule.never', `"${cadence.cron}" names a time that never comes. Look at its day and month.`, [{ path: 'cron', message: 'never comes' }]);
  return next;
};

const requestOf = ({ projectId, name, cron, timeZone, run }: Omit<CreatedSchedule, 'nextDueAt'>): string => canonicalJson({ projectId, name, cron, timeZone, run });

const create = (state: ScheduleState, data: Omit<CreatedSchedule, 'nextDueAt'>): ScheduleEvent[] => {
  if (state.status === 'unknown') return [{ type: 'ScheduleCreated', data: { ...data, nextDueAt: nextOf(data, data.at) } }];
  if (requestOf(state.schedule) !== requestOf(data)) throw reusedKey();
  return [];
};

const gone = (): Refusal => new Refusal('schedule.deleted', 'This schedule was deleted. Make a new one.');

/** The same once more is no change. */
const change = (state: KnownSchedule, data: Extract<ScheduleCommand, { type: 'ChangeSchedule' }>['data']): ScheduleEvent[] => {
  if (state.status === 'deleted') throw gone();
  if (requestOf({ ...state.schedule, ...data }) === requestOf(state.schedule)) return [];
  return [{ type: 'ScheduleChanged', data: { scheduleId: state.schedule.scheduleId, ...data, nextDueAt: nextOf(data, data.at) } }];
};

/** Of a schedule that is active, a time that has not been told of yet. */
const isOpen = (state: KnownSchedule, dueAt: string): boolean => state.status === 'active' && dueAt >= state.nextDueAt;

const known = (command: Exclude<ScheduleCommand, { type: 'CreateSchedule' }>, state: KnownSchedule): ScheduleEvent[] => {
  const { scheduleId } = state.schedule;
  const { type, data } = command;
  switch (type) {
    case 'RecordFired': return isOpen(state, data.dueAt) ? [{ type: 'ScheduleFired', data: { scheduleId, ...data, nextDueAt: nextOf(state.schedule, data.dueAt) } }] : [];
    case 'RecordMissed': return isOpen(state, data.until) ? [{ type: 'ScheduleMissed', data: { scheduleId, from: state.nextDueAt, ...data, nextDueAt: nextOf(state.schedule, data.until) } }] : [];
    case 'ChangeSchedule': return change(state, data);
    case 'PauseSchedule':
      if (state.status === 'deleted') throw gone();
      return state.status === 'paused' ? [] : [{ type: 'SchedulePaused', data: { scheduleId, at: data.at } }];
    case 'ResumeSchedule':
      if (state.status === 'deleted') throw gone();
      return state.status === 'active' ? [] : [{ type: 'ScheduleResumed', data: { scheduleId, nextDueAt: nextOf(state.schedule, data.at), at: data.at } }];
    case 'DeleteSchedule': return state.status === 'deleted' ? [] : [{ type: 'ScheduleDeleted', data: { scheduleId, at: data.at } }];
  }
};

const decide = (command: ScheduleCommand, state: ScheduleState): ScheduleEvent[] => {
  if (command.type === 'CreateSchedule') return create(state, command.data);
  return state.status === 'unknown' ? [] : known(command, state);
};

const evolve = (state: ScheduleState, { type, data }: ScheduleEvent): ScheduleState => {
  if (type === 'ScheduleCreated') return { status: 'active', schedule: data, nextDueAt: data.nextDueAt, lastRunId: null };
  if (state.status === 'unknown') return state;
  switch (type) {
    case 'ScheduleChanged': return { ...state, schedule: { ...state.schedule, ...data }, nextDueAt: data.nextDueAt };
    case 'ScheduleFired': return { ...state, nextDueAt: data.nextDueAt, lastRunId: data.runId };
    case 'ScheduleMissed': return { ...state, nextDueAt: data.nextDueAt };
    case 'SchedulePaused': return { ...state, status: 'paused' };
    case 'ScheduleResumed': return { ...state, status: 'active', nextDueAt: data.nextDueAt };
    case 'ScheduleDeleted': return { ...state, status: 'deleted' };
  }
};

export const scheduleDecider: Decider<ScheduleState, ScheduleCommand, ScheduleEvent> = { decide, evolve, initialState: { status: 'unknown' } };

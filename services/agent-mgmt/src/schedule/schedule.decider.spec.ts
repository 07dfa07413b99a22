import { InstallerId, ProjectId, RunId, ScheduleId } from '@citrus/contracts';
import { fold } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueTimes, scheduleDecider, type KnownSchedule, type ScheduleCommand } from './schedule.decider.ts';
import type { ScheduleEvent } from './schedule.events.ts';

const id = (last: number) => `0198c2a0-0000-7000-8000-${String(last).padStart(12, '0')}`;
const at = '2026-11-25T10:00:30.000Z';
const wanted = { installer: InstallerId.parse('web'), action: 'install' as const, inputs: {}, priority: 'normal' as const, filter: 'tag:web', strategy: { waves: ['100%'], atOnce: 0, maxFailures: '0' } };
const create = (more: object = {}): ScheduleCommand => ({ type: 'CreateSchedule', data: { scheduleId: ScheduleId.parse(id(1)), projectId: ProjectId.parse(id(2)), name: 'hourly', cron: '0 * * * *', timeZone: 'UTC', run: wanted, at, ...more } });
const fired = (dueAt: string, run = 3): ScheduleCommand => ({ type: 'RecordFired', data: { dueAt, runId: RunId.parse(id(run)), at: dueAt } });
const missed = (until: string): ScheduleCommand => ({ type: 'RecordMissed', data: { until, count: 1, reason: 'Citrus was not running at that time.', at: until } });

/** Everything that was said, as the log keeps it. */
const live = (...commands: ScheduleCommand[]) => {
  const events: ScheduleEvent[] = [];
  for (const command of commands) events.push(...scheduleDecider.decide(command, fold(scheduleDecider, events)));
  return { events, state: fold(scheduleDecider, events) as KnownSchedule };
};

describe('a schedule', () => {
  test('knows when it is due next, and goes on from what it has begun', () => {
    expect(live(create()).state).toMatchObject({ status: 'active', nextDueAt: '2026-11-25T11:00:00.000Z', lastRunId: null });
    expect(live(create(), fired('2026-11-25T11:00:00.000Z')).state).toMatchObject({ nextDueAt: '2026-11-25T12:00:00.000Z', lastRunId: id(3) });
    expect(live(create(), missed('2026-11-25T14:00:00.000Z')).events.at(-1)).toMatchObject({ type: 'ScheduleMissed', data: { from: '2026-11-25T11:00:00.000Z', nextDueAt: '2026-11-25T15:00:00.000Z' } });
    expect(dueTimes(live(create()).state, '2026-11-25T13:30:00.000Z').map((time) => time.slice(11, 16))).toEqual(['11:00', '12:00', '13:00']);
  });
  test('tells of one time once, whoever tells it again', () => {
    const { events } = live(create(), fired('2026-11-25T11:00:00.000Z'), fired('2026-11-25T11:00:00.000Z', 4), missed('2026-11-25T11:00:00.000Z'));
    expect(events.map(({ type }) => type)).toEqual(['ScheduleCreated', 'ScheduleFired']);
  });
  test('begins nothing while it is paused, and does not catch up', () => {
    const pause: ScheduleCommand = { type: 'PauseSchedule', data: { at } };
    expect(live(create(), pause, pause, fired('2026-11-25T11:00:00.000Z')).events.map(({ type }) => type)).toEqual(['ScheduleCreated', 'SchedulePaused']);
    expect(live(create(), pause, { type: 'ResumeSchedule', data: { at: '2026-11-26T08:30:00.000Z' } }).state).toMatchObject({ status: 'active', nextDueAt: '2026-11-26T09:00:00.000Z' });
  });
  test('that was deleted stays deleted', () => {
    const gone = [create(), { type: 'DeleteSchedule', data: { at } }] as const;
    expect(live(...gone, gone[1], fired('2026-11-25T11:00:00.000Z')).events).toHaveLength(2);
    for (const type of ['PauseSchedule', 'ResumeSchedule'] as const) expect(() => live(...gone, { type, data: { at } })).toThrow(expect.objectContaining({ code: 'schedule.deleted' }));
  });
  test('is asked for once, and only for a time that comes', () => {
    expect(live(create(), create()).events).toHaveLength(1);
    expect(() => live(create(), create({ name: 'other' }))).toThrow(expect.objectContaining({ code: 'idempotency.reused' }));
    expect(() => live(create({ cron: '0 0 30 2 *' }))).toThrow(expect.objectContaining({ code: 'schedule.never' }));
  });
});

const hourAfter = (hours: number) => new Date(Date.parse('2026-11-25T08:00:00.000Z') + hours * 3_600_000).toISOString();
const move = fc.record({ kind: fc.constantFrom('fired', 'missed', 'pause', 'resume'), hour: fc.nat(200) });

test('whatever is said in whatever order, time only goes forward and no time is told twice', () => {
  fc.assert(fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
    // What is due comes late and twice; clocks only go forward.
    let now = 0;
    const commands = moves.map(({ kind, hour }): ScheduleCommand => {
      now = Math.max(now, hour);
      if (kind === 'fired') return fired(hourAfter(hour));
      return kind === 'missed' ? missed(hourAfter(hour)) : { type: kind === 'pause' ? 'PauseSchedule' : 'ResumeSchedule', data: { at: hourAfter(now) } };
    });
    const { events } = live(create(), ...commands);
    const told = events.flatMap((event) => (event.type === 'ScheduleFired' ? [event.data.dueAt] : event.type === 'ScheduleMissed' ? [event.data.until] : []));
    expect(told).toEqual([...new Set(told)].sort());
    for (const event of events) if (event.type === 'ScheduleFired') expect(event.data.nextDueAt > event.data.dueAt).toBe(true);
  }), { numRuns: 300 });
});

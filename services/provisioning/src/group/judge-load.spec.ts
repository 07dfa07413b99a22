import { GroupSpec, ScalePolicy, type GroupId, type LoadMinute, type ProjectId, type ServerId } from '@citrus/contracts';
import { describe, expect, test } from 'vitest';
import type { Readings } from './group.commands.ts';
import type { Group, Member } from './group.state.ts';
import { judgeLoad, windowOf } from './judge-load.ts';

const now = Date.parse('2026-11-21T09:10:30.000Z');
const policy = ScalePolicy.parse({ outAbove: 70, inBelow: 30, forMinutes: 3, coolDownMinutes: 10 });
const ids = ['1', '2', '3'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111` as ServerId);
const member = (serverId: ServerId, index: number): Member => ({ serverId, jobId: serverId as never, ordinal: index + 1, requestedAt: '', phase: 'joined', isReleased: false, retryAt: null });
const { template } = GroupSpec.parse({ name: 'shop' });
const group: Group = {
  status: 'active', groupId: ids[0] as unknown as GroupId, projectId: ids[0] as unknown as ProjectId, name: 'shop', template, min: 2, max: 4, target: 3, policy, isPaused: false, keepsServers: false,
  members: ids.map(member), lastOrdinal: 3, lastScaledAt: null, failures: 0, isStalled: false, createdAt: '',
};
const readings: Readings = new Map(ids.map((id) => [id, { status: 'active', note: null, isProtected: false, isCordoned: false }]));
const minutes = (cpu: readonly (number | undefined)[], servers = 3): LoadMinute[] =>
  cpu.flatMap((cpuPercent, index) => (cpuPercent === undefined ? [] : [{ at: `2026-11-21T09:0${7 + index}:00.000Z`, cpuPercent, memoryPercent: 50, servers }]));
const judge = (over: Partial<Group>, cpu: readonly (number | undefined)[], servers = 3) => judgeLoad({ ...group, ...over }, { readings, minutes: minutes(cpu, servers) }, now);

describe('the rule of a group', () => {
  test('looks at whole minutes only', () => expect(windowOf(policy, now)).toEqual({ from: '2026-11-21T09:07:00.000Z', to: '2026-11-21T09:10:00.000Z' }));
  test('asks for one more when it was busy in every minute', () =>
    expect(judge({}, [80, 90, 71])).toEqual({ percent: (80 + 90 + 71) / 3, to: 4, note: 'CPU was 80 % on average in the last 3 minutes, above 70 %: one server more.' }));
  test('lets one go when it was idle in every minute', () => expect(judge({}, [10, 29, 0])).toMatchObject({ to: 2 }));
  test.each([[[80, 70, 90]], [[10, 30, 10]], [[80, 10, 80]], [[50, 50, 50]]])('stays with %j', (cpu) => expect(judge({}, cpu)).toMatchObject({ to: null }));
  test('stays within its bounds', () => {
    expect(judge({ max: 3 }, [90, 90, 90])).toMatchObject({ to: null, note: expect.stringContaining('its most servers') });
    expect(judge({ min: 3 }, [1, 1, 1])).toMatchObject({ to: null, note: expect.stringContaining('its fewest servers') });
  });
  test('rests after a change', () => {
    expect(judge({ lastScaledAt: '2026-11-21T09:00:31.000Z' }, [90, 90, 90])).toMatchObject({ to: null, note: expect.stringContaining('rests until 09:10') });
    expect(judge({ lastScaledAt: '2026-11-21T09:00:30.000Z' }, [90, 90, 90])).toMatchObject({ to: 4 });
  });
  test('says so and stays where the picture is not whole', () => {
    const part = 'The metrics service has 2 of the last 3 minutes of most servers. The group stays as it is.';
    expect(judge({}, [90, undefined, 90])).toEqual({ percent: null, to: null, note: part });
    expect(judge({}, [90, 90, 90], 1), 'one of three servers speaks for none').toMatchObject({ to: null, percent: null });
    expect(judge({}, [])).toMatchObject({ to: null, percent: null });
  });
  test('waits for servers that are on their way, and measures nobody in an empty group', () => {
    expect(judge({ target: 4 }, [90, 90, 90])).toMatchObject({ to: null, note: expect.stringContaining('waits for them') });
    expect(judge({ members: [], target: 0, min: 0 }, [])).toMatchObject({ to: null, note: expect.stringContaining('nothing to measure') });
    expect(judge({ isPaused: true }, [90, 90, 90])).toMatchObject({ to: null });
  });
  test('may go by memory', () => expect(judge({ policy: { ...policy, metric: 'memory', outAbove: 49 } }, [1, 1, 1])).toMatchObject({ to: 4, note: expect.stringContaining('memory was 50 %') }));
});

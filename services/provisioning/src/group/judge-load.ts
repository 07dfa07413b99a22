/** Whether a group's load moves its target, pure. Without the whole picture it stays as it is, and says what is missing. */
import type { LoadMinute, ScalePolicy } from '@citrus/contracts';
import type { Readings } from './group.commands.ts';
import { isLive } from './converge.ts';
import type { Group } from './group.state.ts';

const MINUTE_MS = 60_000;

export type Judgement = {
  /** The average over the rule's minutes; null where there is no whole picture. */
  readonly percent: number | null;
  /** The new target, if it moves. */
  readonly to: number | null;
  /** For people: what was found and what follows. */
  readonly note: string;
};

const NAMES: Record<ScalePolicy['metric'], string> = { cpu: 'CPU', memory: 'memory' };
const valueOf = (metric: ScalePolicy['metric'], { cpuPercent, memoryPercent }: LoadMinute): number => (metric === 'cpu' ? cpuPercent : memoryPercent);
const inMinutes = (minutes: number) => (minutes === 1 ? 'minute' : `${minutes} minutes`);
const stay = (note: string, percent: number | null = null): Judgement => ({ percent, to: null, note });

/** The whole minutes that a rule looks at. */
export const windowOf = ({ forMinutes }: ScalePolicy, now: number): { readonly from: string; readonly to: string } => {
  const end = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  return { from: new Date(end - forMinutes * MINUTE_MS).toISOString(), to: new Date(end).toISOString() };
};

/** Who does work that can be measured. */
export const activeMembers = (group: Group, readings: Readings) =>
  group.members.filter((member) => isLive(member, readings) && readings.get(member.serverId)?.status === 'active').map(({ serverId }) => serverId);

const judgePicture = (group: Group, policy: ScalePolicy, values: readonly number[]): Judgement => {
  const percent = values.reduce((sum, value) => sum + value, 0) / values.length;
  const found = `${NAMES[policy.metric]} was ${Math.round(percent)} % on average in the last ${inMinutes(policy.forMinutes)}`;
  const isHigh = values.every((value) => value > policy.outAbove);
  const isLow = values.every((value) => value < policy.inBelow);
  if (isHigh) return group.target < group.max ? { percent, to: group.target + 1, note: `${found}, above ${policy.outAbove} %: one server more.` } : stay(`${found}, above ${policy.outAbove} %, but the group has its most servers.`, percent);
  if (isLow) return group.target > group.min ? { percent, to: group.target - 1, note: `${found}, below ${policy.inBelow} %: one server less.` } : stay(`${found}, below ${policy.inBelow} %, but the group has its fewest servers.`, percent);
  return stay(`${found}: enough servers.`, percent);
};

export const judgeLoad = (group: Group, { readings, minutes }: { readonly readings: Readings; readonly minutes: readonly LoadMinute[] }, now: number): Judgement => {
  const { policy } = group;
  if (!policy) return stay('This group has no rule.');
  if (group.isPaused || group.status !== 'active') return stay('The group is paused.');
  const restEndsAt = group.lastScaledAt === null ? 0 : Date.parse(group.lastScaledAt) + policy.coolDownMinutes * MINUTE_MS;
  if (now < restEndsAt) return stay(`It rests until ${new Date(restEndsAt).toISOString().slice(11, 16)} UTC, after the last change.`);
  const active = activeMembers(group, readings).length;
  const live = group.members.filter((member) => isLive(member, readings)).length;
  if (active === 0) return stay('No server of the group is active, so there is nothing to measure.');
  if (active !== live || live !== group.target) return stay('Servers of the group are on their way; it waits for them.');
  const { from } = windowOf(policy, now);
  const known = new Map(minutes.map((minute) => [Date.parse(minute.at), minute]));
  const wanted = Array.from({ length: policy.forMinutes }, (_, index) => known.get(Date.parse(from) + index * MINUTE_MS));
  const enough = wanted.filter((minute) => minute !== undefined && minute.servers * 2 > active) as LoadMinute[];
  if (enough.length < policy.forMinutes) return stay(`The metrics service has ${enough.length} of the last ${inMinutes(policy.forMinutes)} of most servers. The group stays as it is.`);
  return judgePicture(group, policy, enough.map((minute) => valueOf(policy.metric, minute)));
};

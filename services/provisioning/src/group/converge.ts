/**
 * What a group does next, pure: from what it wants and what the catalogue shows follows who is asked for and who is let go.
 * Everything that was decided stands in the log before anything is done; what is left to do follows from the log again
 * (`dutiesOf`), so a process that dies in between has lost nothing, and doing it twice does it once.
 */
import type { ServerId } from '@citrus/contracts';
import type { Converge, Reading, Readings } from './group.commands.ts';
import type { GroupEvent } from './group.events.ts';
import { evolve, type Group, type Member } from './group.state.ts';

/** So many members fail one after the other until the group gives up replacing them. */
export const MOST_FAILURES = 3;

const IS_OVER: ReadonlySet<Reading['status']> = new Set(['failed', 'deleting', 'deleted']);

/** It works, or will as far as anybody knows. */
export const isLive = ({ serverId, isReleased }: Member, readings: Readings): boolean => {
  const reading = readings.get(serverId);
  return !isReleased && !(reading && IS_OVER.has(reading.status));
};

/** What the catalogue tells that the group's log does not know yet. */
const newsOf = ({ groupId, at }: { groupId: Group['groupId']; at: string }, { serverId, phase, isReleased }: Member, reading: Reading | undefined): GroupEvent[] => {
  if (!reading) return [];
  if (reading.status === 'deleted') return [{ type: 'MemberLeft', data: { groupId, serverId, as: 'removed', at } }];
  if (isReleased) return [];
  if (reading.status === 'active' && phase !== 'joined') return [{ type: 'MemberJoined', data: { groupId, serverId, at } }];
  if (reading.status === 'failed' && phase !== 'failed') return [{ type: 'MemberFailed', data: { groupId, serverId, reason: reading.note ?? 'It has failed.', at } }];
  return [];
};

/** Whom the group misses least comes first: who takes no work, who does not work yet, then the newest. */
const byWorth = (readings: Readings) => (one: Member, other: Member): number => {
  const cost = ({ serverId, phase }: Member) => (readings.get(serverId)?.isCordoned ? 0 : phase === 'joined' ? 2 : 1);
  return cost(one) - cost(other) || other.ordinal - one.ordinal;
};

const release = (group: Group, { serverId }: Member, why: 'scale-in' | 'failed' | 'group-deleted', at: string): GroupEvent => ({ type: 'MemberReleased', data: { groupId: group.groupId, serverId, why, at } });

/** A group that ends lets go of all; those that are to stay, or that somebody protects, become ordinary servers. */
const dissolve = (group: Group, readings: Readings, at: string): GroupEvent[] => {
  const { groupId } = group;
  const events = group.members.filter(({ isReleased }) => !isReleased).map((member): GroupEvent => {
    const reading = readings.get(member.serverId);
    const stays = reading !== undefined && (group.keepsServers || reading.isProtected);
    return stays ? { type: 'MemberLeft', data: { groupId, serverId: member.serverId, as: 'ordinary-server', at } } : release(group, member, 'group-deleted', at);
  });
  return group.members.length === events.filter(({ type }) => type === 'MemberLeft').length ? [...events, { type: 'GroupDeleted', data: { groupId, at } }] : events;
};

/** Those that have failed make room for others, as long as others have a chance; the last one stays for people to look at. */
const replaceFailed = (group: Group, readings: Readings, at: string): GroupEvent[] => {
  if (group.isStalled) return [];
  const failed = group.members.filter(({ serverId, isReleased }) => !isReleased && readings.get(serverId)?.status === 'failed');
  if (group.failures >= MOST_FAILURES && failed.length > 0) {
    const newest = failed.at(-1);
    const reason = (newest && readings.get(newest.serverId)?.note) ?? 'It is not known why.';
    return [{ type: 'GroupStalled', data: { groupId: group.groupId, reason: `${group.failures} servers have failed one after the other. The last one: ${reason}`, at } }];
  }
  return failed.filter(({ serverId }) => !readings.get(serverId)?.isProtected).map((member) => release(group, member, 'failed', at));
};

const shrink = (group: Group, surplus: number, readings: Readings, at: string): GroupEvent[] =>
  group.members
    .filter((member) => isLive(member, readings) && !readings.get(member.serverId)?.isProtected)
    .toSorted(byWorth(readings))
    .slice(0, surplus)
    .map((member) => release(group, member, 'scale-in', at));

/** A machine that is being deleted still counts: there are never more than `max`, not even for a moment. */
const grow = (group: Group, missing: number, newIds: readonly ServerId[], at: string): GroupEvent[] => {
  if (group.isStalled) return [];
  const room = Math.max(0, group.max - group.members.length);
  return newIds.slice(0, Math.min(missing, room)).map((serverId, index) => ({
    type: 'MemberRequested',
    // The job is the server's own: who asks again, asks for the same server.
    data: { groupId: group.groupId, serverId, jobId: serverId as unknown as Member['jobId'], ordinal: group.lastOrdinal + index + 1, at },
  }));
};

export const converge = ({ at, data: { readings, newIds } }: Converge, before: Group): GroupEvent[] => {
  if (before.status === 'deleted') return [];
  const events: GroupEvent[] = [];
  let group = before;
  const take = (made: readonly GroupEvent[]): void => {
    events.push(...made);
    group = made.reduce<Group>((state, event) => evolve(state, event) as Group, group);
  };
  take(group.members.flatMap((member) => newsOf({ groupId: group.groupId, at }, member, readings.get(member.serverId))));
  if (group.status === 'deleting') {
    take(dissolve(group, readings, at));
    return events;
  }
  if (group.isPaused) return events;
  take(replaceFailed(group, readings, at));
  const live = group.members.filter((member) => isLive(member, readings)).length;
  if (live > group.target) take(shrink(group, live - group.target, readings, at));
  else if (live < group.target) take(grow(group, group.target - live, newIds, at));
  return events;
};

export type Duty =
  /** To be asked for, under its own job. */
  | { readonly do: 'provision'; readonly member: Member }
  /** Never asked for, as far as the catalogue shows: its job must never make it any more. */
  | { readonly do: 'withdraw'; readonly member: Member }
  | { readonly do: 'delete'; readonly member: Member };

/** What has been decided and is not done, or not seen to be done. */
export const dutiesOf = (group: Group, readings: Readings, now: number): Duty[] =>
  group.members.flatMap((member): Duty[] => {
    const reading = readings.get(member.serverId);
    if (member.isReleased) {
      if (!reading) return [{ do: 'withdraw', member }];
      return reading.status === 'deleting' || reading.status === 'deleted' ? [] : [{ do: 'delete', member }];
    }
    if (reading || group.status !== 'active') return [];
    return member.retryAt !== null && now < Date.parse(member.retryAt) ? [] : [{ do: 'provision', member }];
  });

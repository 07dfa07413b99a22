/** A group as its log tells it. Members are those that may still have a machine: whoever has left is forgotten. */
import type { GroupId, GroupTemplate, JobId, ProjectId, ScalePolicy, ServerId } from '@citrus/contracts';
import type { z } from 'zod';
import type { GroupDataOf, GroupEvent } from './group.events.ts';

export type Template = z.infer<typeof GroupTemplate>;

export type Member = {
  readonly serverId: ServerId;
  readonly jobId: JobId;
  readonly ordinal: number;
  readonly requestedAt: string;
  /** What the group has heard of it last. */
  readonly phase: 'starting' | 'joined' | 'failed';
  readonly isReleased: boolean;
  readonly retryAt: string | null;
};

export type Group = {
  readonly status: 'active' | 'deleting' | 'deleted';
  readonly groupId: GroupId;
  readonly projectId: ProjectId;
  readonly name: string;
  readonly template: Template;
  readonly min: number;
  readonly max: number;
  readonly target: number;
  readonly policy: ScalePolicy | null;
  readonly isPaused: boolean;
  readonly keepsServers: boolean;
  readonly members: readonly Member[];
  readonly lastOrdinal: number;
  readonly lastScaledAt: string | null;
  /** One after the other, since the last one that became active. */
  readonly failures: number;
  readonly isStalled: boolean;
  readonly createdAt: string;
};
export type GroupState = { readonly status: 'none' } | Group;

const member = (group: Group, serverId: ServerId, change: Partial<Member>): Group => ({
  ...group, members: group.members.map((one) => (one.serverId === serverId ? { ...one, ...change } : one)),
});

const CHANGEABLE = ['name', 'template', 'min', 'max', 'target', 'policy'] as const;
/** What such an event changes. */
export const changesOf = (data: GroupDataOf<'GroupChanged'>): Partial<Pick<Group, (typeof CHANGEABLE)[number]>> =>
  Object.fromEntries(CHANGEABLE.flatMap((field) => (data[field] === undefined ? [] : [[field, data[field]]])));

/** Whoever touches it has it try again. */
const TRIES_AGAIN = { failures: 0, isStalled: false } as const;

const evolveGroup = (group: Group, event: GroupEvent): Group => {
  switch (event.type) {
    case 'GroupCreated': return group;
    case 'GroupChanged': return { ...group, ...changesOf(event.data), ...TRIES_AGAIN };
    case 'GroupPaused': return { ...group, isPaused: true };
    case 'GroupResumed': return { ...group, isPaused: false, ...TRIES_AGAIN };
    case 'ScaleDecided': return { ...group, target: event.data.to, lastScaledAt: event.data.at };
    case 'MemberRequested': {
      const { serverId, jobId, ordinal, at } = event.data;
      return { ...group, lastOrdinal: ordinal, members: [...group.members, { serverId, jobId, ordinal, requestedAt: at, phase: 'starting', isReleased: false, retryAt: null }] };
    }
    case 'MemberRefused': return member(group, event.data.serverId, { retryAt: event.data.retryAt });
    case 'MemberJoined': return { ...member(group, event.data.serverId, { phase: 'joined', retryAt: null }), ...TRIES_AGAIN };
    case 'MemberFailed': return { ...member(group, event.data.serverId, { phase: 'failed' }), failures: group.failures + 1 };
    case 'GroupStalled': return { ...group, isStalled: true };
    case 'MemberReleased': return member(group, event.data.serverId, { isReleased: true });
    case 'MemberLeft': return { ...group, members: group.members.filter(({ serverId }) => serverId !== event.data.serverId) };
    case 'GroupDeletionRequested': return { ...group, status: 'deleting', keepsServers: event.data.keepsServers };
    case 'GroupDeleted': return { ...group, status: 'deleted' };
  }
};

export const evolve = (group: GroupState, event: GroupEvent): GroupState => {
  if (group.status !== 'none') return evolveGroup(group, event);
  if (event.type !== 'GroupCreated') return group;
  const { at, ...wanted } = event.data;
  return { ...wanted, status: 'active', isPaused: false, keepsServers: false, members: [], lastOrdinal: 0, lastScaledAt: null, failures: 0, isStalled: false, createdAt: at };
};

/** The read model `server_groups`: one row a group, with its members as the group knows them. */
import { aggregateIdOf, type ScalePolicy } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { groupEvents, parseGroupEvent, type GroupDataOf, type GroupEvent } from './group.events.ts';
import { changesOf, type Template } from './group.state.ts';

export type MemberRow = { readonly serverId: string; readonly name: string; readonly requestedAt: string; readonly isReleased: boolean };

export type GroupRow = {
  id: string; project_id: string; name: string; status: 'active' | 'deleting' | 'deleted'; is_paused: boolean; is_stalled: boolean;
  min: number; max: number; target: number; template: Template; policy: ScalePolicy | null; members: readonly MemberRow[]; note: string | null;
  created_at: string; updated_at: string;
};

/** What a member's server is called. */
export const nameOfMember = (groupName: string, ordinal: number): string => `${groupName}-${ordinal}`;


const released = (members: readonly MemberRow[], serverId: string): MemberRow[] => members.map((member) => (member.serverId === serverId ? { ...member, isReleased: true } : member));

const changeBy = (event: Exclude<GroupEvent, { type: 'GroupCreated' }>, row: GroupRow): Partial<GroupRow> => {
  switch (event.type) {
    case 'GroupChanged': return { ...changesOf(event.data), is_stalled: false, note: null };
    case 'GroupPaused': return { is_paused: true };
    case 'GroupResumed': return { is_paused: false, is_stalled: false, note: null };
    case 'ScaleDecided': return { target: event.data.to, note: event.data.why };
    case 'MemberRequested': {
      const { serverId, ordinal, at } = event.data;
      return { members: [...row.members, { serverId, name: nameOfMember(row.name, ordinal), requestedAt: at, isReleased: false }] };
    }
    case 'MemberRefused': return { note: `${event.data.reason} It is asked again.` };
    case 'MemberJoined': return { is_stalled: false, note: null };
    case 'MemberFailed': return { note: `A server has failed: ${event.data.reason}` };
    case 'GroupStalled': return { is_stalled: true, note: event.data.reason };
    case 'MemberReleased': return { members: released(row.members, event.data.serverId) };
    case 'MemberLeft': return { members: row.members.filter(({ serverId }) => serverId !== event.data.serverId) };
    case 'GroupDeletionRequested': return { status: 'deleting', note: event.data.keepsServers ? 'Its servers become ordinary ones.' : 'Its servers are being deleted.' };
    case 'GroupDeleted': return { status: 'deleted', note: null };
  }
};

const created = ({ groupId, projectId, name, min, max, target, template, policy }: GroupDataOf<'GroupCreated'>, at: string): GroupRow => ({
  id: groupId, project_id: projectId, name, status: 'active', is_paused: false, is_stalled: false, min, max, target, template, policy, members: [], note: null, created_at: at, updated_at: at,
});

export const groupsProjection = defineFold<GroupRow>({
  name: 'server_groups',
  version: 1,
  table: 'server_groups',
  key: ['id'],
  handles: Object.keys(groupEvents),
  keyOf: ({ stream }) => [aggregateIdOf(stream)],
  evolve: (row, envelope) => {
    const event = parseGroupEvent(envelope);
    if (!event) return row;
    if (event.type === 'GroupCreated') return created(event.data, envelope.at);
    return row && { ...row, ...changeBy(event, row), updated_at: envelope.at };
  },
});

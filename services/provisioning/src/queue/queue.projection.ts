/** The read model `server_queue`: which servers wait for the cloud to be asked for their machine, since when, how urgently. */
import { aggregateIdOf, type ServerPriority } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import { parseServerEvent, type ServerEvent, type ServerEventType } from '../server/server.events.ts';

type QueueRow = { server_id: string; project_id: string; cloud_id: string | null; priority: number; since: string; is_waiting: boolean };

const RANK: Record<ServerPriority, number> = { high: 0, normal: 1, low: 2 };

/** What makes a server wait for its turn, and what ends that. */
const IS_WAITING: Partial<Record<ServerEventType, boolean>> = {
  RetryRequested: true, DropletCreateRefused: true, DropletCreateLost: true,
  DropletCreateIntended: false, DropletAccepted: false, ServerFailed: false, DeletionRequested: false,
};

const changed = (row: QueueRow, { type, data: { at } }: ServerEvent): QueueRow | undefined => {
  if (type === 'ServerDeleted') return undefined;
  return { ...row, is_waiting: IS_WAITING[type] ?? row.is_waiting, ...(type === 'RetryRequested' && { since: at }) };
};

export const serverQueueProjection = defineFold<QueueRow>({
  name: 'server_queue',
  version: 1,
  table: 'server_queue',
  key: ['server_id'],
  handles: ['ServerRequested', 'ServerDeleted', ...Object.keys(IS_WAITING)],
  keyOf: ({ stream }) => [aggregateIdOf(stream)],
  evolve: (row, envelope) => {
    const event = parseServerEvent(envelope);
    if (!event) return row;
    if (event.type !== 'ServerRequested') return row && changed(row, event);
    const { serverId, projectId, provider, cloudId, spec, at } = event.data;
    if (provider === 'none') return row;
    return { server_id: serverId, project_id: projectId, cloud_id: cloudId ?? null, priority: RANK[spec.priority ?? 'normal'], since: at, is_waiting: true };
  },
});

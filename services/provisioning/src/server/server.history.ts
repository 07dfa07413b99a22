/** Servers at any instant, in the shape that people see them in now. */
import type { Server } from '@citrus/contracts';
import { defineReadModel } from '@citrus/kit-service';
import { serversProjection, type ServerRow } from './server.projection.ts';

const serverOf = (row: ServerRow): Server =>
  ({
    id: row.id, projectId: row.project_id, name: row.name, status: row.status, provider: row.provider, cloudId: row.cloud_id, region: row.region, size: row.size, image: row.image, tags: row.tags,
    dropletRef: row.droplet_ref, ipAddress: row.ip_address, agentId: row.agent_id, note: row.note,
    power: row.power, isProtected: row.is_protected, backups: row.backups,
    action: row.action_id === null ? null : { id: row.action_id, type: row.action_type, since: row.action_since, note: row.action_note },
    maintenance: row.maintenance_since === null ? null : { since: row.maintenance_since, reason: row.maintenance_reason },
    // A place in the queue is of the moment alone.
    queue: null,
    createdAt: row.created_at, updatedAt: row.updated_at,
  }) as unknown as Server;

export const serversAsTheyWere = defineReadModel<ServerRow>({ of: 'server', fold: serversProjection, projectOf: (row) => row.project_id, show: serverOf });

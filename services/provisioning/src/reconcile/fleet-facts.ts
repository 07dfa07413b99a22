/** All servers as the log tells them at this moment: the read model, once it has come to the log's end. */
import type { CloudId, ProjectId, ServerId } from '@citrus/contracts';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import type { ProvisioningDatabase } from '../database.ts';
import type { Servers, ServerFacts } from './findings.ts';

type Parts = { readonly db: Kysely<ProvisioningDatabase>; readonly store: Pick<EventStore, 'head'>; readonly projections: Pick<Projections, 'reached'> };

export const readFleetFacts = async ({ db, store, projections }: Parts): Promise<Servers> => {
  await projections.reached(await store.head());
  const rows = await db.selectFrom('servers').select(['id', 'project_id', 'name', 'status', 'provider', 'cloud_id', 'droplet_ref', 'size', 'tags', 'power', 'action_id', 'updated_at']).execute();
  return new Map(rows.map((row): [ServerId, ServerFacts] => [row.id as ServerId, {
    serverId: row.id as ServerId, projectId: row.project_id as ProjectId, name: row.name, status: row.status, hasJoined: row.provider === 'none', cloudId: row.cloud_id as CloudId | null,
    machineRef: row.droplet_ref, size: row.size, tags: row.tags, power: row.power, isActedOn: row.action_id !== null, updatedAt: row.updated_at.toISOString(),
  }]));
};

import type { FleetServer, ProjectId } from '@citrus/contracts';
import type { ReadonlyKysely } from 'kysely/readonly';
import type { ProvisioningDatabase } from '../database.ts';

/** What a filter goes by, of the project's servers that are there. */
export const fleetPage = async (db: ReadonlyKysely<ProvisioningDatabase>, projectId: ProjectId, { after, limit }: { after?: string | undefined; limit: number }): Promise<{ items: FleetServer[]; nextAfter: FleetServer['id'] | null }> => {
  let query = db.selectFrom('servers').select(['id', 'name', 'tags', 'region', 'size', 'image', 'status']).where('project_id', '=', projectId).where('status', '<>', 'deleted');
  if (after !== undefined) query = query.where('id', '>', after);
  const rows = await query.orderBy('id').limit(limit + 1).execute();
  const items = rows.slice(0, limit) as FleetServer[];
  return { items, nextAfter: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
};

/** Reading servers: one, or a page of a project's. Never writes. */
import { Instant, plainText, type listServers, type Server, type ServerId } from '@citrus/contracts';
import { ContractViolation, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { gather } from '@citrus/kit-event-store';
import { sql, type Selectable } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import { z } from 'zod';
import type { ProvisioningDatabase } from '../database.ts';

export type ListServers = z.infer<typeof listServers.input>;

/** Why its cloud credential is refused, where it is: then nothing goes on in the cloud, whatever the server's own story says. */
const cloudNote = sql<string | null>`(select c.note from cloud_credentials c where c.id = servers.cloud_id and c.is_refused)`.as('cloud_note');
type Row = Selectable<ProvisioningDatabase['servers']> & { readonly cloud_note: string | null };

const IN_THE_CLOUD: ReadonlySet<string> = new Set(['creating', 'provisioning', 'initializing', 'deleting']);
const noteOf = ({ status, note, cloud_note: cloud }: Row): string | null =>
  cloud !== null && IN_THE_CLOUD.has(status) ? `Waits for another API token. ${cloud} An admin of the project can give it a new one.` : note;

const serverOf = (row: Row): Server =>
  ({
    id: row.id, projectId: row.project_id, name: row.name, status: row.status, provider: row.provider, cloudId: row.cloud_id, region: row.region, size: row.size, image: row.image, tags: row.tags,
    dropletRef: row.droplet_ref, ipAddress: row.ip_address, agentId: row.agent_id, note: noteOf(row),
    power: row.power, isProtected: row.is_protected, backups: row.backups,
    action: row.action_id === null ? null : { id: row.action_id, type: row.action_type, since: row.action_since?.toISOString(), note: row.action_note },
    maintenance: row.maintenance_since && { since: row.maintenance_since.toISOString(), reason: row.maintenance_reason },
    createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(),
  }) as Server;

/** Where a page ended: the value that is sorted by, and the id. */
const parseCursor = (text: string, column: 'name' | 'created_at'): [string, string] => {
  try {
    return z.tuple([column === 'name' ? plainText(64) : Instant, z.uuid()]).parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new ContractViolation('The cursor is not one of ours.', [{ path: 'cursor', message: 'take it from nextCursor of the page before' }], { cause });
  }
};

export type ServerQueries = {
  read(scope: Scope, serverId: ServerId): Promise<Server | undefined>;
  list(scope: ProjectScope, request: Omit<ListServers, 'projectId'>): Promise<{ items: Server[]; nextCursor: string | null }>;
};

const SORTS = {
  name: { column: 'name', direction: 'asc' }, '-name': { column: 'name', direction: 'desc' },
  createdAt: { column: 'created_at', direction: 'asc' }, '-createdAt': { column: 'created_at', direction: 'desc' },
} as const;

export const openServerQueries = (db: ReadonlyKysely<ProvisioningDatabase>): ServerQueries => {
  const matching = ({ projectId }: ProjectScope, { status, name, region, tag }: Omit<ListServers, 'projectId'>) => {
    let query = db.selectFrom('servers').selectAll().select(cloudNote).where('project_id', '=', projectId);
    query = status ? query.where('status', '=', status) : query.where('status', '<>', 'deleted');
    if (name !== undefined) query = query.where(sql<boolean>`position(lower(${name}) in name) > 0`);
    if (region !== undefined) query = query.where('region', '=', region);
    if (tag !== undefined) query = query.where(sql<boolean>`tags @> array[${tag}]::text[]`);
    return query;
  };
  /** Many who are let through at the same moment are shown what they have changed. */
  const readInternally = gather(async (ids: readonly ServerId[]): Promise<(Server | undefined)[]> => {
    const rows = await db.selectFrom('servers').selectAll().select(cloudNote).where(sql<boolean>`id = any(${ids}::uuid[])`).execute();
    const found = new Map(rows.map((row) => [row.id, serverOf(row)]));
    return ids.map((id) => found.get(id));
  }, { inFlight: 2 });
  return {
    read: async (scope, serverId) => {
      if (scope.kind !== 'project') return readInternally(serverId);
      const row = await db.selectFrom('servers').selectAll().select(cloudNote).where('id', '=', serverId).where('project_id', '=', scope.projectId).executeTakeFirst();
      return row && serverOf(row);
    },
    list: async (scope, request) => {
      const { column, direction } = SORTS[request.sort];
      let query = matching(scope, request).orderBy(column, direction).orderBy('id', direction).limit(request.limit + 1);
      if (request.cursor !== undefined) {
        const [value, id] = parseCursor(request.cursor, column);
        const than = sql.raw(direction === 'asc' ? '>' : '<');
        const cast = sql.raw(column === 'name' ? 'text' : 'timestamptz');
        query = query.where(sql<boolean>`(${sql.ref(column)}, id) ${than} (${value}::${cast}, ${id}::uuid)`);
      }
      const items = (await query.execute()).map(serverOf);
      if (items.length <= request.limit) return { items, nextCursor: null };
      items.length = request.limit;
      const last = items.at(-1);
      const end = last && [column === 'name' ? last.name : last.createdAt, last.id];
      return { items, nextCursor: Buffer.from(JSON.stringify(end)).toString('base64url') };
    },
  };
};

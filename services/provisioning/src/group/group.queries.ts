/** Reading groups, with their servers as the catalogue shows them now. Never writes. */
import type { GroupId, GroupMember, listGroups, ServerGroup, ServerId, ServerStatus } from '@citrus/contracts';
import { ContractViolation, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { sql, type Selectable } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import { z } from 'zod';
import type { ProvisioningDatabase } from '../database.ts';
import type { Reading, Readings } from './group.commands.ts';

type Row = Selectable<ProvisioningDatabase['server_groups']> & { readonly load: ServerGroup['load'] };
type Shown = ReadonlyMap<string, { readonly name: string; readonly status: ServerStatus }>;

const groupOf = (row: Row, servers: Shown): ServerGroup =>
  ({
    id: row.id, projectId: row.project_id, name: row.name, status: row.status, isPaused: row.is_paused, isStalled: row.is_stalled, min: row.min, max: row.max, target: row.target,
    template: row.template, policy: row.policy, note: row.note, load: row.policy === null ? null : row.load,
    members: row.members.map((member): GroupMember => ({ ...member, serverId: member.serverId as ServerId, name: servers.get(member.serverId)?.name ?? member.name, status: servers.get(member.serverId)?.status ?? null })),
    createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(),
  }) as ServerGroup;

export type GroupQueries = {
  read(scope: Scope, groupId: GroupId): Promise<ServerGroup | undefined>;
  list(scope: ProjectScope, page: Omit<z.infer<typeof listGroups.input>, 'projectId'>): Promise<z.infer<typeof listGroups.reply>>;
  /** What the catalogue shows of these servers. */
  readingsOf(serverIds: readonly ServerId[]): Promise<Readings>;
};

const positionOf = (cursor: string): [string, string] => {
  try {
    return z.tuple([z.string().max(64), z.uuid()]).parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw new ContractViolation('The cursor is not one of ours.', [{ path: 'cursor', message: 'take it from nextCursor of the page before' }], { cause });
  }
};

export const openGroupQueries = (db: ReadonlyKysely<ProvisioningDatabase>): GroupQueries => {
  const groups = () => db.selectFrom('server_groups').leftJoin('group_work', 'group_work.group_id', 'server_groups.id').selectAll('server_groups').select('group_work.load');
  const withServers = async (rows: readonly Row[]): Promise<ServerGroup[]> => {
    const ids = rows.flatMap(({ members }) => members.map(({ serverId }) => serverId));
    const servers = ids.length === 0 ? [] : await db.selectFrom('servers').select(['id', 'name', 'status']).where('id', 'in', ids).execute();
    const shown: Shown = new Map(servers.map((server) => [server.id, server]));
    return rows.map((row) => groupOf(row, shown));
  };
  return {
    read: async (scope, groupId) => {
      let query = groups().where('server_groups.id', '=', groupId);
      if (scope.kind === 'project') query = query.where('server_groups.project_id', '=', scope.projectId);
      const [group] = await withServers(await query.execute());
      return group;
    },
    list: async ({ projectId }, { cursor, limit }) => {
      let query = groups().where('server_groups.project_id', '=', projectId).where('server_groups.status', '<>', 'deleted').orderBy('server_groups.name').orderBy('server_groups.id').limit(limit + 1);
      if (cursor !== undefined) {
        const [name, id] = positionOf(cursor);
        query = query.where(sql<boolean>`(server_groups.name, server_groups.id) > (${name}, ${id}::uuid)`);
      }
      const rows = await query.execute();
      const items = await withServers(rows.slice(0, limit));
      const last = rows.length > limit ? items.at(-1) : undefined;
      return { items, nextCursor: last ? Buffer.from(JSON.stringify([last.name, last.id])).toString('base64url') : null };
    },
    readingsOf: async (serverIds) => {
      if (serverIds.length === 0) return new Map();
      const rows = await db.selectFrom('servers').select(['id', 'status', 'note', 'is_protected', 'maintenance_since']).where('id', 'in', serverIds).execute();
      return new Map(rows.map((row): [ServerId, Reading] => [row.id as ServerId, { status: row.status, note: row.note, isProtected: row.is_protected, isCordoned: row.maintenance_since !== null }]));
    },
  };
};

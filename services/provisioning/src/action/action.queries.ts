/** Reading what was done with servers. Never writes. */
import { Instant, type ActionId, type ActionRecord, type ServerId } from '@citrus/contracts';
import { ContractViolation, type ProjectScope, type Scope } from '@citrus/kit-domain';
import { sql, type Selectable } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import { z } from 'zod';
import type { ProvisioningDatabase } from '../database.ts';

const recordOf = (row: Selectable<ProvisioningDatabase['server_actions']>): ActionRecord =>
  ({
    id: row.id, serverId: row.server_id, action: row.action, status: row.status, note: row.note, requestedBy: row.requested_by, snapshotRef: row.snapshot_ref,
    requestedAt: row.requested_at.toISOString(), startedAt: row.started_at?.toISOString() ?? null, endedAt: row.ended_at?.toISOString() ?? null,
  }) as ActionRecord;

const Cursor = z.tuple([Instant, z.uuid()]);
const parseCursor = (text: string): z.infer<typeof Cursor> => {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new ContractViolation('The cursor is not one of ours.', [{ path: 'cursor', message: 'take it from nextCursor of the page before' }], { cause });
  }
};

export type ActionQueries = {
  read(scope: Scope, serverId: ServerId, actionId: ActionId): Promise<ActionRecord | undefined>;
  /** The last ones first. */
  list(scope: ProjectScope, serverId: ServerId, page: { limit: number; cursor?: string | undefined }): Promise<{ items: ActionRecord[]; nextCursor: string | null }>;
};

export const openActionQueries = (db: ReadonlyKysely<ProvisioningDatabase>): ActionQueries => ({
  read: async (scope, serverId, actionId) => {
    let query = db.selectFrom('server_actions').selectAll().where('id', '=', actionId).where('server_id', '=', serverId);
    if (scope.kind === 'project') query = query.where('project_id', '=', scope.projectId);
    const row = await query.executeTakeFirst();
    return row && recordOf(row);
  },
  list: async ({ projectId }, serverId, { limit, cursor }) => {
    let query = db.selectFrom('server_actions').selectAll().where('project_id', '=', projectId).where('server_id', '=', serverId).orderBy('requested_at', 'desc').orderBy('id', 'desc').limit(limit + 1);
    if (cursor !== undefined) {
      const [requestedAt, id] = parseCursor(cursor);
      query = query.where(sql<boolean>`(requested_at, id) < (${requestedAt}::timestamptz, ${id}::uuid)`);
    }
    const rows = (await query.execute()).map(recordOf);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return { items, nextCursor: rows.length > limit && last ? Buffer.from(JSON.stringify([last.requestedAt, last.id])).toString('base64url') : null };
  },
});

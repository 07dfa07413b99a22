/** The list of a project's invitations, and those that have grown too old. */
import { InvitationId, ProjectId, UserId, type Invitation } from '@citrus/contracts';
import type { SubjectKeys } from '@citrus/kit-event-store';
import { sql, type Kysely, type Selectable } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { pageFrom, placeOf } from '../paging.ts';
import { createPersonalTexts, places } from '../subject/personal-text.ts';

type Row = Selectable<AuthDatabase['invitations']>;
type Page = { readonly limit: number; readonly cursor?: string | undefined };

export type InvitationList = {
  /** The newest first. */
  list(projectId: string, page: Page): Promise<{ items: Invitation[]; nextCursor: string | null }>;
  /** Nothing for an invitation of another project. */
  find(projectId: string, invitationId: string): Promise<Invitation | undefined>;
  tooOld(at: Date, limit: number): Promise<string[]>;
  openIn(projectId: string): Promise<number>;
};

export const readInvitations = (db: Kysely<AuthDatabase>, keys: SubjectKeys): InvitationList => {
  const texts = createPersonalTexts(keys);
  const viewOf = async (row: Row): Promise<Invitation> => {
    const { invitation_id: id, status } = row;
    const email = status === 'pending' ? await texts.open(id, places.email(id), row.email) : undefined;
    return {
      id: InvitationId.parse(id), projectId: ProjectId.parse(row.project_id), role: row.role, email: email ?? null, status, invitedBy: UserId.parse(row.invited_by),
      invitedAt: row.invited_at.toISOString(), expiresAt: row.expires_at.toISOString(), acceptedBy: row.accepted_by === null ? null : UserId.parse(row.accepted_by),
    };
  };
  return {
    list: async (projectId, { limit, cursor }) => {
      const place = placeOf(cursor);
      let query = db.selectFrom('invitations').selectAll().where('project_id', '=', projectId);
      if (place) query = query.where(sql<boolean>`(invited_at, invitation_id) < (${place.at}::timestamptz, ${place.id}::uuid)`);
      const found = await query.orderBy('invited_at', 'desc').orderBy('invitation_id', 'desc').limit(limit + 1).execute();
      const { rows, nextCursor } = pageFrom(found, limit, (row) => ({ at: row.invited_at.toISOString(), id: row.invitation_id }));
      return { items: await Promise.all(rows.map(viewOf)), nextCursor };
    },
    find: async (projectId, invitationId) => {
      const row = await db.selectFrom('invitations').selectAll().where('invitation_id', '=', invitationId).where('project_id', '=', projectId).executeTakeFirst();
      return row && viewOf(row);
    },
    openIn: async (projectId) =>
      Number((await db.selectFrom('invitations').select(({ fn }) => fn.countAll().as('count')).where('project_id', '=', projectId).where('status', '=', 'pending').executeTakeFirstOrThrow()).count),
    tooOld: async (at, limit) =>
      (await db.selectFrom('invitations').select('invitation_id').where('status', '=', 'pending').where('expires_at', '<=', at).orderBy('expires_at').limit(limit).execute()).map((row) => row.invitation_id),
  };
};

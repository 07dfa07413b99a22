/** Questions about projects. */
import { ProjectId, type Membership, type Project } from '@citrus/contracts';
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { pageFrom, placeOf } from '../paging.ts';

type Page = { readonly limit: number; readonly cursor?: string | undefined };

export type ProjectList = {
  /** The oldest first; `all`, or only those of the memberships. The role is that of the membership. */
  list(page: Page, whose: { readonly memberships: readonly Membership[]; readonly all: boolean }): Promise<{ items: Project[]; nextCursor: string | null }>;
  nameOf(projectId: string): Promise<string | undefined>;
};

export const readProjects = (db: Kysely<AuthDatabase>): ProjectList => ({
  list: async ({ limit, cursor }, { memberships, all }) => {
    const place = placeOf(cursor);
    const roles = new Map(memberships.map(({ projectId, role }) => [projectId, role]));
    let query = db.selectFrom('projects').selectAll();
    if (!all) query = query.where('project_id', '=', sql<string>`any(${[...roles.keys()]}::uuid[])`);
    if (place) query = query.where(sql<boolean>`(created_at, project_id) > (${place.at}::timestamptz, ${place.id}::uuid)`);
    const found = await query.orderBy('created_at').orderBy('project_id').limit(limit + 1).execute();
    const { rows, nextCursor } = pageFrom(found, limit, (row) => ({ at: row.created_at.toISOString(), id: row.project_id }));
    return { items: rows.map((row) => ({ id: ProjectId.parse(row.project_id), name: row.name, createdAt: row.created_at.toISOString(), role: roles.get(row.project_id) ?? null })), nextCursor };
  },
  nameOf: async (projectId) => (await db.selectFrom('projects').select('name').where('project_id', '=', projectId).executeTakeFirst())?.name,
});

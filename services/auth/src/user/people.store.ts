/** Lists of people for those who manage them. Names and addresses are opened row by row; who was forgotten meanwhile is left out. */
import { ProjectId, UserId, type Member, type Role, type User } from '@citrus/contracts';
import type { SubjectKeys } from '@citrus/kit-event-store';
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { pageFrom, placeOf } from '../paging.ts';
import { createPersonalTexts, places, type PersonalText } from '../subject/personal-text.ts';

type Page = { readonly limit: number; readonly cursor?: string | undefined };
type Paged<Item> = { items: Item[]; nextCursor: string | null };

export type People = {
  /** Everybody, the oldest account first. */
  list(page: Page): Promise<Paged<User>>;
  membersOf(projectId: string, page: Page): Promise<Paged<Member>>;
  member(projectId: string, userId: string): Promise<Member | undefined>;
};

type Sealed = { readonly user_id: string; readonly email: PersonalText; readonly name: PersonalText };

export const readPeople = (db: Kysely<AuthDatabase>, keys: SubjectKeys): People => {
  const texts = createPersonalTexts(keys);
  const opened = async ({ user_id: userId, email, name }: Sealed) => {
    const known = { email: await texts.open(userId, places.email(userId), email), name: await texts.open(userId, places.name(userId), name) };
    return known.email === undefined || known.name === undefined ? undefined : { userId: UserId.parse(userId), email: known.email, name: known.name };
  };
  const membershipsOf = async (userIds: readonly string[]) => {
    const rows = await db.selectFrom('memberships').leftJoin('projects', 'projects.project_id', 'memberships.project_id').select(['user_id', 'memberships.project_id', 'role', 'name'])
      .where('user_id', '=', sql<string>`any(${userIds}::uuid[])`).orderBy('memberships.project_id').execute();
    return Map.groupBy(rows, ({ user_id }) => user_id);
  };
  const memberRows = (projectId: string) => db.selectFrom('memberships').innerJoin('users', 'users.user_id', 'memberships.user_id')
    .select(['users.user_id', 'email', 'name', 'role', 'created_at']).where('project_id', '=', projectId);
  const memberOf = async (row: Sealed & { readonly role: Role }): Promise<Member[]> => {
    const person = await opened(row);
    return person ? [{ ...person, role: row.role }] : [];
  };
  return {
    list: async ({ limit, cursor }) => {
      const place = placeOf(cursor);
      let query = db.selectFrom('users').leftJoin('administrators', 'administrators.user_id', 'users.user_id')
        .select(['users.user_id', 'email', 'name', 'created_at', 'administrators.user_id as administrator']);
      if (place) query = query.where(sql<boolean>`(created_at, users.user_id) > (${place.at}::timestamptz, ${place.id}::uuid)`);
      const found = await query.orderBy('created_at').orderBy('users.user_id').limit(limit + 1).execute();
      const { rows, nextCursor } = pageFrom(found, limit, (row) => ({ at: row.created_at.toISOString(), id: row.user_id }));
      const memberships = await membershipsOf(rows.map((row) => row.user_id));
      const items = await Promise.all(rows.map(async (row): Promise<User[]> => {
        const person = await opened(row);
        const projects = (memberships.get(row.user_id) ?? []).map(({ project_id, role, name }) => ({ projectId: ProjectId.parse(project_id), projectName: name ?? '', role }));
        return person ? [{ ...person, isAdministrator: row.administrator !== null, memberships: projects, createdAt: row.created_at.toISOString() }] : [];
      }));
      return { items: items.flat(), nextCursor };
    },
    membersOf: async (projectId, { limit, cursor }) => {
      const place = placeOf(cursor);
      let query = memberRows(projectId);
      if (place) query = query.where(sql<boolean>`(created_at, users.user_id) > (${place.at}::timestamptz, ${place.id}::uuid)`);
      const found = await query.orderBy('created_at').orderBy('users.user_id').limit(limit + 1).execute();
      const { rows, nextCursor } = pageFrom(found, limit, (row) => ({ at: row.created_at.toISOString(), id: row.user_id }));
      return { items: (await Promise.all(rows.map(memberOf))).flat(), nextCursor };
    },
    member: async (projectId, userId) => {
      const row = await memberRows(projectId).where('users.user_id', '=', userId).executeTakeFirst();
      return row && (await memberOf(row))[0];
    },
  };
};

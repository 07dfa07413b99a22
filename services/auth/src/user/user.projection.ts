/** Who may sign in: by e-mail address; `membership.projection.ts` adds the roles. */
import type { Caller, Role } from '@citrus/contracts';
import { defineFold } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import type { UserEvent } from './user.events.ts';

type UserRow = { user_id: string; email: string; name: string; sealed_password: string; created_at: string };

export const usersProjection = defineFold<UserRow>({
  name: 'users',
  version: 1,
  table: 'users',
  key: ['user_id'],
  handles: ['UserCreated'] satisfies UserEvent['type'][],
  keyOf: ({ data }) => [String(data['userId'])],
  evolve: (_row, { at, data }) => {
    const { userId, email, name, sealedPassword } = data as Extract<UserEvent, { type: 'UserCreated' }>['data'];
    return { user_id: userId, email, name, sealed_password: sealedPassword, created_at: at };
  },
});

export type Account = Caller & { readonly name: string; readonly sealedPassword: string };

export type Users = {
  byEmail(email: string): Promise<Account | undefined>;
  byId(userId: string): Promise<Account | undefined>;
  /** Whether there is somebody who may do something. */
  isAnyMember(): Promise<boolean>;
};

type Row = { user_id: string; email: string; name: string; sealed_password: string; project_id: string | null; role: Role | null };

const accountOf = (rows: readonly Row[]): Account | undefined => {
  const [first] = rows;
  if (!first) return undefined;
  const memberships = rows.flatMap(({ project_id: projectId, role }) => (projectId && role ? [{ projectId, role }] : []));
  return { userId: first.user_id, email: first.email, name: first.name, sealedPassword: first.sealed_password, memberships };
};

export const readUsers = (db: Kysely<AuthDatabase>): Users => {
  // One query, whether there is such a user or not: a second one would tell by its time.
  const rows = () => db.selectFrom('users').leftJoin('memberships', 'memberships.user_id', 'users.user_id')
    .select(['users.user_id', 'email', 'name', 'sealed_password', 'project_id', 'role']).orderBy('project_id');
  return {
    byEmail: async (email) => accountOf(await rows().where('email', '=', email).execute()),
    byId: async (userId) => accountOf(await rows().where('users.user_id', '=', userId).execute()),
    isAnyMember: async () => (await db.selectFrom('memberships').select('user_id').limit(1).executeTakeFirst()) !== undefined,
  };
};

/**
 * People as they are now. Rows hold what is personal sealed; here it is opened, for as long as the person's key is
 * there. By e-mail address a person is found in the keyring alone: no table and no event has anything to compare with.
 */
import type { Caller, Role } from '@citrus/contracts';
import type { SubjectKeys } from '@citrus/kit-event-store';
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { createPersonalTexts, places, subjectOf, userOf, type PersonalText } from '../subject/personal-text.ts';
import { normalEmail } from './email.ts';

/** Without how the person came in. */
export type Account = Omit<Caller, 'signedInBy' | 'credentialId'> & { readonly name: string; readonly sealedPassword: string };

export type Users = {
  byEmail(email: string): Promise<Account | undefined>;
  byId(userId: string): Promise<Account | undefined>;
  /** Whether there is somebody who may do something. */
  isAnyMember(): Promise<boolean>;
  isAnyAdministrator(): Promise<boolean>;
  /** Whoever owns a project, the oldest account first. */
  ownersByAge(): Promise<{ readonly userId: string; readonly projectIds: readonly string[] }[]>;
  /** What somebody may be forgotten from; also of an account whose e-mail address cannot be read. */
  rolesOf(userId: string): Promise<{ readonly projectIds: readonly string[]; readonly isAdministrator: boolean }>;
  /** Makes everybody findable who is not yet: who was created by an older release, or right before a crash. */
  nameEveryone(): Promise<void>;
};

type Row = { user_id: string; email: PersonalText; name: PersonalText; password: PersonalText; project_id: string | null; role: Role | null; administrator: string | null };

/** Somebody who does not exist is looked up like everybody else: his answer must not come sooner. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export const readUsers = (db: Kysely<AuthDatabase>, keys: SubjectKeys): Users => {
  const texts = createPersonalTexts(keys);
  const accountOf = async ([first, ...rest]: readonly Row[]): Promise<Account | undefined> => {
    if (!first) return undefined;
    const { user_id: userId } = first;
    const email = await texts.open(userId, places.email(userId), first.email);
    const name = await texts.open(userId, places.name(userId), first.name);
    const sealedPassword = await texts.open(userId, places.password(userId), first.password);
    if (email === undefined || name === undefined || sealedPassword === undefined) return undefined;
    const memberships = [first, ...rest].flatMap(({ project_id: projectId, role }) => (projectId && role ? [{ projectId, role }] : []));
    return { userId, email, name, sealedPassword, memberships, isAdministrator: first.administrator !== null };
  };
  const byId = async (userId: string) =>
    accountOf(await db.selectFrom('users').leftJoin('memberships', 'memberships.user_id', 'users.user_id').leftJoin('administrators', 'administrators.user_id', 'users.user_id')
      .select(['users.user_id', 'email', 'name', 'password', 'project_id', 'role', 'administrators.user_id as administrator']).where('users.user_id', '=', userId).orderBy('project_id').execute());
  return {
    byId,
    byEmail: async (email) => {
      const subjectId = await keys.find(normalEmail(email));
      return byId(subjectId === undefined ? NOBODY : userOf(subjectId));
    },
    isAnyMember: async () => (await db.selectFrom('memberships').select('user_id').limit(1).executeTakeFirst()) !== undefined,
    isAnyAdministrator: async () => (await db.selectFrom('administrators').select('user_id').limit(1).executeTakeFirst()) !== undefined,
    ownersByAge: async () =>
      (await db.selectFrom('users').innerJoin('memberships', 'memberships.user_id', 'users.user_id').where('role', '=', 'owner')
        .select(['users.user_id', sql<string[]>`array_agg(project_id::text order by project_id)`.as('projects')]).groupBy(['users.user_id', 'created_at']).orderBy('created_at').orderBy('users.user_id').execute())
        .map((row) => ({ userId: row.user_id, projectIds: row.projects })),
    rolesOf: async (userId) => ({
      projectIds: (await db.selectFrom('memberships').select('project_id').where('user_id', '=', userId).orderBy('project_id').execute()).map((row) => row.project_id),
      isAdministrator: (await db.selectFrom('administrators').select('user_id').where('user_id', '=', userId).executeTakeFirst()) !== undefined,
    }),
    nameEveryone: async () => {
      for (const row of await db.selectFrom('users').select(['user_id', 'email']).orderBy('created_at').execute()) {
        const email = await texts.open(row.user_id, places.email(row.user_id), row.email);
        if (email !== undefined) await keys.name(subjectOf(row.user_id), normalEmail(email));
      }
    },
  };
};

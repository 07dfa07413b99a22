/**
 * People as they are now. Rows hold what is personal sealed; here it is opened, for as long as the person's key is
 * there. By e-mail address a person is found in the keyring alone: no table and no event has anything to compare with.
 */
import type { Caller, Role } from '@citrus/contracts';
import type { SubjectKeys } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
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
  ownersOf(projectId: string): Promise<string[]>;
  /** Makes everybody findable who is not yet: who was created by an older release, or right before a crash. */
  nameEveryone(): Promise<void>;
};

type Row = { user_id: string; email: PersonalText; name: PersonalText; password: PersonalText; project_id: string | null; role: Role | null };

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
    return { userId, email, name, sealedPassword, memberships, isAdministrator: false };
  };
  const byId = async (userId: string) =>
    accountOf(await db.selectFrom('users').leftJoin('memberships', 'memberships.user_id', 'users.user_id')
      .select(['users.user_id', 'email', 'name', 'password', 'project_id', 'role']).where('users.user_id', '=', userId).orderBy('project_id').execute());
  return {
    byId,
    byEmail: async (email) => {
      const subjectId = await keys.find(normalEmail(email));
      return byId(subjectId === undefined ? NOBODY : userOf(subjectId));
    },
    isAnyMember: async () => (await db.selectFrom('memberships').select('user_id').limit(1).executeTakeFirst()) !== undefined,
    ownersOf: async (projectId) => (await db.selectFrom('memberships').select('user_id').where('project_id', '=', projectId).where('role', '=', 'owner').orderBy('user_id').execute()).map((row) => row.user_id),
    nameEveryone: async () => {
      for (const row of await db.selectFrom('users').select(['user_id', 'email']).orderBy('created_at').execute()) {
        const email = await texts.open(row.user_id, places.email(row.user_id), row.email);
        if (email !== undefined) await keys.name(subjectOf(row.user_id), normalEmail(email));
      }
    },
  };
};

/**
 * Who somebody is at the moment an access token is made, and the log's position that this is true at. Whoever hears
 * later of a change of roles at a higher position knows that the token is outdated, whatever the clocks say.
 */
import type { Caller } from '@citrus/contracts';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import type { Account, Users } from '../user/users.store.ts';
import { caughtUp } from './caught-up.ts';

/** Everything about somebody that stands in an access token. */
export type Holder = Omit<Caller, 'signedInBy' | 'credentialId'> & { readonly name: string };
export type Known<Who> = { readonly who: Who; readonly position: number };

export type Holders = {
  /** With what was written before this call, unless the read models are behind; then `position` says how far. */
  person(userId: string): Promise<Known<Account> | undefined>;
  /** A person or a service account. */
  anybody(userId: string): Promise<Known<Holder> | undefined>;
};

/** The read models that a token's roles come from. */
const ROLES_STAND_IN: readonly string[] = ['users', 'memberships', 'administrators', 'service_accounts'];
type Parts = { readonly db: Kysely<AuthDatabase>; readonly store: EventStore; readonly projections: Pick<Projections, 'status'>; readonly users: Users };

const serviceAccount = async ({ db }: Parts, userId: string): Promise<Holder | undefined> => {
  const row = await db.selectFrom('service_accounts').select(['project_id', 'name', 'role']).where('user_id', '=', userId).executeTakeFirst();
  return row && { userId, email: null, name: row.name, memberships: [{ projectId: row.project_id, role: row.role }], isAdministrator: false };
};

export const createHolders = (parts: Parts): Holders => ({
  person: async (userId) => {
    const { position } = await caughtUp(parts, ROLES_STAND_IN);
    const who = await parts.users.byId(userId);
    return who && { who, position };
  },
  anybody: async (userId) => {
    const { position } = await caughtUp(parts, ROLES_STAND_IN);
    const who = (await parts.users.byId(userId)) ?? (await serviceAccount(parts, userId));
    return who && { who, position };
  },
});

/** Who may sign in: by e-mail address, with roles. */
import { type Caller, type EventEnvelope } from '@citrus/contracts';
import { defineProjection } from '@citrus/kit-event-store';
import type { Kysely, Transaction } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import type { UserEvent } from './user.events.ts';

const apply = async (trx: Transaction<AuthDatabase>, envelope: EventEnvelope): Promise<void> => {
  const event = envelope as unknown as UserEvent;
  switch (event.type) {
    case 'UserCreated': {
      const { userId, email, name, sealedPassword } = event.data;
      await trx.insertInto('users').values({ user_id: userId, email, name, sealed_password: sealedPassword, created_at: envelope.at }).execute();
      return;
    }
    case 'MembershipGranted': {
      const { userId, projectId, role } = event.data;
      await trx.insertInto('memberships').values({ user_id: userId, project_id: projectId, role }).onConflict((conflict) => conflict.columns(['user_id', 'project_id']).doUpdateSet({ role })).execute();
    }
  }
};

export const usersProjection = defineProjection<AuthDatabase>({ name: 'users', version: 1, tables: ['users', 'memberships'], handles: ['UserCreated', 'MembershipGranted'], apply });

export type Account = Caller & { readonly name: string; readonly sealedPassword: string };

export type Users = {
  byEmail(email: string): Promise<Account | undefined>;
  byId(userId: string): Promise<Account | undefined>;
  /** Whether there is somebody who may do something. */
  isAnyMember(): Promise<boolean>;
};

export const readUsers = (db: Kysely<AuthDatabase>): Users => {
  const accountOf = async (row: { user_id: string; email: string; name: string; sealed_password: string } | undefined): Promise<Account | undefined> => {
    if (!row) return undefined;
    const memberships = await db.selectFrom('memberships').select(['project_id as projectId', 'role']).where('user_id', '=', row.user_id).orderBy('project_id').execute();
    return { userId: row.user_id, email: row.email, name: row.name, sealedPassword: row.sealed_password, memberships };
  };
  const rows = () => db.selectFrom('users').select(['user_id', 'email', 'name', 'sealed_password']);
  return {
    byEmail: async (email) => accountOf(await rows().where('email', '=', email).executeTakeFirst()),
    byId: async (userId) => accountOf(await rows().where('user_id', '=', userId).executeTakeFirst()),
    isAnyMember: async () => (await db.selectFrom('memberships').select('user_id').limit(1).executeTakeFirst()) !== undefined,
  };
};

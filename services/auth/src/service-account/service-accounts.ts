/** Service accounts, as a project's admins manage them. Nobody gives a program more than he has himself. */
import { ProjectId, roleIncludes, UserId, type Caller, type NewApiToken, type Role, type ServiceAccount } from '@citrus/contracts';
import { Forbidden, NotFound, Refusal } from '@citrus/kit-domain';
import type { EventStore, Projections } from '@citrus/kit-event-store';
import type { Kysely, Selectable } from 'kysely';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import type { ApiTokens } from '../api-token/api-tokens.ts';
import type { AuthDatabase } from '../database.ts';
import type { Holders } from '../session/holders.ts';
import { serviceAccountDecider, type ServiceAccountCommand } from './service-account.decider.ts';

/** So that the list of them, with their tokens, is one answer that the broker carries: nobody can make so many that none is seen. */
const MOST_IN_A_PROJECT = { accounts: 100, tokens: 1000 } as const;

type One = { readonly projectId: string; readonly userId: string };

export type ServiceAccounts = {
  create(caller: Caller, wanted: One & { readonly name: string; readonly role: Role }, trace: Trace): Promise<ServiceAccount>;
  list(projectId: string): Promise<ServiceAccount[]>;
  remove(caller: Caller, one: One, trace: Trace): Promise<void>;
  createToken(caller: Caller, wanted: One & { readonly name: string; readonly expiresInDays: number; readonly role?: Role | undefined }, trace: Trace): Promise<NewApiToken>;
  revokeToken(caller: Caller, one: One & { readonly tokenId: string }, trace: Trace): Promise<void>;
};

type Parts = {
  readonly db: Kysely<AuthDatabase>; readonly store: EventStore; readonly projections: Projections; readonly holders: Holders; readonly tokens: ApiTokens;
};
type Row = Selectable<AuthDatabase['service_accounts']>;

const rowOf = async ({ db }: Parts, { projectId, userId }: One): Promise<Row> => {
  const row = await db.selectFrom('service_accounts').selectAll().where('user_id', '=', userId).where('project_id', '=', projectId).executeTakeFirst();
  if (!row) throw new NotFound('service_account.unknown', 'There is no such service account in this project.');
  return row;
};

const viewOf = (row: Row, tokens: ServiceAccount['tokens']): ServiceAccount =>
  ({ userId: UserId.parse(row.user_id), projectId: ProjectId.parse(row.project_id), name: row.name, role: row.role, createdAt: row.created_at.toISOString(), tokens });

/** By the role as it is now. A token that lasts would outlive the one that made it, so that is for people. */
const requireAbove = async ({ holders }: Parts, caller: Caller, { projectId, role }: { readonly projectId: string; readonly role: Role }): Promise<void> => {
  if (caller.signedInBy !== 'session') throw new Forbidden('This is for people who are signed in; an API token cannot do it.', 'session.needed');
  const held = (await holders.anybody(caller.userId))?.who.memberships.find((membership) => membership.projectId === projectId)?.role;
  if (!held || !roleIncludes(held, 'admin')) throw new Forbidden('This needs the role admin in the project; ask its owner for it.', 'role.insufficient');
  if (!roleIncludes(held, role)) throw new Refusal('service_account.too_much', `A service account may do no more than you, who have the role ${held}.`, [{ path: 'role', message: `is more than ${held}` }]);
};

const checkRoomForAccount = async ({ db }: Parts, { projectId, userId }: One): Promise<void> => {
  // One that is there already is asked for again.
  const others = await db.selectFrom('service_accounts').select('user_id').where('project_id', '=', projectId).where('user_id', '<>', userId).limit(MOST_IN_A_PROJECT.accounts).execute();
  if (others.length >= MOST_IN_A_PROJECT.accounts) throw new Refusal('service_account.too_many', `There are ${MOST_IN_A_PROJECT.accounts} service accounts in this project already. Remove those that nobody uses.`);
};

const checkRoomForToken = async ({ db, tokens }: Parts, projectId: string): Promise<void> => {
  const rows = await db.selectFrom('service_accounts').select('user_id').where('project_id', '=', projectId).execute();
  if ((await tokens.countOf(rows.map((row) => row.user_id))) >= MOST_IN_A_PROJECT.tokens) {
    throw new Refusal('api_token.too_many', `The service accounts of this project have ${MOST_IN_A_PROJECT.tokens} tokens already. Revoke those that nobody uses.`);
  }
};

const carryOut = async ({ store, projections }: Parts, { caller, command }: { readonly caller: Caller; readonly command: ServiceAccountCommand }, trace: Trace): Promise<void> => {
  const { userId, projectId } = command.data;
  const { position } = await store.update(`serviceaccount-${userId}`, serviceAccountDecider, (account) => serviceAccountDecider.decide(command, account), contextOf(trace, byUser(caller.userId), projectId));
  await projections.reached(position);
};

export const createServiceAccounts = (parts: Parts): ServiceAccounts => ({
  create: async (caller, { projectId, userId, name, role }, trace) => {
    await requireAbove(parts, caller, { projectId, role });
    await checkRoomForAccount(parts, { projectId, userId });
    await carryOut(parts, { caller, command: { type: 'CreateServiceAccount', data: { projectId, userId, name, role } } }, trace);
    return viewOf(await rowOf(parts, { projectId, userId }), (await parts.tokens.listOf([userId])).get(userId) ?? []);
  },
  list: async (projectId) => {
    const rows = await parts.db.selectFrom('service_accounts').selectAll().where('project_id', '=', projectId).orderBy('created_at').orderBy('user_id').execute();
    const tokens = await parts.tokens.listOf(rows.map((row) => row.user_id));
    return rows.map((row) => viewOf(row, tokens.get(row.user_id) ?? []));
  },
  remove: async (caller, one, trace) => {
    await carryOut(parts, { caller, command: { type: 'RemoveServiceAccount', data: { projectId: one.projectId, userId: one.userId } } }, trace);
  },
  createToken: async (caller, { projectId, userId, name, expiresInDays, role }, trace) => {
    const account = await rowOf(parts, { projectId, userId });
    await requireAbove(parts, caller, { projectId, role: role ?? account.role });
    await checkRoomForToken(parts, projectId);
    return parts.tokens.create(caller, { userId, name, expiresInDays, scopes: [{ projectId, role: role ?? account.role }] }, trace);
  },
  revokeToken: async (caller, { projectId, userId, tokenId }, trace) => {
    await rowOf(parts, { projectId, userId });
    await parts.tokens.revoke(caller, { userId, tokenId }, trace);
  },
});

/** Making, listing, ending and using API tokens. */
import type { ApiToken, Caller, Membership, NewApiToken } from '@citrus/contracts';
import { ProjectId, roleIncludes } from '@citrus/contracts';
import { NotFound, Refusal, Unauthenticated, type Clock } from '@citrus/kit-domain';
import { newId, type EventStore, type Projections } from '@citrus/kit-event-store';
import { sql, type Kysely, type Selectable } from 'kysely';
import { byUser, contextOf, type Trace } from '../command-context.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthDatabase } from '../database.ts';
import { ACCESS_TOKEN_SECONDS, mintAccessToken } from '../session/access-token.ts';
import { caughtUp } from '../session/caught-up.ts';
import { sessionDecider } from '../session/session.decider.ts';
import type { Holders } from '../session/holders.ts';
import type { SigningKeys } from '../session/signing-keys.store.ts';
import { places, type PersonalTexts } from '../subject/personal-text.ts';
import { apiTokenDecider } from './api-token.decider.ts';
import { newApiToken, readApiToken, scoped } from './api-token.ts';

const DAY_MS = 86_400_000;
const MOST_OF_ONE_HOLDER = 100;
const USED_EVERY_MS = 60_000;

type Wanted = { readonly userId: string; readonly name: string; readonly expiresInDays: number; readonly scopes: readonly Membership[] };
type Row = Selectable<AuthDatabase['api_tokens']> & { readonly last_used_at: Date | null };

export type ApiTokens = {
  /** For the caller, or for a service account that the caller may manage. @throws Refusal for more than the holder may do */
  create(caller: Caller, wanted: Wanted, trace: Trace): Promise<NewApiToken>;
  /** Those that are still good, the newest first. */
  listOf(userIds: readonly string[]): Promise<ReadonlyMap<string, ApiToken[]>>;
  countOf(userIds: readonly string[]): Promise<number>;
  /** @throws NotFound for a token of somebody else */
  revoke(caller: Caller, one: { readonly userId: string; readonly tokenId: string }, trace: Trace): Promise<void>;
  /** @throws Unauthenticated `api_token.invalid` */
  exchange(input: { readonly token: string; readonly address: string }): Promise<{ accessToken: string; expiresInSeconds: number }>;
};

type Parts = {
  readonly db: Kysely<AuthDatabase>;
  readonly store: EventStore;
  readonly projections: Projections;
  readonly holders: Holders;
  readonly texts: PersonalTexts;
  readonly signingKeys: SigningKeys;
  readonly audit: Audit;
  readonly clock: Clock;
};

const goodRows = ({ db, clock }: Parts) =>
  db.selectFrom('api_tokens').leftJoin('api_token_uses', 'api_token_uses.token_id', 'api_tokens.token_id').selectAll('api_tokens').select('last_used_at')
    .where('ended_at', 'is', null).where('expires_at', '>', clock()).orderBy('created_at', 'desc').orderBy('api_tokens.token_id');

const viewOf = async ({ texts }: Parts, row: Row): Promise<ApiToken> => ({
  id: row.token_id,
  name: (await texts.open(row.user_id, places.tokenName(row.token_id), row.name)) ?? '',
  scopes: row.scopes.items.map(({ projectId, role }) => ({ projectId: ProjectId.parse(projectId), role })),
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});

const listOf = async (parts: Parts, userIds: readonly string[]): Promise<Map<string, ApiToken[]>> => {
  const rows = await goodRows(parts).where('user_id', '=', sql<string>`any(${userIds}::uuid[])`).execute();
  const tokens = new Map<string, ApiToken[]>();
  for (const row of rows) tokens.set(row.user_id, [...(tokens.get(row.user_id) ?? []), await viewOf(parts, row)]);
  return tokens;
};

const countOf = async ({ db, clock }: Parts, userIds: readonly string[]): Promise<number> => {
  const { count } = await db.selectFrom('api_tokens').select(({ fn }) => fn.countAll().as('count'))
    .where('user_id', '=', sql<string>`any(${userIds}::uuid[])`).where('ended_at', 'is', null).where('expires_at', '>', clock()).executeTakeFirstOrThrow();
  return Number(count);
};

/** @throws Refusal naming the scope that is too much */
const checkScopes = (held: readonly Membership[], scopes: readonly Membership[], whose: string): void => {
  for (const [index, { projectId, role }] of scopes.entries()) {
    const now = held.find((membership) => membership.projectId === projectId);
    const problem = now ? (roleIncludes(now.role, role) ? undefined : `is more than ${whose} role there, which is ${now.role}`) : 'is a project of which the holder is no member';
    if (problem) throw new Refusal('api_token.too_much', `An API token may do no more than its holder: scope ${index + 1} ${problem}.`, [{ path: `scopes.${index}`, message: problem }]);
  }
};

/** The caller's session may have ended while this was made: who ended all ways in did not see this one. */
const endUnlessSignedIn = async ({ store }: Parts, caller: Caller, tokenId: string, trace: Trace): Promise<void> => {
  const { state: session } = await store.update(`session-${caller.credentialId}`, sessionDecider, () => [], contextOf(trace, byUser(caller.userId)));
  if (session.status === 'open') return;
  await store.update(`apitoken-${tokenId}`, apiTokenDecider, (token) => apiTokenDecider.decide({ type: 'EndApiToken', data: { reason: 'holder-signed-out' } }, token), contextOf(trace, byUser(caller.userId)));
  throw new Unauthenticated('Your sign-in is no longer valid; sign in again.', 'session.ended');
};

const create = (parts: Parts): ApiTokens['create'] => async (caller, { userId, name, expiresInDays, scopes }, trace) => {
  const { store, projections, holders, texts, clock } = parts;
  const holder = (await holders.anybody(userId))?.who;
  if (!holder) throw new NotFound('user.unknown', 'There is no such user.');
  checkScopes(holder.memberships, scopes, userId === caller.userId ? 'your' : 'its');
  if (((await listOf(parts, [userId])).get(userId)?.length ?? 0) >= MOST_OF_ONE_HOLDER) throw new Refusal('api_token.too_many', `There are ${MOST_OF_ONE_HOLDER} API tokens already. Revoke those that nobody uses.`);
  const tokenId = newId();
  const { text, secretHash } = newApiToken(tokenId);
  const createdAt = clock();
  const data = {
    tokenId, userId, createdBy: caller.userId, name: await texts.seal(userId, places.tokenName(tokenId), name), secretHash, scopes: scopes.map((scope) => ({ ...scope })),
    expiresAt: new Date(createdAt.getTime() + expiresInDays * DAY_MS).toISOString(),
  };
  const { position } = await store.update(`apitoken-${tokenId}`, apiTokenDecider, (token) => apiTokenDecider.decide({ type: 'CreateApiToken', data }, token), contextOf(trace, byUser(caller.userId)));
  await endUnlessSignedIn(parts, caller, tokenId, trace);
  await projections.reached(position);
  const [made] = await goodRows(parts).where('api_tokens.token_id', '=', tokenId).execute();
  if (!made) throw new NotFound('api_token.unknown', 'The API token that was just made was revoked meanwhile.');
  return { ...(await viewOf(parts, made)), token: text };
};

const revoke = (parts: Parts): ApiTokens['revoke'] => async (caller, { userId, tokenId }, trace) => {
  const row = await parts.db.selectFrom('api_tokens').select('user_id').where('token_id', '=', tokenId).executeTakeFirst();
  if (row?.user_id !== userId) throw new NotFound('api_token.unknown', 'There is no such API token.');
  const { position } = await parts.store.update(`apitoken-${tokenId}`, apiTokenDecider, (token) => apiTokenDecider.decide({ type: 'EndApiToken', data: { reason: 'revoked' } }, token), contextOf(trace, byUser(caller.userId)));
  await parts.projections.reached(position);
};

/** To the minute: a program may come a thousand times in one. */
const noteUse = ({ db }: Parts, tokenId: string, at: Date) =>
  db.insertInto('api_token_uses').values({ token_id: tokenId, last_used_at: at })
    .onConflict((conflict) => conflict.column('token_id').doUpdateSet({ last_used_at: at }).where('api_token_uses.last_used_at', '<', new Date(at.getTime() - USED_EVERY_MS))).execute();

const exchange = (parts: Parts): ApiTokens['exchange'] => async ({ token, address }) => {
  const { db, holders, signingKeys, audit, clock } = parts;
  const invalid = (actor?: string) => {
    audit({ action: 'api-token.use', outcome: 'refused', address, reason: 'unknown, expired or revoked API token', ...(actor && { actor: byUser(actor) }) });
    return new Unauthenticated('The API token is unknown, expired or revoked. Make a new one and use that.', 'api_token.invalid');
  };
  const read = readApiToken(token);
  if (!read) throw invalid();
  await caughtUp(parts, ['api_tokens']);
  const row = await db.selectFrom('api_tokens').selectAll().where('token_id', '=', read.tokenId).executeTakeFirst();
  const at = clock();
  if (!row || !read.isSecretOf(row.secret_hash)) throw invalid();
  if (row.ended_at || row.expires_at <= at) throw invalid(row.user_id);
  const known = await holders.anybody(row.user_id);
  if (!known) throw invalid(row.user_id);
  await noteUse(parts, row.token_id, at);
  const seconds = Math.max(1, Math.min(ACCESS_TOKEN_SECONDS, Math.floor((row.expires_at.getTime() - at.getTime()) / 1000)));
  const { who, position } = known;
  const caller: Caller = { userId: who.userId, email: who.email, memberships: scoped(who.memberships, row.scopes.items), isAdministrator: false, signedInBy: 'token', credentialId: row.token_id };
  return { accessToken: await mintAccessToken(signingKeys, { caller, position, at, seconds }), expiresInSeconds: seconds };
};

export const createApiTokens = (parts: Parts): ApiTokens => ({ create: create(parts), listOf: (userIds) => listOf(parts, userIds), countOf: (userIds) => countOf(parts, userIds), revoke: revoke(parts), exchange: exchange(parts) });

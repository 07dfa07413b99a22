/** API tokens: how programs come in on behalf of a person or a service account, with no more rights than they were given. */
import { z } from 'zod';
import { Instant, nameText, ProjectId } from '../ids.ts';
import { pageOf, shortList } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { Role } from '../roles.ts';
import { subjects } from '../subjects.ts';
import { Address } from './session.ts';

/** In these projects and nowhere else, and never more than this role there, whatever its holder may do. */
export const TokenScope = z.strictObject({ projectId: ProjectId, role: Role });
export type TokenScope = z.infer<typeof TokenScope>;

export const LONGEST_TOKEN_DAYS = 365;
export const TokenName = nameText(100).min(1);
export const TokenDays = z.int().min(1).max(LONGEST_TOKEN_DAYS);
export const TokenScopes = z.array(TokenScope).min(1).max(50).refine((scopes) => new Set(scopes.map(({ projectId }) => projectId)).size === scopes.length, 'names a project twice');

export const ApiToken = z.object({
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(z.object({ projectId: ProjectId, role: Role })),
  createdAt: Instant,
  expiresAt: Instant,
  /** To the minute or so; null before its first use. */
  lastUsedAt: Instant.nullable(),
});
export type ApiToken = z.infer<typeof ApiToken>;
/** `token` is shown this once. */
export const NewApiToken = ApiToken.extend({ token: z.string() });
export type NewApiToken = z.infer<typeof NewApiToken>;

const inPerson = { by: 'person', with: 'session' } as const;
const rpc = (verb: string) => subjects.rpc('auth', 'api-token', verb);

export const createApiToken = defineRequest({ subject: rpc('create'), input: z.strictObject({ name: TokenName, expiresInDays: TokenDays, scopes: TokenScopes }), reply: NewApiToken, access: inPerson });
export const ApiTokenQuery = shortList('-createdAt');
/** The caller's own that are still good. */
export const listApiTokens = defineRequest({ subject: rpc('list'), input: z.strictObject(ApiTokenQuery), reply: pageOf(ApiToken), access: inPerson });
export const revokeApiToken = defineRequest({ subject: rpc('revoke'), input: z.strictObject({ tokenId: z.uuid() }), reply: z.object({}), access: inPerson });

/** For the hub: what services understand, in place of the API token that a program sent. */
export const exchangeApiToken = defineRequest({
  subject: subjects.internal('auth', 'api-token-exchange'),
  input: z.strictObject({ token: z.string().min(1).max(200), address: Address }),
  reply: z.object({ accessToken: z.string(), expiresInSeconds: z.int().positive() }),
  access: { by: 'service', services: ['hub'] },
});

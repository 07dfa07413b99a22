/** Service accounts: users of a project that are programs. They have no password and no e-mail address, only API tokens. */
import { z } from 'zod';
import { Instant, nameText, ProjectId, UserId } from '../ids.ts';
import { pageOf, shortList } from '../paging.ts';
import { defineRequest } from '../request.ts';
import { Role } from '../roles.ts';
import { subjects } from '../subjects.ts';
import { ApiToken, NewApiToken, TokenDays, TokenName } from './api-token.ts';

export const ServiceAccount = z.object({ userId: UserId, projectId: ProjectId, name: z.string(), role: Role, createdAt: Instant, tokens: z.array(ApiToken) });
export type ServiceAccount = z.infer<typeof ServiceAccount>;

const byAdmin = { by: 'member', role: 'admin' } as const;
const byAdminInPerson = { by: 'member', role: 'admin', with: 'session' } as const;
const rpc = (verb: string) => subjects.rpc('auth', 'service-account', verb);
const one = { projectId: ProjectId, userId: UserId };

/** `userId` is chosen by who asks: asking twice makes one. */
export const createServiceAccount = defineRequest({ subject: rpc('create'), input: z.strictObject({ ...one, name: nameText(100).min(1), role: Role }), reply: ServiceAccount, access: byAdminInPerson });
export const ServiceAccountQuery = shortList('createdAt');
export const listServiceAccounts = defineRequest({ subject: rpc('list'), input: z.strictObject({ projectId: ProjectId, ...ServiceAccountQuery }), reply: pageOf(ServiceAccount), access: byAdmin });
/** Its tokens end with it. */
export const removeServiceAccount = defineRequest({ subject: rpc('remove'), input: z.strictObject(one), reply: z.object({}), access: byAdmin });
export const createServiceAccountToken = defineRequest({ subject: rpc('create-token'), input: z.strictObject({ ...one, name: TokenName, expiresInDays: TokenDays, role: Role.optional() }), reply: NewApiToken, access: byAdminInPerson });
export const revokeServiceAccountToken = defineRequest({ subject: rpc('revoke-token'), input: z.strictObject({ ...one, tokenId: z.uuid() }), reply: z.object({}), access: byAdmin });

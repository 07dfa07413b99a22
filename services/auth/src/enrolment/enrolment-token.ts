/**
 * `<server id>.<HMAC>`: the first part finds the enrolment, the second proves that we issued it. It is derived and not
 * stored, so the same request gets the same token again; the log knows its hash only.
 */
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { z } from 'zod';

export type TokenOwner = { readonly serverId: string; readonly attempt: number; readonly agentId: string };
export type EnrolmentTokens = {
  /** The token to hand out. */
  of(owner: TokenOwner): string;
};

export const createEnrolmentTokens = (masterKey: Uint8Array): EnrolmentTokens => {
  const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'citrus auth enrolment tokens v1', 32));
  return { of: ({ serverId, attempt, agentId }) => `${serverId}.${createHmac('sha256', key).update(`${serverId}|${attempt}|${agentId}`).digest('base64url')}` };
};

export const tokenHashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Undefined for text that cannot be one of our tokens. */
export const serverOfToken = (token: string): string | undefined => {
  const [serverId = ''] = token.split('.', 1);
  return z.uuid().safeParse(serverId).success ? serverId : undefined;
};

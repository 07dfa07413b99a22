/**
 * `<server id>.<HMAC>`: the first part finds the enrolment, the second proves that we issued it. It is derived and not
 * stored, so the same request gets the same token again; the log knows its hash only.
 */
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import type { MasterKeys } from '@citrus/kit-crypto';
import { z } from 'zod';

export type TokenOwner = { readonly serverId: string; readonly attempt: number; readonly agentId: string };
export type EnrolmentTokens = {
  /** The token to hand out: the one of that hash, as long as its master key is there, else a new one. */
  of(owner: TokenOwner, knownHash?: string): string;
};

export const createEnrolmentTokens = (masterKeys: MasterKeys): EnrolmentTokens => {
  const tokenOf = (masterKey: Uint8Array, { serverId, attempt, agentId }: TokenOwner) => {
    const key = Buffer.from(hkdfSync('sha256', masterKey, '', 'citrus auth enrolment tokens v1', 32));
    return `${serverId}.${createHmac('sha256', key).update(`${serverId}|${attempt}|${agentId}`).digest('base64url')}`;
  };
  return {
    of: (owner, knownHash) => {
      const tokens = masterKeys.all().map(({ bytes }) => tokenOf(bytes, owner));
      return tokens.find((token) => tokenHashOf(token) === knownHash) ?? tokenOf(masterKeys.current().bytes, owner);
    },
  };
};

export const tokenHashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Undefined for text that cannot be one of our tokens. */
export const serverOfToken = (token: string): string | undefined => {
  const [serverId = ''] = token.split('.', 1);
  return z.uuid().safeParse(serverId).success ? serverId : undefined;
};

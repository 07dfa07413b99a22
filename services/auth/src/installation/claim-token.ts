/**
 * The one-time token of the first person. Derived from the master key, so that every replica tells the same one, and
 * good until somebody has come with it: from then on there is always an administrator.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { MasterKeys } from '@citrus/kit-crypto';

export type ClaimTokens = {
  current(): string;
  /** Also of an older master key that is still in the file: its link may be on somebody's screen. */
  isOurs(token: string): boolean;
};

const tokenOf = (masterKey: Uint8Array): string => createHmac('sha256', Buffer.from(hkdfSync('sha256', masterKey, '', 'citrus auth claim token v1', 32))).update('claim').digest('base64url');

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};

export const createClaimTokens = (masterKeys: MasterKeys): ClaimTokens => ({
  current: () => tokenOf(masterKeys.current().bytes),
  isOurs: (token) => masterKeys.all().some(({ bytes }) => isSame(token, tokenOf(bytes))),
});

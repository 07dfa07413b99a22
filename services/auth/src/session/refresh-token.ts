/**
 * `<session id>.<secret>`: the first part finds the session, the second proves it; only its hash is kept. The first secret
 * is random, each following one is made from the one before with the master key: two tabs that come with the same token
 * at the same moment get the same successor, and nobody without the key can work it out.
 */
import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { MasterKeys } from '@citrus/kit-crypto';
import { z } from 'zod';

export type RefreshToken = { readonly text: string; readonly hash: string };
type Held = { readonly sessionId: string; readonly secret: string; readonly hash: string };

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
const tokenOf = (sessionId: string, secret: string): RefreshToken => ({ text: `${sessionId}.${secret}`, hash: hashOf(secret) });

export const newRefreshToken = (sessionId: string): RefreshToken => tokenOf(sessionId, randomBytes(32).toString('base64url'));

/** One for each master key, the one in use first: it may have changed since the token was exchanged. */
export const successorsOf = ({ sessionId, secret }: Held, masterKeys: MasterKeys): readonly RefreshToken[] =>
  masterKeys.all().map(({ bytes }) => {
    const key = Buffer.from(hkdfSync('sha256', bytes, '', 'citrus auth refresh successor v1', 32));
    return tokenOf(sessionId, createHmac('sha256', key).update(`${sessionId}.${secret}`).digest('base64url'));
  });

/** Undefined for text that never was one of ours. */
export const readRefreshToken = (text: string): Held | undefined => {
  const [sessionId = '', secret = '', ...rest] = text.split('.');
  const isOurs = z.uuid().safeParse(sessionId).success && secret.length > 0 && rest.length === 0;
  return isOurs ? { sessionId, secret, hash: hashOf(secret) } : undefined;
};

/** `<session id>.<32 random bytes>`: the first part finds the session, the second proves it; only its hash is kept. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

export type RefreshToken = { readonly text: string; readonly hash: string };

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export const newRefreshToken = (sessionId: string): RefreshToken => {
  const secret = randomBytes(32).toString('base64url');
  return { text: `${sessionId}.${secret}`, hash: hashOf(secret) };
};

/** Undefined for text that never was one of ours. */
export const readRefreshToken = (text: string): { readonly sessionId: string; readonly hash: string } | undefined => {
  const [sessionId = '', secret = '', ...rest] = text.split('.');
  const isOurs = z.uuid().safeParse(sessionId).success && secret.length > 0 && rest.length === 0;
  return isOurs ? { sessionId, hash: hashOf(secret) } : undefined;
};

/** `<user id>.<32 random bytes>`: the first part finds the account, the second proves it; only its hash is kept. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export const newRecoveryToken = (userId: string): { readonly text: string; readonly hash: string } => {
  const secret = randomBytes(32).toString('base64url');
  return { text: `${userId}.${secret}`, hash: hashOf(secret) };
};

/** Undefined for text that never was one of ours. */
export const readRecoveryToken = (text: string): { readonly userId: string; readonly hash: string } | undefined => {
  const [userId = '', secret = '', ...rest] = text.split('.');
  const isOurs = z.uuid().safeParse(userId).success && secret.length > 0 && rest.length === 0;
  return isOurs ? { userId, hash: hashOf(secret) } : undefined;
};

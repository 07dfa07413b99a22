/** `<invitation id>.<32 random bytes>`: the first part finds the invitation, the second proves it; only its hash is kept. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export const newInvitationToken = (invitationId: string): { readonly text: string; readonly hash: string } => {
  const secret = randomBytes(32).toString('base64url');
  return { text: `${invitationId}.${secret}`, hash: hashOf(secret) };
};

/** Undefined for text that never was one of ours. */
export const readInvitationToken = (text: string): { readonly invitationId: string; readonly hash: string } | undefined => {
  const [invitationId = '', secret = '', ...rest] = text.split('.');
  const isOurs = z.uuid().safeParse(invitationId).success && secret.length > 0 && rest.length === 0;
  return isOurs ? { invitationId, hash: hashOf(secret) } : undefined;
};

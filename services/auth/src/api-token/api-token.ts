/** An API token as text, `ctr_<id>_<secret>`, and what it lets its holder do. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { roleIncludes, type Membership } from '@citrus/contracts';

const SHAPE = /^ctr_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/** 256 random bits need no slow hash. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export const newApiToken = (tokenId: string): { readonly text: string; readonly secretHash: string } => {
  const secret = randomBytes(32).toString('base64url');
  return { text: `ctr_${tokenId.replaceAll('-', '')}_${secret}`, secretHash: hashOf(secret) };
};

/** Undefined for text that never was one of ours. */
export const readApiToken = (text: string): { readonly tokenId: string; readonly isSecretOf: (secretHash: string) => boolean } | undefined => {
  const [, a, b, c, d, e, secret] = SHAPE.exec(text) ?? [];
  if (secret === undefined) return undefined;
  return { tokenId: [a, b, c, d, e].join('-'), isSecretOf: (secretHash) => secretHash.length === 43 && timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(secretHash)) };
};

/** In each project the lower of what the token was given and what its holder has now; nothing where the holder is no member. */
export const scoped = (held: readonly Membership[], scopes: readonly Membership[]): Membership[] =>
  scopes.flatMap(({ projectId, role }) => {
    const now = held.find((membership) => membership.projectId === projectId);
    return now ? [{ projectId, role: roleIncludes(now.role, role) ? role : now.role }] : [];
  });

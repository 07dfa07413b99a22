/**
 * The next step from what the servers hold to what they should hold. Changing the rights of a scoped signing key drops
 * every connection that it signed, so agents' keys change one after the other: each step is a part of the fleet that
 * reconnects, never all of it. Everything else, revocations first of all, is in the first step.
 */
import { canonicalJson } from '@citrus/contracts';
import type { Account, SigningKey } from '@nats-io/jwt';

const keyOf = (key: string | SigningKey): string => (typeof key === 'string' ? key : key.key);
const same = (one: unknown, other: unknown): boolean => canonicalJson(one) === canonicalJson(other);

export type Step = { readonly claims: Partial<Account>; /** Whether another step follows. */ readonly isLast: boolean };

export const nextClaims = (held: Partial<Account> | undefined, wanted: Partial<Account>): Step => {
  const before = new Map((held?.signing_keys ?? []).map((key) => [keyOf(key), key]));
  // A key that is new drops nobody.
  const altered = (wanted.signing_keys ?? []).filter((key) => before.has(keyOf(key)) && !same(before.get(keyOf(key)), key));
  if (altered.length <= 1) return { claims: wanted, isLast: true };
  const later = new Set(altered.slice(1).map(keyOf));
  const signing_keys = (wanted.signing_keys ?? []).map((key) => (later.has(keyOf(key)) ? (before.get(keyOf(key)) ?? key) : key));
  return { claims: { ...wanted, signing_keys }, isLast: false };
};

/**
 * Revoked user keys as NATS takes them: the key, and the second until which every JWT that was issued for it is void.
 * A revoked key is never let in again, so that second may lie ahead: a credential that another replica, or one with a
 * slower or faster clock, is making at this very moment is covered too. The new key of the same agent is another key.
 */
import { LONGEST_CREDENTIAL_LIFE_MS } from './credential-life.ts';

/** By public user key, unix seconds: the form of an account JWT's `revocations`. */
export type Revocations = Readonly<Record<string, number>>;
export type RevokedKey = { readonly nkey: string; readonly at: string };

/** Longer than a credential takes to be made, and than the clocks of replicas may differ. */
const AHEAD_MS = 600_000;
const HOUR_MS = 3_600_000;

/**
 * What has to stand in the account's JWT now. An entry is dropped when no credential for it can be alive any more; by
 * the hour, because each change of the JWT makes the servers look at every connection.
 */
export const revocationsOf = (revoked: Iterable<RevokedKey>, now: Date): Revocations => {
  const thisHour = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  const standing: Record<string, number> = {};
  for (const { nkey, at } of revoked) {
    const untilMs = Date.parse(at) + AHEAD_MS;
    if (untilMs + LONGEST_CREDENTIAL_LIFE_MS >= thisHour) standing[nkey] = Math.max(standing[nkey] ?? 0, Math.ceil(untilMs / 1000));
  }
  return standing;
};

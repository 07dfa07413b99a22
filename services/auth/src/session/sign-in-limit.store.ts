/**
 * Slows down guessing: a few wrong passwords for an account, more from one address (many people share one), then a pause.
 * Counted in the database, so that replicas count together. Accounts that do not exist are counted like others, and all
 * by a keyed hash: nobody finds an address in a backup by hashing guesses.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import type { MasterKeys } from '@citrus/kit-crypto';
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';

export const LIMITS = { account: 5, address: 50 } as const;
const WINDOW_MS = 15 * 60_000;

export type Attempt = { readonly email: string; readonly address: string };
export type SignInLimit = {
  /** Until when nobody may try, if too much went wrong lately. */
  pausedUntil(attempt: Attempt, at: Date): Promise<Date | undefined>;
  /** True when this failure was the one that starts the pause. */
  countFailure(attempt: Attempt, at: Date): Promise<boolean>;
  forget(attempt: Attempt): Promise<void>;
};

const addressKey = ({ address }: Attempt): string => `address:${address}`;

export const createSignInLimit = (db: Kysely<AuthDatabase>, masterKeys: MasterKeys): SignInLimit => {
  // Another key only begins to count anew.
  const key = Buffer.from(hkdfSync('sha256', masterKeys.current().bytes, '', 'citrus auth sign-in counters v1', 32));
  const accountKey = ({ email }: Attempt): string => `account:${createHmac('sha256', key).update(email).digest('base64url')}`;
  return limitBy(db, accountKey);
};

const limitBy = (db: Kysely<AuthDatabase>, accountKey: (attempt: Attempt) => string): SignInLimit => ({
  pausedUntil: async (attempt, at) => {
    const row = await db.selectFrom('sign_in_failures').select('window_ends_at')
      .where('window_ends_at', '>', at)
      .where((either) => either.or([
        either('key', '=', accountKey(attempt)).and('failures', '>=', LIMITS.account),
        either('key', '=', addressKey(attempt)).and('failures', '>=', LIMITS.address),
      ]))
      .orderBy('window_ends_at', 'desc').executeTakeFirst();
    return row?.window_ends_at;
  },
  countFailure: async (attempt, at) => {
    await db.deleteFrom('sign_in_failures').where('window_ends_at', '<=', at).execute();
    const rows = await db.insertInto('sign_in_failures')
      .values([accountKey(attempt), addressKey(attempt)].map((key) => ({ key, failures: 1, window_ends_at: new Date(at.getTime() + WINDOW_MS) })))
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ failures: sql`sign_in_failures.failures + 1` }))
      .returning(['key', 'failures']).execute();
    return rows.some(({ key, failures }) => failures === (key.startsWith('account:') ? LIMITS.account : LIMITS.address));
  },
  forget: async (attempt) => {
    await db.deleteFrom('sign_in_failures').where('key', '=', accountKey(attempt)).execute();
  },
});

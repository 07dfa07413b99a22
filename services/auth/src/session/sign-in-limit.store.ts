/**
 * The counters of sign-ins, in the database, so that replicas count together. Accounts that do not exist are counted like
 * others. Every key is a keyed hash: nobody finds an address or a person in a backup by hashing guesses.
 */
import { createHmac, hkdfSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { networkOf } from '@citrus/contracts';
import type { MasterKeys } from '@citrus/kit-crypto';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { counted, pausedUntil, RULES, takenBack, type Counter, type Kind } from './sign-in-limit.ts';

export type Attempt = { readonly email: string; readonly address: string; readonly device?: string | undefined };
/** What a try was counted in; handed back when it is known what became of it. */
export type CountedTry = { readonly attempt: Attempt; readonly buckets: readonly Bucket[]; readonly startsPause: boolean };
type Bucket = { readonly key: string; readonly kind: Kind };

export type SignInLimit = {
  /** Counts one more try. A date: none may be made before it. */
  begin(attempt: Attempt, clock: () => Date): Promise<CountedTry | Date>;
  /** It was right: what was counted against this account from there is forgotten, and whoever comes from there is known. */
  succeeded(tried: CountedTry, at: Date): Promise<void>;
  /** It was wrong, and stays counted. */
  failed(tried: CountedTry): void;
  /** It was no failure, and no success either. */
  takeBack(tried: CountedTry): Promise<void>;
  /** What strangers tried at this account, and whoever is there, is forgotten: the account was recovered from there. */
  forgive(attempt: Attempt): Promise<void>;
};

const ACQUAINTED_MS = 180 * 86_400_000;
/**
 * A pause may come from tries that are still being looked at, perhaps right ones, which is worth waiting for: of this process
 * it is known whether there are such; another one's are given the time that they take where nothing is slow.
 */
const [PATIENCE_HERE_MS, PATIENCE_MS, ASK_AGAIN_MS] = [7000, 2000, 100];

type Keys = { readonly of: (...parts: readonly string[]) => string };

const keysBy = (masterKeys: MasterKeys): Keys => ({
  of: (...parts) => {
    // Another master key only begins to count anew.
    const key = Buffer.from(hkdfSync('sha256', masterKeys.current().bytes, '', 'citrus auth sign-in counters v2', 32));
    return createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url');
  },
});

const acquaintances = (keys: Keys, { email, address, device }: Attempt) => ({
  device: device === undefined ? undefined : keys.of('device', email, device),
  network: keys.of('network', email, networkOf(address)),
});

const bucketsOf = async (db: Kysely<AuthDatabase>, keys: Keys, attempt: Attempt, at: Date): Promise<Bucket[]> => {
  const { device, network } = acquaintances(keys, attempt);
  const rows = await db.selectFrom('sign_in_acquaintances').select('key').where('key', 'in', [...(device ? [device] : []), network]).where('known_until', '>', at).execute();
  const isKnown = (key: string | undefined) => rows.some((row) => row.key === key);
  // A browser that is known is counted by itself: others behind its address cannot use up its tries.
  if (device && isKnown(device)) return [{ key: device, kind: 'familiar' }];
  if (isKnown(network)) return [{ key: network, kind: 'familiar' }];
  return [{ key: keys.of('account', attempt.email), kind: 'stranger' }, { key: keys.of('address', networkOf(attempt.address)), kind: 'network' }];
};

const counterOf = (row: { failures: number; last_at: Date; paused_until: Date | null } | undefined): Counter | undefined =>
  row && { failures: row.failures, lastAt: row.last_at.getTime(), pausedUntil: row.paused_until?.getTime() ?? null };
const rowOf = ({ key, kind }: Bucket, { failures, lastAt, pausedUntil }: Counter) =>
  ({ key, failures, last_at: new Date(lastAt), paused_until: pausedUntil === null ? null : new Date(pausedUntil), forget_at: new Date(lastAt + RULES[kind].forgetAfterMs) });

/** Makes the rows and locks them, always in the same order: by the bytes of their keys, whatever the database's collation. */
const locked = async (trx: Transaction<AuthDatabase>, buckets: readonly Bucket[]): Promise<Map<string, Counter>> => {
  const keys = buckets.map(({ key }) => key).toSorted();
  const epoch = new Date(0);
  await trx.insertInto('sign_in_counters').values(keys.map((key) => ({ key, failures: 0, last_at: epoch, paused_until: null, forget_at: epoch }))).onConflict((conflict) => conflict.doNothing()).execute();
  const rows = await trx.selectFrom('sign_in_counters').selectAll().where('key', 'in', keys).orderBy(sql`key collate "C"`).forUpdate().execute();
  return new Map(rows.flatMap((row) => {
    const counter = counterOf(row);
    return counter ? [[row.key, counter]] : [];
  }));
};

const write = (trx: Transaction<AuthDatabase>, bucket: Bucket, counter: Counter) =>
  trx.updateTable('sign_in_counters').set(rowOf(bucket, counter)).where('key', '=', bucket.key).execute();

const tryOnce = (db: Kysely<AuthDatabase>, attempt: Attempt, { buckets, at }: { buckets: readonly Bucket[]; at: Date }): Promise<CountedTry | { readonly until: Date; readonly sinceMs: number }> =>
  db.transaction().execute(async (trx) => {
    const counters = await locked(trx, buckets);
    const now = at.getTime();
    const pauses = buckets.flatMap(({ key, kind }) => {
      const until = pausedUntil(counters.get(key), now, RULES[kind]);
      return until === undefined ? [] : [{ until: new Date(until), sinceMs: now - (counters.get(key)?.lastAt ?? 0) }];
    });
    const [longest] = pauses.toSorted((one, other) => other.until.getTime() - one.until.getTime());
    if (longest) return longest;
    let startsPause = false;
    for (const bucket of buckets) {
      const counter = counted(counters.get(bucket.key), now, RULES[bucket.kind]);
      startsPause ||= counter.pausedUntil !== null;
      await write(trx, bucket, counter);
    }
    return { attempt, buckets, startsPause };
  });

const takeBack = async (db: Kysely<AuthDatabase>, buckets: readonly Bucket[]): Promise<void> => {
  if (buckets.length === 0) return;
  await db.transaction().execute(async (trx) => {
    const counters = await locked(trx, buckets);
    for (const bucket of buckets) await write(trx, bucket, takenBack(counters.get(bucket.key) ?? { failures: 1, lastAt: 0, pausedUntil: null }, RULES[bucket.kind]));
  });
};

const forgetOld = async (db: Kysely<AuthDatabase>, at: Date): Promise<void> => {
  // Whatever somebody is just counting in is not waited for.
  await sql`delete from sign_in_counters where key in (select key from sign_in_counters where forget_at <= ${at} limit 1000 for update skip locked)`.execute(db);
  await sql`delete from sign_in_acquaintances where key in (select key from sign_in_acquaintances where known_until <= ${at} limit 1000 for update skip locked)`.execute(db);
};

/** The tries of this process whose password is still being looked at. */
const triesLookedAt = () => {
  const tries = new Set<CountedTry>();
  return {
    begin: (tried: CountedTry) => void tries.add(tried),
    end: (tried: CountedTry) => void tries.delete(tried),
    isAny: (buckets: readonly Bucket[]) => [...tries].some((tried) => tried.buckets.some(({ key }) => buckets.some((bucket) => bucket.key === key))),
  };
};

export const createSignInLimit = (db: Kysely<AuthDatabase>, masterKeys: MasterKeys): SignInLimit => {
  const keys = keysBy(masterKeys);
  const lookedAt = triesLookedAt();
  return {
    begin: async (attempt, clock) => {
      await forgetOld(db, clock());
      const buckets = await bucketsOf(db, keys, attempt, clock());
      for (let waitedMs = 0; ; waitedMs += ASK_AGAIN_MS) {
        const tried = await tryOnce(db, attempt, { buckets, at: clock() });
        if ('buckets' in tried) {
          lookedAt.begin(tried);
          return tried;
        }
        const isWorthWaiting = lookedAt.isAny(buckets) ? waitedMs < PATIENCE_HERE_MS : waitedMs < PATIENCE_MS && tried.sinceMs < PATIENCE_MS;
        if (!isWorthWaiting) return tried.until;
        await pause(ASK_AGAIN_MS);
      }
    },
    failed: lookedAt.end,
    takeBack: async (tried) => {
      await takeBack(db, tried.buckets).finally(() => lookedAt.end(tried));
    },
    forgive: async (attempt) => {
      const { device, network } = acquaintances(keys, attempt);
      await db.deleteFrom('sign_in_counters').where('key', 'in', [keys.of('account', attempt.email), network, ...(device ? [device] : [])]).execute();
    },
    succeeded: async (tried, at) => {
      const { attempt, buckets } = tried;
      try {
        const { device, network } = acquaintances(keys, attempt);
        await takeBack(db, buckets.filter(({ kind }) => kind === 'network'));
        await db.deleteFrom('sign_in_counters').where('key', 'in', buckets.filter(({ kind }) => kind !== 'network').map(({ key }) => key)).execute();
        const known_until = new Date(at.getTime() + ACQUAINTED_MS);
        await db.insertInto('sign_in_acquaintances').values([...(device ? [device] : []), network].toSorted().map((key) => ({ key, known_until })))
          .onConflict((conflict) => conflict.column('key').doUpdateSet({ known_until })).execute();
      } finally {
        lookedAt.end(tried);
      }
    },
  };
};

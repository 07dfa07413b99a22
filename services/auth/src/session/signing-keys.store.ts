/**
 * The keys that access tokens are signed with, sealed with the master key. There are always two: the one in use and the
 * next, whose public part verifiers get long before it signs anything; so a rotation is noticed by nobody. The one before
 * stays published until the last token that it signed is over. Every replica looks up which key is in use for each token
 * it signs: they all change over with the same row.
 */
import { openWithKey, SealBroken, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import { Refusal, type Clock } from '@citrus/kit-domain';
import { StartRefused } from '@citrus/kit-service';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { sql, type Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { ACCESS_TOKEN_SECONDS } from './access-token.ts';

const ALGORITHM = 'EdDSA';
/** The longest that a verifier, or a cache before it, may hold a key set that does not have the newest key. */
const PUBLISHED_BEFORE_MS = 5 * 60_000;
/** The tokens' life, and time for clocks that differ. */
const PUBLISHED_AFTER_MS = ACCESS_TOKEN_SECONDS * 1000 + 5 * 60_000;

const rowId = (keyId: string): string => `signing-key-${keyId}`;

export type SigningKeys = {
  /** The key to sign with, and its id. */
  current(): Promise<{ readonly keyId: string; readonly key: CryptoKey }>;
  /** The public keys that tokens may be signed with now and next, as a JSON Web Key Set holds them. */
  published(): Promise<JWK[]>;
  /**
   * The next key comes into use, and there is a new next one.
   * @throws Refusal `signing_key.too_soon` while a verifier may not know the next key
   */
  rotate(): Promise<{ readonly current: string; readonly next: string; readonly previousUntil: string }>;
};

const newRow = async (masterKeys: MasterKeys, at: Date) => {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const keyId = await calculateJwkThumbprint(publicJwk);
  const sealed = sealWithKey(masterKeys, JSON.stringify(await exportJWK(privateKey)), rowId(keyId));
  return { key_id: keyId, public_key: JSON.stringify({ ...publicJwk, kid: keyId, alg: ALGORITHM, use: 'sig' }), sealed_private_key: sealed, created_at: at };
};

const open = (masterKeys: MasterKeys, keyId: string, sealed: string): JWK => {
  try {
    return JSON.parse(openWithKey(masterKeys, sealed, rowId(keyId))) as JWK;
  } catch (cause) {
    if (cause instanceof SealBroken) throw new StartRefused('The master key (CITRUS_MASTER_KEY_FILE) is not the one that this database was sealed with; give auth the right one.', { cause });
    throw cause;
  }
};

type Parts = { readonly db: Kysely<AuthDatabase>; readonly masterKeys: MasterKeys; readonly clock: Clock };

/** Another replica's may have come first: the unique indexes keep one of each, and that one counts. */
const makeMissing = async ({ db, masterKeys, clock }: Parts): Promise<void> => {
  for (const role of [{ is_current: true, is_next: false }, { is_current: false, is_next: true }]) {
    await db.insertInto('signing_keys').values({ ...(await newRow(masterKeys, clock())), ...role, retired_at: null }).onConflict((conflict) => conflict.doNothing()).execute();
  }
};

const tooSoon = (until: Date) =>
  new Refusal('signing_key.too_soon', `The next key was made a moment ago, and not everybody who checks access tokens can know it yet. Rotate after ${until.toISOString()}.`);

const rotate = ({ db, masterKeys, clock }: Parts) =>
  db.transaction().execute(async (trx) => {
    const [before, next] = await trx.selectFrom('signing_keys').select(['key_id', 'created_at', 'is_current']).where((either) => either.or([either('is_current', '=', true), either('is_next', '=', true)])).orderBy('is_current', 'desc').forUpdate().execute();
    if (!before?.is_current || !next) throw new Error('there are not two signing keys to rotate');
    const at = clock();
    const known = new Date(next.created_at.getTime() + PUBLISHED_BEFORE_MS);
    if (at < known) throw tooSoon(known);
    const after = await newRow(masterKeys, at);
    await trx.updateTable('signing_keys').set({ is_current: false, retired_at: at }).where('key_id', '=', before.key_id).execute();
    await trx.updateTable('signing_keys').set({ is_current: true, is_next: false }).where('key_id', '=', next.key_id).execute();
    await trx.insertInto('signing_keys').values({ ...after, is_current: false, is_next: true, retired_at: null }).execute();
    return { current: next.key_id, next: after.key_id, previousUntil: new Date(at.getTime() + PUBLISHED_AFTER_MS).toISOString() };
  });

export const openSigningKeys = (db: Kysely<AuthDatabase>, masterKeys: MasterKeys, clock: Clock): SigningKeys => {
  const parts: Parts = { db, masterKeys, clock };
  const opened = new Map<string, CryptoKey>();
  let isComplete = false;
  const complete = async () => {
    if (!isComplete) await makeMissing(parts);
    isComplete = true;
  };
  return {
    current: async () => {
      await complete();
      const row = await db.selectFrom('signing_keys').select(['key_id', 'sealed_private_key']).where('is_current', '=', true).executeTakeFirstOrThrow();
      const key = opened.get(row.key_id) ?? ((await importJWK(open(masterKeys, row.key_id, row.sealed_private_key), ALGORITHM)) as CryptoKey);
      if (!opened.has(row.key_id)) opened.clear();
      opened.set(row.key_id, key);
      return { keyId: row.key_id, key };
    },
    published: async () => {
      await complete();
      const rows = await db.selectFrom('signing_keys').select('public_key')
        .where((either) => either.or([either('is_current', '=', true), either('is_next', '=', true), either('retired_at', '>', new Date(clock().getTime() - PUBLISHED_AFTER_MS))]))
        .orderBy('created_at').orderBy(sql`is_next`).execute();
      return rows.map((row) => JSON.parse(row.public_key) as JWK);
    },
    rotate: async () => {
      await complete();
      return rotate(parts);
    },
  };
};

/**
 * The key that access tokens are signed with. Made once by whichever replica comes first, kept sealed with the master
 * key; the public part of every key we ever signed with goes to the verifiers, so that a key can be followed by another.
 */
import { openWithKey, SealBroken, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import type { Clock } from '@citrus/kit-domain';
import { StartRefused } from '@citrus/kit-service';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import type { Kysely } from 'kysely';
import type { AuthDatabase } from '../database.ts';
import { once } from '../once.ts';

const ALGORITHM = 'EdDSA';
const rowId = (keyId: string): string => `signing-key-${keyId}`;

export type SigningKeys = {
  /** The key to sign with, and its id. */
  current(): Promise<{ readonly keyId: string; readonly key: CryptoKey }>;
  /** All public keys, as a JSON Web Key Set holds them. */
  published(): Promise<JWK[]>;
};

const insertNew = async (db: Kysely<AuthDatabase>, masterKeys: MasterKeys, at: Date): Promise<void> => {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const keyId = await calculateJwkThumbprint(publicJwk);
  const sealed = sealWithKey(masterKeys, JSON.stringify(await exportJWK(privateKey)), rowId(keyId));
  const row = { key_id: keyId, public_key: JSON.stringify({ ...publicJwk, kid: keyId, alg: ALGORITHM, use: 'sig' }), sealed_private_key: sealed, is_current: true, created_at: at };
  // Another replica's may have come first: the unique index keeps one current key, and we read that one.
  await db.insertInto('signing_keys').values(row).onConflict((conflict) => conflict.doNothing()).execute();
};

const open = (masterKeys: MasterKeys, keyId: string, sealed: string): JWK => {
  try {
    return JSON.parse(openWithKey(masterKeys, sealed, rowId(keyId))) as JWK;
  } catch (cause) {
    if (cause instanceof SealBroken) throw new StartRefused('The master key (CITRUS_MASTER_KEY_FILE) is not the one that this database was sealed with; give auth the right one.', { cause });
    throw cause;
  }
};

export const openSigningKeys = (db: Kysely<AuthDatabase>, masterKeys: MasterKeys, clock: Clock): SigningKeys => {
  const readCurrent = () => db.selectFrom('signing_keys').select(['key_id', 'sealed_private_key']).where('is_current', '=', true).executeTakeFirst();
  const current = once(async () => {
    if (!(await readCurrent())) await insertNew(db, masterKeys, clock());
    const row = await readCurrent();
    if (!row) throw new Error('the signing key that was just made is gone');
    const key = await importJWK(open(masterKeys, row.key_id, row.sealed_private_key), ALGORITHM);
    return { keyId: row.key_id, key: key as CryptoKey };
  });
  return {
    current,
    published: async () => {
      await current();
      const rows = await db.selectFrom('signing_keys').select('public_key').orderBy('created_at').execute();
      return rows.map((row) => JSON.parse(row.public_key) as JWK);
    },
  };
};

/**
 * Secrets in a database, sealed with a key that is not in it. `rowId` is bound in, so that one row's secret cannot be
 * copied into another row. Two forms: `key.v1.` + base64url(nonce, ciphertext, tag) for a data key, and
 * `key.v2.<key id>.` + the same for the master keys, so that it is known which of them is still needed. Random nonces,
 * far below their limit.
 */
import { randomBytes } from 'node:crypto';
import { lock, NONCE_BYTES, openSealed, SealBroken, unlock } from './aead.ts';
import type { MasterKeys } from './master-key.ts';

const BY_DATA_KEY = 'key.v1.';
/** What the master keys sealed begins so, with the id of the key and a dot behind it. */
export const BY_MASTER_KEY = 'key.v2.';

export type SealingKey = Uint8Array | MasterKeys;

const isDataKey = (key: SealingKey): key is Uint8Array => key instanceof Uint8Array;
const prefixOf = (keyId: string): string => `${BY_MASTER_KEY}${keyId}.`;

const seal = (prefix: string, key: Uint8Array, plaintext: string, aad: string): string => {
  const nonce = randomBytes(NONCE_BYTES);
  return prefix + Buffer.concat([nonce, lock({ key, nonce, aad }, plaintext)]).toString('base64url');
};

const open = (prefix: string, key: Uint8Array, sealed: string, aad: string): string =>
  openSealed(prefix, sealed, (bytes) => unlock({ key, nonce: bytes.subarray(0, NONCE_BYTES), aad }, bytes.subarray(NONCE_BYTES)));

export const sealWithKey = (key: SealingKey, plaintext: string, rowId: string): string => {
  if (isDataKey(key)) return seal(BY_DATA_KEY, key, plaintext, rowId);
  const { id, bytes } = key.current();
  return seal(prefixOf(id), bytes, plaintext, rowId);
};

/** Before master keys had names: one of them opens it, if any does. */
const openNameless = (keys: MasterKeys, sealed: string, rowId: string): string => {
  let last: unknown;
  for (const { bytes } of keys.all()) {
    try {
      return open(BY_DATA_KEY, bytes, sealed, rowId);
    } catch (error) {
      last = error;
    }
  }
  throw last;
};

/** @throws SealBroken with another key or another row id, or if the text was changed. */
export const openWithKey = (key: SealingKey, sealed: string, rowId: string): string => {
  if (isDataKey(key)) return open(BY_DATA_KEY, key, sealed, rowId);
  if (!sealed.startsWith(BY_MASTER_KEY)) return openNameless(key, sealed, rowId);
  const keyId = sealed.slice(BY_MASTER_KEY.length).split('.', 1)[0] ?? '';
  const named = key.find(keyId);
  if (!named) throw new SealBroken(`it was sealed with the master key ${/^[0-9a-f]{12}$/.test(keyId) ? keyId : '(none that could be one)'}, which is not in CITRUS_MASTER_KEY_FILE; put it there as a further line`);
  return open(prefixOf(named.id), named.bytes, sealed, rowId);
};

/** True for what the master key in use sealed. */
export const isSealedWithCurrent = (keys: MasterKeys, sealed: string): boolean => sealed.startsWith(prefixOf(keys.current().id));

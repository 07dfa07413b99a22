/**
 * Secrets in a database, sealed with a key that is not in it. `rowId` is bound in, so that one row's secret cannot be
 * copied into another row. Form: `key.v1.` + base64url(nonce, ciphertext, tag); random nonces, far below their limit.
 */
import { randomBytes } from 'node:crypto';
import { lock, NONCE_BYTES, openSealed, unlock } from './aead.ts';

const PREFIX = 'key.v1.';

export const sealWithKey = (key: Uint8Array, plaintext: string, rowId: string): string => {
  const nonce = randomBytes(NONCE_BYTES);
  return PREFIX + Buffer.concat([nonce, lock({ key, nonce, aad: rowId }, plaintext)]).toString('base64url');
};

/** @throws SealBroken with another key or another row id, or if the text was changed. */
export const openWithKey = (key: Uint8Array, sealed: string, rowId: string): string =>
  openSealed(PREFIX, sealed, (bytes) => unlock({ key, nonce: bytes.subarray(0, NONCE_BYTES), aad: rowId }, bytes.subarray(NONCE_BYTES)));

/**
 * Sealed boxes: anyone with the public key can seal, only the holder of the private key can open. A fresh X25519 key
 * for each box, HKDF-SHA256 over both public keys, AES-256-GCM. `aad` names what the text belongs to, so that a box
 * cannot be moved elsewhere. Form: `box.v1.` + base64url(ephemeral public key, ciphertext, tag).
 */
import { diffieHellman, hkdfSync } from 'node:crypto';
import { lock, NONCE_BYTES, openSealed, unlock, type Lock } from './aead.ts';
import { generateKeys, privateKeyOf, publicKeyOf, type KeyPair } from './okp.ts';

const PREFIX = 'box.v1.';
const KEY_BYTES = 32;

export const generateBoxKeys = (): KeyPair => generateKeys('x25519');

/** The key is used once, so its nonce may come from the same derivation. */
const derive = (shared: Buffer, ephemeral: string, recipient: string): Omit<Lock, 'aad'> => {
  const salt = Buffer.concat([Buffer.from(ephemeral, 'base64url'), Buffer.from(recipient, 'base64url')]);
  const bytes = Buffer.from(hkdfSync('sha256', shared, salt, 'citrus-box-v1', KEY_BYTES + NONCE_BYTES));
  return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES) };
};

export const sealToBox = (publicKey: string, plaintext: string, aad: string): string => {
  const ephemeral = generateKeys('x25519');
  const shared = diffieHellman({ privateKey: privateKeyOf('x25519', ephemeral.privateKey), publicKey: publicKeyOf('x25519', publicKey) });
  const locked = lock({ ...derive(shared, ephemeral.publicKey, publicKey), aad }, plaintext);
  return PREFIX + Buffer.concat([Buffer.from(ephemeral.publicKey, 'base64url'), locked]).toString('base64url');
};

/** @throws SealBroken if it was sealed to another key or for another place, or was changed. */
export const openBox = (keys: KeyPair, sealed: string, aad: string): string =>
  openSealed(PREFIX, sealed, (bytes) => {
    const ephemeral = bytes.subarray(0, KEY_BYTES).toString('base64url');
    const shared = diffieHellman({ privateKey: privateKeyOf('x25519', keys.privateKey), publicKey: publicKeyOf('x25519', ephemeral) });
    return unlock({ ...derive(shared, ephemeral, keys.publicKey), aad }, bytes.subarray(KEY_BYTES));
  });

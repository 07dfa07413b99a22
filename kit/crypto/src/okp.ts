/**
 * Raw 32-byte Curve25519 keys in base64url, as they travel in contracts, made into the key objects of node:crypto.
 * Node reads only DER and JWK; the DER of these keys is a fixed prefix and the 32 bytes.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

export type KeyPair = { readonly publicKey: string; readonly privateKey: string };
type Curve = 'ed25519' | 'x25519';

const OID: Record<Curve, string> = { x25519: '6e', ed25519: '70' };
const publicPrefix = (curve: Curve) => Buffer.from(`302a300506032b65${OID[curve]}032100`, 'hex');
const privatePrefix = (curve: Curve) => Buffer.from(`302e020100300506032b65${OID[curve]}04220420`, 'hex');

const raw = (key: string): Buffer => {
  const bytes = Buffer.from(key, 'base64url');
  if (bytes.length !== 32) throw new TypeError('a raw key is 32 bytes in base64url');
  return bytes;
};

export const publicKeyOf = (curve: Curve, key: string): KeyObject =>
  createPublicKey({ key: Buffer.concat([publicPrefix(curve), raw(key)]), format: 'der', type: 'spki' });

export const privateKeyOf = (curve: Curve, key: string): KeyObject =>
  createPrivateKey({ key: Buffer.concat([privatePrefix(curve), raw(key)]), format: 'der', type: 'pkcs8' });

/** The last 32 bytes of either DER form are the raw key. */
const last32 = (der: Buffer): string => der.subarray(-32).toString('base64url');

export const generateKeys = (curve: Curve): KeyPair => {
  // Two overloads of the same call: the typings know each curve by its own literal only.
  const pair = curve === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  return {
    publicKey: last32(pair.publicKey.export({ format: 'der', type: 'spki' })),
    privateKey: last32(pair.privateKey.export({ format: 'der', type: 'pkcs8' })),
  };
};

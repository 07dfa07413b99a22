/**
 * The file with the key that seals are signed with: a private Ed25519 key in PEM, as `openssl genpkey -algorithm ed25519`
 * writes it, and behind it the public keys of former ones whose seals still count.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { keyIdOf, rawPublicKeyOf, type PublicKeys, type SealKey } from './seal.ts';

export class BadSealKey extends Error {
  override readonly name = 'BadSealKey';
}

export type SealKeys = { readonly current: SealKey; readonly publicKeys: PublicKeys };

const BLOCK = /-----BEGIN (PRIVATE|PUBLIC) KEY-----[\s\S]+?-----END \1 KEY-----/g;
const HOW = 'make one with `openssl genpkey -algorithm ed25519`';

/** A new key, as text for such a file. */
export const newSealKey = (): string => String(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }));

const keysIn = (file: string, text: string): KeyObject[] =>
  [...text.matchAll(BLOCK)].map(([pem, kind]) => {
    try {
      const key = kind === 'PRIVATE' ? createPrivateKey(pem) : createPublicKey(pem);
      if (key.asymmetricKeyType === 'ed25519') return key;
    } catch (cause) {
      throw new BadSealKey(`a key in ${file} cannot be read; ${HOW}`, { cause });
    }
    throw new BadSealKey(`a key in ${file} is not an Ed25519 key; ${HOW}`);
  });

/** @throws BadSealKey, with what is wrong and what to do */
export const readSealKeys = (file: string): SealKeys => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BadSealKey(`cannot read the key file ${file}; ${HOW}`, { cause });
  }
  const keys = keysIn(file, text);
  const [privateKey, another] = keys.filter(({ type }) => type === 'private');
  if (!privateKey || another) throw new BadSealKey(`${file} must hold one private key; ${HOW}`);
  const raw = keys.map((key) => rawPublicKeyOf(key.type === 'private' ? createPublicKey(key) : key));
  return { current: { keyId: keyIdOf(rawPublicKeyOf(createPublicKey(privateKey))), privateKey }, publicKeys: Object.fromEntries(raw.map((key) => [keyIdOf(key), key])) };
};

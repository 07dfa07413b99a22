/** Signatures of agent commands: Ed25519 over the exact text that travels, so that nothing depends on parsing it first. */
import { sign, verify, type KeyObject } from 'node:crypto';
import { commandSigningInput } from '@citrus/contracts';
import { generateKeys, privateKeyOf, publicKeyOf, type KeyPair } from './okp.ts';

export const generateSigningKeys = (): KeyPair => generateKeys('ed25519');

/** Answers the signature in base64url. */
export type SignCommand = (command: string) => string;

/** `privateKey` raw in base64url, read once: to read it takes as long as to sign with it. */
export const commandSigner = (privateKey: string): SignCommand => {
  const key = privateKeyOf('ed25519', privateKey);
  return (command) => sign(null, Buffer.from(commandSigningInput(command)), key).toString('base64url');
};

export const signCommand = (privateKey: string, command: string): string => commandSigner(privateKey)(command);

/** There are two or three public keys at a time. */
const MOST_KEYS = 16;
const publicKeys = new Map<string, KeyObject>();

const readOnce = (publicKey: string): KeyObject => {
  const known = publicKeys.get(publicKey);
  if (known) return known;
  const key = publicKeyOf('ed25519', publicKey);
  if (publicKeys.size >= MOST_KEYS) publicKeys.clear();
  publicKeys.set(publicKey, key);
  return key;
};

/** False for anything that is not a good signature, also for a key or signature that is not one at all. */
export const verifyCommand = (publicKey: string, command: string, signature: string): boolean => {
  try {
    return verify(null, Buffer.from(commandSigningInput(command)), readOnce(publicKey), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
};

/** Signatures of agent commands: Ed25519 over the exact text that travels, so that nothing depends on parsing it first. */
import { sign, verify } from 'node:crypto';
import { commandSigningInput } from '@citrus/contracts';
import { generateKeys, privateKeyOf, publicKeyOf, type KeyPair } from './okp.ts';

export const generateSigningKeys = (): KeyPair => generateKeys('ed25519');

/** `privateKey` raw in base64url; answers the signature in base64url. */
export const signCommand = (privateKey: string, command: string): string =>
  sign(null, Buffer.from(commandSigningInput(command)), privateKeyOf('ed25519', privateKey)).toString('base64url');

/** False for anything that is not a good signature, also for a key or signature that is not one at all. */
export const verifyCommand = (publicKey: string, command: string, signature: string): boolean => {
  try {
    return verify(null, Buffer.from(commandSigningInput(command)), publicKeyOf('ed25519', publicKey), Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
};

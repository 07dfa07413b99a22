/** AES-256-GCM and the one error for everything that does not open: wrong key, wrong place, damaged, not ours. */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

const TAG_BYTES = 16;
export const NONCE_BYTES = 12;

export type Lock = { readonly key: Uint8Array; readonly nonce: Uint8Array; readonly aad: string };

export const lock = ({ key, nonce, aad }: Lock, plaintext: string): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad));
  return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
};

export const unlock = ({ key, nonce, aad }: Lock, locked: Uint8Array): string => {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(locked.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(locked.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
};

/** Takes off `<prefix>` and hands the bytes to `open`; whatever goes wrong inside is a broken seal. */
export const openSealed = (prefix: string, sealed: string, open: (bytes: Buffer) => string): string => {
  if (!sealed.startsWith(prefix)) throw new SealBroken(`this is not a text sealed as ${prefix.slice(0, -1)}`);
  try {
    return open(Buffer.from(sealed.slice(prefix.length), 'base64url'));
  } catch (cause) {
    throw new SealBroken('the sealed text cannot be opened: another key, another place, or it was changed', { cause });
  }
};

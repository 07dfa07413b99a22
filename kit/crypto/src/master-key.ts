/**
 * The master key that a service seals its secrets with: a file of 32 random bytes in base64. A service does not start
 * without one, nor with one that a person made up or copied from an example.
 */
import { readFileSync } from 'node:fs';

const KEY_BYTES = 32;
/** 32 random bytes hold about 30 different values; fewer than half of that does not happen by chance. */
const FEWEST_DIFFERENT_BYTES = 16;

export class BadMasterKey extends Error {
  override readonly name = 'BadMasterKey';
}

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;
const isCounted = (key: Buffer): boolean => {
  const step = ((key[1] ?? 0) - (key[0] ?? 0)) & 0xff;
  return key.every((byte, index) => index === 0 || ((byte - (key[index - 1] ?? 0)) & 0xff) === step);
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new BadMasterKey(`cannot read the master key file ${file}: make one with \`openssl rand -base64 32\``, { cause });
  }
};

/** @throws BadMasterKey, with what is wrong and what to do. */
export const readMasterKey = (file: string): Buffer => {
  const text = readText(file);
  const key = Buffer.from(text, 'base64');
  const isCanonical = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (!isCanonical || key.length !== KEY_BYTES) throw new BadMasterKey(`the master key in ${file} is not 32 bytes in base64: make one with \`openssl rand -base64 32\``);
  if (new Set(key).size < FEWEST_DIFFERENT_BYTES || key.every(isPrintable) || isCounted(key)) {
    throw new BadMasterKey(`the master key in ${file} is a default or made-up one: make a random one with \`openssl rand -base64 32\``);
  }
  return key;
};

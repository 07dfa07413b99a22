/**
 * Passwords that stood in breaches, from a file that the operator brings: lines of `<SHA-1 in hexadecimal>:<how often>`,
 * in ascending order, which is how Have I Been Pwned gives its list away (`haveibeenpwned-downloader`, about 40 GB). It is
 * searched where it lies; nothing about a password leaves this machine. Without one, zxcvbn's list is what is compared with.
 */
import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { StartRefused } from '@citrus/kit-service';

const HASH_LENGTH = 40;
/** Several lines fit in it; what is left of the search at that size is read whole. */
const BLOCK = 4096;
const LINE = /^[0-9A-Fa-f]{40}(:\d+)?\r?$/;

export type BreachedPasswords = (password: string) => Promise<boolean>;

const textAt = async (file: FileHandle, from: number, length: number): Promise<string> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  return buffer.toString('latin1', 0, bytesRead);
};

/** The first hash of a line that begins after this place; undefined at the end. */
const hashAfter = (text: string): string | undefined => {
  const begin = text.indexOf('\n') + 1;
  const hash = text.slice(begin, begin + HASH_LENGTH).toUpperCase();
  return begin > 0 && hash.length === HASH_LENGTH ? hash : undefined;
};

const isListed = async (path: string, hash: string): Promise<boolean> => {
  const file = await open(path, 'r');
  try {
    let [low, high] = [0, (await file.stat()).size];
    while (high - low > BLOCK) {
      const middle = Math.floor((low + high) / 2);
      const found = hashAfter(await textAt(file, middle, 256));
      if (found !== undefined && found <= hash) low = middle;
      else high = middle;
    }
    // The line may begin a little before, or end a little after.
    const from = Math.max(0, low - BLOCK);
    return (await textAt(file, from, high - from + BLOCK)).toUpperCase().split('\n').some((line) => line.startsWith(hash));
  } finally {
    await file.close();
  }
};

/** @throws StartRefused for a file that cannot be read or is no such list */
export const checkBreachedFile = async (path: string): Promise<void> => {
  const refuse = (reason: string, cause?: unknown) => new StartRefused(`CITRUS_BREACHED_PASSWORDS_FILE=${path}: ${reason}. It has lines of <SHA-1>:<count> in ascending order, as haveibeenpwned-downloader writes them.`, { cause });
  const file = await open(path, 'r').catch((cause: unknown) => { throw refuse('it cannot be read', cause); });
  try {
    const lines = (await textAt(file, 0, BLOCK)).split('\n').slice(0, 3).filter((line) => line !== '');
    if (lines.length === 0 || !lines.every((line) => LINE.test(line))) throw refuse('it is no list of hashes');
    if (lines.toSorted().join() !== lines.join()) throw refuse('it is not in ascending order, perhaps ordered by count');
  } finally {
    await file.close();
  }
};

/** Without a file nothing is listed. */
export const breachedPasswordsIn = (path: string | undefined): BreachedPasswords => async (password) =>
  path !== undefined && isListed(path, createHash('sha1').update(password).digest('hex').toUpperCase());

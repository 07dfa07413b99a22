/**
 * The master keys that a service seals its secrets with: a file of 32 random bytes in base64 a line. The first line is
 * the key in use; the others only open what was sealed before, until everything has been sealed anew (ADR 0019). A
 * service does not start without a good file, nor with one that everybody on the machine can read.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

const KEY_BYTES = 32;
/** 32 random bytes hold about 30 different values; fewer than half of that does not happen by chance. */
const FEWEST_DIFFERENT_BYTES = 16;
const MOST_KEYS = 16;
const OTHERS_MAY_READ = 0o004;
const MAKE_ONE = 'make one with `openssl rand -base64 32`';
/** A key that was put into the file reaches every running service within this time. */
export const KEYS_READ_AGAIN_MS = 1000;

export class BadMasterKey extends Error {
  override readonly name = 'BadMasterKey';
}

/** `id` names the key in what it sealed; it is a hash and gives nothing away. */
export type MasterKey = { readonly id: string; readonly bytes: Buffer };
export type MasterKeys = {
  /** The one that seals. */
  readonly current: () => MasterKey;
  /** All that open, the current one first. */
  readonly all: () => readonly MasterKey[];
  /** The key of that id, if need be from a file that has changed since it was read. */
  readonly find: (id: string) => MasterKey | undefined;
};

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;
const isCounted = (key: Buffer): boolean => {
  const step = ((key[1] ?? 0) - (key[0] ?? 0)) & 0xff;
  return key.every((byte, index) => index === 0 || ((byte - (key[index - 1] ?? 0)) & 0xff) === step);
};

const idOf = (bytes: Uint8Array): string => createHash('sha256').update('citrus master key id v1\n').update(bytes).digest('hex').slice(0, 12);
const keyOf = (bytes: Buffer): MasterKey => ({ id: idOf(bytes), bytes });

const readText = (file: string): string => {
  let mode: number;
  let text: string;
  try {
    ({ mode } = statSync(file));
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new BadMasterKey(`cannot read the master key file ${file}: ${MAKE_ONE}`, { cause });
  }
  if (mode & OTHERS_MAY_READ) throw new BadMasterKey(`everybody on this machine can read the master key file ${file}: take that right away with \`chmod o-rwx ${file}\``);
  return text;
};

const parseKey = (text: string, where: string): Buffer => {
  const key = Buffer.from(text, 'base64');
  const isCanonical = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (!isCanonical || key.length !== KEY_BYTES) throw new BadMasterKey(`the master key in ${where} is not 32 bytes in base64: ${MAKE_ONE}`);
  if (new Set(key).size < FEWEST_DIFFERENT_BYTES || key.every(isPrintable) || isCounted(key)) {
    throw new BadMasterKey(`the master key in ${where} is a default or made-up one: make a random one with \`openssl rand -base64 32\``);
  }
  return key;
};

const parseKeys = (file: string): MasterKey[] => {
  const lines = readText(file).split(/\s*\n\s*/).filter((line, index) => index === 0 || line !== '');
  if (lines.length > MOST_KEYS) throw new BadMasterKey(`${file} holds more than ${MOST_KEYS} master keys: take out those that nothing is sealed with any more`);
  const keys = lines.map((line, index) => keyOf(parseKey(line, index === 0 ? file : `line ${index + 1} of ${file}`)));
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) throw new BadMasterKey(`${file} holds a master key twice: take out one of the two lines`);
  return keys;
};

const ringOf = (read: () => readonly MasterKey[], readAgain: () => readonly MasterKey[]): MasterKeys => ({
  current: () => {
    const [first] = read();
    if (!first) throw new BadMasterKey(`there is no master key: ${MAKE_ONE}`);
    return first;
  },
  all: read,
  find: (id) => [...read(), ...readAgain()].find((key) => key.id === id),
});

/** Keys that do not change. */
export const masterKeysOf = (...keys: readonly Uint8Array[]): MasterKeys => {
  const all = keys.map((bytes) => keyOf(Buffer.from(bytes)));
  return ringOf(() => all, () => all);
};

/**
 * Follows the file: a key that an operator adds is known here without a restart. A file that went bad since the start
 * changes nothing; the keys that were read stay.
 * @throws BadMasterKey at the start, with what is wrong and what to do.
 */
export const openMasterKeys = (file: string, now: () => number = () => performance.now()): MasterKeys => {
  let keys = parseKeys(file);
  let readAt = now();
  const readAgain = () => {
    try {
      keys = parseKeys(file);
    } catch (error) {
      if (!(error instanceof BadMasterKey)) throw error;
    }
    readAt = now();
    return keys;
  };
  return ringOf(() => (now() - readAt < KEYS_READ_AGAIN_MS ? keys : readAgain()), readAgain);
};

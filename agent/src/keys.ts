/** The agent's two private keys. They are made here, reach the disk before anything else knows of them, and stay. */
import { createKey, generateBoxKeys, keyFromSeed, type KeyPair as BoxKeys } from '@citrus/kit-crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeDurably } from './files.ts';

const StoredKeys = z.object({ nkeySeed: z.string(), box: z.object({ publicKey: z.string(), privateKey: z.string() }) });

export type Keys = {
  /** The public half, a NATS user key. */
  readonly nkey: string;
  readonly box: BoxKeys;
  /** Signature in base64url. */
  readonly sign: (text: string) => string;
};

const fileOf = (stateDir: string): string => join(stateDir, 'keys', 'agent-keys.json');

const makeKeys = (file: string): z.infer<typeof StoredKeys> => {
  const made = { nkeySeed: Buffer.from(createKey('user').getSeed()).toString(), box: generateBoxKeys() };
  writeDurably(file, JSON.stringify(made));
  return made;
};

/** Made anew, because the hub said that the old ones were revoked; the old ones are gone for good. */
export const replaceKeys = (stateDir: string): Keys => {
  makeKeys(fileOf(stateDir));
  return loadKeys(stateDir);
};

export const loadKeys = (stateDir: string): Keys => {
  const file = fileOf(stateDir);
  const stored = readIfThere(file);
  const { nkeySeed, box } = stored === undefined ? makeKeys(file) : StoredKeys.parse(JSON.parse(stored));
  const key = keyFromSeed(nkeySeed);
  return {
    nkey: key.getPublicKey(),
    box,
    sign: (text) => Buffer.from(key.sign(Buffer.from(text))).toString('base64url'),
  };
};

/**
 * Where the keys lie. `offline/` holds what no running process needs (identity keys, the services' signing keys) and can
 * be carried away; `auth/` is what the auth service mounts; `creds/` holds one file for each program.
 */
import { createKey, keyFromSeed, type KeyKind } from '@citrus/kit-crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { KeyPair } from '@nats-io/nkeys';
import { z } from 'zod';
import type { ControlRole, PublicKeys } from './accounts.ts';
import type { Revocations } from './revocations.ts';

const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
const AGENT_SIGNERS = 8;

export const authKeysDirOf = (trustDir: string): string => join(trustDir, 'auth');
/** The steward is a part of auth, so its credentials lie with auth's keys. */
export const credsFileOf = (trustDir: string, role: ControlRole): string => (role === 'steward' ? stewardCredsFile(authKeysDirOf(trustDir)) : join(trustDir, 'creds', `${role}.creds`));

export const makeDirectories = async (trustDir: string): Promise<void> => {
  for (const name of ['offline', 'auth', 'creds', 'accounts']) await mkdir(join(trustDir, name), { recursive: true, mode: PRIVATE_DIRECTORY });
};

export const readIfThere = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

const writeAside = async (path: string, text: string): Promise<string> => {
  const aside = `${path}.${randomUUID()}`;
  await writeFile(aside, text, { mode: PRIVATE_FILE, flag: 'wx', flush: true });
  return aside;
};

/** Whole or not at all; for what can be made again from the keys. */
export const replaceFile = async (path: string, text: string): Promise<void> => rename(await writeAside(path, text), path);

/** The file's text, made if there is none. A file that is there stays, also when two bootstraps race: link refuses. */
export const readOrCreate = async (path: string, create: () => string | Promise<string>): Promise<string> => {
  const there = await readIfThere(path);
  if (there !== undefined) return there;
  const aside = await writeAside(path, await create());
  try {
    await link(aside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside);
  }
  return readFile(path, 'utf8');
};

export const readOrCreateKey = async (path: string, kind: KeyKind): Promise<KeyPair> =>
  keyFromSeed((await readOrCreate(path, () => `${Buffer.from(createKey(kind).getSeed()).toString()}\n`)).trim());

export const operatorSigningFile = (authKeysDir: string): string => join(authKeysDir, 'operator-signing.seed');
export const publicKeysFile = (authKeysDir: string): string => join(authKeysDir, 'public-keys.json');
export const claimsCredsFile = (authKeysDir: string): string => join(authKeysDir, 'claims.creds');
export const stewardCredsFile = (authKeysDir: string): string => join(authKeysDir, 'steward.creds');
export const agentSignerFiles = (authKeysDir: string): string[] =>
  Array.from({ length: AGENT_SIGNERS }, (_, index) => join(authKeysDir, `agent-${String(index).padStart(2, '0')}.seed`));

/** Users of our own programs that were rotated out: public key, and the second until which their JWTs are void. */
export const retiredFile = (authKeysDir: string): string => join(authKeysDir, 'retired.json');
const Retired = z.record(z.string().regex(/^U[A-Z2-7]{55}$/), z.int().positive());
/** @throws Error that says what is wrong with the file: people write it */
export const readRetired = async ({ dir }: { readonly dir: string }): Promise<Revocations> => {
  try {
    return Retired.parse(JSON.parse((await readIfThere(retiredFile(dir))) ?? '{}'));
  } catch (cause) {
    throw new Error(`${retiredFile(dir)} must be {"U… (public user key)": <unix seconds>, …}; correct it`, { cause });
  }
};

/** What auth needs at run time: it can make account JWTs and agents' JWTs, and no service's. */
export type AuthKeys = { /** Where they lie; what is there may grow. */ readonly dir: string; readonly publicKeys: PublicKeys; readonly operatorSigning: KeyPair; readonly agentSigners: readonly KeyPair[]; readonly claimsCredsFile: string; readonly stewardCredsFile: string };

/** @param dir the trust directory, or its `auth/` alone, as a mounted secret has it */
export const readAuthKeys = async (dir: string): Promise<AuthKeys> => {
  const authKeysDir = existsSync(publicKeysFile(authKeysDirOf(dir))) ? authKeysDirOf(dir) : dir;
  const readKey = async (path: string) => keyFromSeed((await readFile(path, 'utf8')).trim());
  // A trust directory of an older release lacks it; better said at the start than when a stream is lost.
  await readFile(stewardCredsFile(authKeysDir));
  return {
    dir: authKeysDir,
    publicKeys: JSON.parse(await readFile(publicKeysFile(authKeysDir), 'utf8')) as PublicKeys,
    operatorSigning: await readKey(operatorSigningFile(authKeysDir)),
    agentSigners: await Promise.all(agentSignerFiles(authKeysDir).map(readKey)),
    claimsCredsFile: claimsCredsFile(authKeysDir),
    stewardCredsFile: stewardCredsFile(authKeysDir),
  };
};

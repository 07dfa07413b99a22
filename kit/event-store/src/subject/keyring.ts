/**
 * The keyring: 256 random bits for each subject, wrapped with the master key and bound to the subject's row, in a
 * database that is not the log's. That is what keeps an erasure true: a backup of the log has no keys in it, and
 * whoever brings an old keyring back meets the log's `SubjectErased` (see erasures.ts).
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openWithKey, sealWithKey, type MasterKeys } from '@citrus/kit-crypto';
import { Refusal, Unavailable } from '@citrus/kit-domain';
import { openDatabase } from '../database/database.ts';
import { openPool } from '../database/pool.ts';
import type { Logger } from '../event-store.port.ts';
import { createKeyCache, type KeyCache } from './key-cache.ts';
import { createKeyringStore, type KeyringDatabase, type KeyringStore } from './keyring.store.ts';
import type { SubjectKeys } from './subject-keys.port.ts';

const KEY_BYTES = 32;

export type Keyring = SubjectKeys & {
  /** @throws Unavailable when the keyring does not answer, Error when it is not migrated */
  check(): Promise<void>;
  close(): Promise<void>;
};

const rowId = (subjectId: string): string => `subject-key ${subjectId}`;
const secretRowId = (name: string): string => `keyring-secret ${name}`;
/** Every column of the keyring that the master key seals. */
export const keyringSeals = [
  { table: 'subject_keys', id: 'subject_id', column: 'wrapped_key', rowId },
  { table: 'keyring_secrets', id: 'name', column: 'sealed', rowId: secretRowId },
] as const;
/** As JSON, so that no subject and place read like another pair. */
const placeOf = (subjectId: string, place: string): string => JSON.stringify([subjectId, place]);
const erased = () => new Refusal('subject.erased', 'This person was forgotten; nothing can be written about him or her any more.');

type Parts = { readonly store: KeyringStore; readonly masterKeys: MasterKeys; readonly cache: KeyCache };

const readKey = async ({ store, masterKeys, cache }: Parts, subjectId: string): Promise<Buffer | 'erased' | 'none'> => {
  const known = cache.get(subjectId);
  if (known) return known;
  const row = await store.read(subjectId);
  if (!row) return 'none';
  return cache.put(subjectId, row.wrappedKey === null ? 'erased' : Buffer.from(openWithKey(masterKeys, row.wrappedKey, rowId(subjectId)), 'base64'));
};

/** Another replica's key may have come first: the row that is there counts. */
const ensureKey = async (parts: Parts, subjectId: string): Promise<Buffer | 'erased'> => {
  const key = await readKey(parts, subjectId);
  if (key !== 'none') return key;
  await parts.store.insert(subjectId, sealWithKey(parts.masterKeys, randomBytes(KEY_BYTES).toString('base64'), rowId(subjectId)));
  const made = await readKey(parts, subjectId);
  if (made === 'none') throw new Error(`the key of ${subjectId} that was just made is gone`);
  return made;
};

const NAME_KEY = 'name-key';

/**
 * Kept, because hashes cannot be made anew: only whoever comes with a name knows it. Its first value is what was once
 * derived from the only master key, so that older names are still found. A failure is not remembered.
 */
const nameKeyOf = ({ store, masterKeys }: Parts): (() => Promise<Buffer>) => {
  let known: Buffer | undefined;
  return async () => {
    if (known) return known;
    const first = () => {
      const oldest = masterKeys.all().at(-1) ?? masterKeys.current();
      return Buffer.from(hkdfSync('sha256', oldest.bytes, '', 'citrus keyring names v1', KEY_BYTES)).toString('base64');
    };
    const sealed = await store.secret(NAME_KEY, () => sealWithKey(masterKeys, first(), secretRowId(NAME_KEY)));
    return (known = Buffer.from(openWithKey(masterKeys, sealed, secretRowId(NAME_KEY)), 'base64'));
  };
};

const REWRITE_AGAIN_MS = 60_000;
/** Between tries of one erasure: autovacuum and short queries are gone by then. */
const REWRITE_PAUSES_MS = [20, 50, 100, 200, 500, 1000, 2000];

const isClean = async (store: KeyringStore): Promise<boolean> => {
  for (const waitMs of REWRITE_PAUSES_MS) {
    if (await store.rewrite()) return true;
    await pause(waitMs);
  }
  return store.rewrite();
};

const subjectKeysOf = (parts: Parts): SubjectKeys & { readonly stop: () => void } => {
  const { store, cache } = parts;
  const nameKey = nameKeyOf(parts);
  /** At first too: an earlier process may have died between an erasure and this. */
  let isRewriteDue = true;
  let again: NodeJS.Timeout | undefined;
  /** Somebody looks for long, as a backup does: the keys are gone all the same, and their bytes follow when he is done. */
  const later = (): void => {
    clearTimeout(again);
    const rewrite = async () => {
      if (await store.rewrite()) isRewriteDue = false;
      else later();
    };
    again = setTimeout(() => void rewrite().catch(later), REWRITE_AGAIN_MS).unref();
  };
  const hashOf = async (name: string) => createHmac('sha256', await nameKey()).update(name).digest();
  return {
    stop: () => clearTimeout(again),
    seal: async (subjectId, text, place) => {
      const key = await ensureKey(parts, subjectId);
      if (key === 'erased') throw erased();
      return sealWithKey(key, text, placeOf(subjectId, place));
    },
    open: async (subjectId, sealed, place) => {
      const key = await readKey(parts, subjectId);
      if (key === 'none') throw new Unavailable(`The keyring has no key of ${subjectId}, and none was destroyed. Bring back the keyring's newest backup.`);
      return key === 'erased' ? undefined : openWithKey(key, sealed, placeOf(subjectId, place));
    },
    name: async (subjectId, name) => {
      if ((await ensureKey(parts, subjectId)) !== 'erased') await store.insertName(subjectId, await hashOf(name));
    },
    find: async (name) => store.subjectOf(await hashOf(name)),
    erase: async (subjectIds) => {
      if (subjectIds.length === 0) return;
      for (const subjectId of subjectIds) cache.put(subjectId, 'erased');
      isRewriteDue = (await store.erase(subjectIds)) || isRewriteDue;
      if (!isRewriteDue) return;
      if (await isClean(store)) isRewriteDue = false;
      else later();
    },
  };
};

/** Connects when it is first used; a keyring that is away makes calls Unavailable and nothing else. */
export const openKeyring = ({ databaseUrl, masterKeys, logger, now = Date.now }: { databaseUrl: string; masterKeys: MasterKeys; logger?: Logger; now?: () => number }): Keyring => {
  const pool = openPool({ databaseUrl, max: 4, connectionTimeoutMillis: 3000, ...(logger && { logger }) });
  const store = createKeyringStore(openDatabase<KeyringDatabase>(pool), pool);
  const reached = explaining(store);
  const { stop, ...keys } = subjectKeysOf({ store: reached, masterKeys, cache: createKeyCache(now) });
  return {
    ...keys,
    check: async () => void (await reached.read('nobody')),
    close: async () => {
      stop();
      await pool.end();
    },
  };
};

/** Refused at the door: no such role, password or database, or a database that takes no connections. */
const isRefused = (error: unknown): boolean => error instanceof Error && 'code' in error && /^(28|3D|55)...$/.test(String(error.code));

/** Says which of the databases is away. */
const explaining = (store: KeyringStore): KeyringStore => {
  const explained = <Inputs extends unknown[], Result>(ask: (...inputs: Inputs) => Promise<Result>) => async (...inputs: Inputs): Promise<Result> => {
    try {
      return await ask(...inputs);
    } catch (cause) {
      if (cause instanceof Unavailable || isRefused(cause)) throw new Unavailable('The keyring (CITRUS_KEYRING_URL) does not answer, so nothing about people can be read or written at the moment. Try again soon.', { cause });
      throw cause;
    }
  };
  return { read: explained(store.read), insert: explained(store.insert), secret: explained(store.secret), insertName: explained(store.insertName), subjectOf: explained(store.subjectOf), erase: explained(store.erase), rewrite: explained(store.rewrite) };
};

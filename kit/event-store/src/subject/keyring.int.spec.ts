import { randomBytes, randomInt } from 'node:crypto';
import { masterKeysOf, SealBroken, type MasterKeys } from '@citrus/kit-crypto';
import { Refusal, Unavailable } from '@citrus/kit-domain';
import { eventually, test as base } from '@citrus/kit-testing';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { CACHE_MS } from './key-cache.ts';
import { openKeyring, type Keyring } from './keyring.ts';
import { migrateKeyring } from './migrate-keyring.ts';

const test = base.extend('template', () => ({ name: 'keyring', migrate: migrateKeyring })).extend('keyring', async ({ database }, { onCleanup }) => {
  const masterKeys = masterKeysOf(randomBytes(32));
  const time = { now: Date.now() };
  const opened: Keyring[] = [];
  onCleanup(async () => void (await Promise.all(opened.map((keyring) => keyring.close()))));
  /** A replica: its own connections and memory, the same database. */
  const open = (other: { masterKeys?: MasterKeys; databaseUrl?: string } = {}) => {
    const keyring = openKeyring({ databaseUrl: database.serviceUrl, masterKeys, now: () => time.now, ...other });
    opened.push(keyring);
    return keyring;
  };
  const query = async (text: string, values: unknown[] = [], url = database.superuserUrl): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    } finally {
      await client.end();
    }
  };
  return { open, query, time, serviceUrl: database.serviceUrl, superuserUrl: database.superuserUrl };
});

const ADA = 'user-ada';
const EMAIL = 'user-ada/email';
const anyText = () => randomBytes(randomInt(0, 300)).toString(randomInt(2) ? 'base64' : 'latin1');

describe('a sealed text', () => {
  test('opens for its own subject and place, whatever it says', async ({ keyring }) => {
    const keys = keyring.open();
    for (const text of ['', 'ada@example.org', 'Ђ🦊\u0000', ...Array.from({ length: 100 }, anyText)]) {
      const sealed = await keys.seal(ADA, text, EMAIL);
      expect(await keys.open(ADA, sealed, EMAIL)).toBe(text);
      if (text.length > 3) expect(Buffer.from(sealed.slice(7), 'base64url').includes(text)).toBe(false);
    }
  });

  test('never looks the same twice', async ({ keyring }) => {
    const keys = keyring.open();
    const sealed = await Promise.all(Array.from({ length: 50 }, () => keys.seal(ADA, 'the same', EMAIL)));
    expect(new Set(sealed).size).toBe(50);
  });

  test('T806. does not open for another subject, another place, or with another master key', async ({ keyring }) => {
    const keys = keyring.open();
    const otherKey = keyring.open({ masterKeys: masterKeysOf(randomBytes(32)) });
    await keys.seal('user-bob', 'x', 'user-bob/email');
    for (let round = 0; round < 50; round += 1) {
      const sealed = await keys.seal(ADA, anyText(), EMAIL);
      await expect(keys.open('user-bob', sealed, EMAIL)).rejects.toBeInstanceOf(SealBroken);
      await expect(keys.open(ADA, sealed, `${EMAIL}${anyText()}!`)).rejects.toBeInstanceOf(SealBroken);
      await expect(otherKey.open(ADA, sealed, EMAIL)).rejects.toBeInstanceOf(SealBroken);
    }
  });

  test('does not open when a single bit of it was changed', async ({ keyring }) => {
    const keys = keyring.open();
    const sealed = await keys.seal(ADA, 'ada@example.org', EMAIL);
    const bytes = Buffer.from(sealed.slice('key.v1.'.length), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(keys.open(ADA, `key.v1.${changed.toString('base64url')}`, EMAIL)).rejects.toBeInstanceOf(SealBroken);
    }
  });

  test('opens in every replica, also when they make the key at the same time', async ({ keyring }) => {
    const replicas = [keyring.open(), keyring.open(), keyring.open()];
    const sealed = await Promise.all(replicas.map((replica) => replica.seal(ADA, 'Ada', EMAIL)));
    for (const replica of replicas) for (const text of sealed) expect(await replica.open(ADA, text, EMAIL)).toBe('Ada');
  });
});

describe('an erased subject', () => {
  test('is unreadable, gets no new key, and is found by no name', async ({ keyring }) => {
    const keys = keyring.open();
    const sealed = await keys.seal(ADA, 'Ada', EMAIL);
    await keys.name(ADA, 'ada@example.org');
    const bobs = await keys.seal('user-bob', 'Bob', 'user-bob/email');
    expect(await keys.find('ada@example.org')).toBe(ADA);
    await keys.erase([ADA]);
    await keys.erase([ADA, 'user-never-heard-of']);
    for (const replica of [keys, keyring.open()]) {
      expect(await replica.open(ADA, sealed, EMAIL)).toBeUndefined();
      expect(await replica.find('ada@example.org')).toBeUndefined();
      await expect(replica.seal(ADA, 'Ada', EMAIL)).rejects.toEqual(expect.objectContaining({ name: new Refusal('', '').name, code: 'subject.erased' }));
      await replica.name(ADA, 'ada@example.org');
      expect(await replica.find('ada@example.org')).toBeUndefined();
      expect(await replica.open('user-bob', bobs, 'user-bob/email')).toBe('Bob');
    }
    await expect(keys.seal('user-never-heard-of', 'x', 'y')).rejects.toBeInstanceOf(Refusal);
    await keys.name('user-bob', 'ada@example.org');
    expect(await keys.find('ada@example.org')).toBe('user-bob');
  });

  test('is forgotten by the memory of other replicas after a few seconds, even if nobody tells them', async ({ keyring }) => {
    const [here, there] = [keyring.open(), keyring.open()];
    const sealed = await here.seal(ADA, 'Ada', EMAIL);
    expect(await there.open(ADA, sealed, EMAIL)).toBe('Ada');
    await here.erase([ADA]);
    keyring.time.now += CACHE_MS;
    expect(await there.open(ADA, sealed, EMAIL)).toBeUndefined();
  });

  test('leaves neither key nor name in the database\'s files, also when somebody looks in that moment', async ({ keyring }) => {
    const keys = keyring.open();
    await keys.seal(ADA, 'Ada', EMAIL);
    await keys.name(ADA, 'ada@example.org');
    const [row] = await keyring.query('select wrapped_key, name_hash from subject_keys join subject_names using (subject_id)');
    const files = async () => {
      await keyring.query('checkpoint');
      return keyring.query(`select pg_read_binary_file(pg_relation_filepath('subject_keys')) as keys, pg_read_binary_file(pg_relation_filepath('subject_names')) as names, pg_read_binary_file(pg_relation_filepath('subject_names_pkey')) as index`);
    };
    const holds = async () => {
      const [bytes] = await files();
      return [bytes?.['keys'], bytes?.['names'], bytes?.['index']].map((file, at) => (file as Buffer).includes(at === 0 ? String(row?.['wrapped_key']) : (row?.['name_hash'] as Buffer)));
    };
    expect(await holds()).toEqual([true, true, true]);
    // A snapshot from before keeps the old rows where they are, whoever has it.
    const looking = new Client({ connectionString: keyring.superuserUrl });
    await looking.connect();
    await looking.query('begin isolation level repeatable read');
    await looking.query('select count(*) from subject_keys');
    await looking.query('commit and chain');
    await looking.query('select txid_current_snapshot()');
    const erased = keys.erase([ADA]);
    await eventually(async () => expect(await keyring.query('select wrapped_key from subject_keys')).toEqual([{ wrapped_key: null }]));
    expect((await holds())[0]).toBe(true);
    await looking.end();
    await erased;
    // Whoever looked for longer than one erasure tries leaves the rest to the next.
    await keys.erase([ADA]);
    expect(await holds()).toEqual([false, false, false]);
    expect(await keyring.query(`select subject_id, wrapped_key from subject_keys`)).toEqual([{ subject_id: ADA, wrapped_key: null }]);
  });

  test('cannot be brought back by the service, nor its mark removed', async ({ keyring }) => {
    await keyring.open().erase([ADA]);
    const asService = (text: string) => keyring.query(text, [], keyring.serviceUrl);
    await expect(asService(`update subject_keys set wrapped_key = 'x', erased_at = null`)).rejects.toThrow('was erased, for good');
    await expect(asService('delete from subject_keys')).rejects.toThrow('permission denied');
    await expect(asService('truncate subject_keys cascade')).rejects.toThrow('permission denied');
  });
});

describe('a keyring', () => {
  test('that does not answer is Unavailable, for everything', async ({ keyring }) => {
    const keys = keyring.open({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' });
    for (const asked of [keys.seal(ADA, 'x', EMAIL), keys.open(ADA, 'x', EMAIL), keys.find('x'), keys.name(ADA, 'x'), keys.erase([ADA]), keys.check()]) {
      await expect(asked).rejects.toEqual(expect.objectContaining({ name: 'Unavailable', message: expect.stringContaining('keyring') }));
    }
  });

  test('that lost a key says so, and does not take it for an erasure', async ({ keyring }) => {
    const sealed = await keyring.open().seal(ADA, 'Ada', EMAIL);
    await keyring.query('delete from subject_keys');
    await expect(keyring.open().open(ADA, sealed, EMAIL)).rejects.toBeInstanceOf(Unavailable);
  });

  test('works again after its connections were cut', async ({ keyring }) => {
    const keys = keyring.open();
    const sealed = await keys.seal(ADA, 'Ada', EMAIL);
    await keyring.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'citrus_test_service' and datname = current_database()`);
    keyring.time.now += CACHE_MS;
    await eventually(async () => expect(await keys.open(ADA, sealed, EMAIL)).toBe('Ada'));
  });
});

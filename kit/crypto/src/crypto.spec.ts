import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateBoxKeys, generateSigningKeys, openBox, isSealedWithCurrent, masterKeysOf, openMasterKeys, openWithKey, sealToBox, sealWithKey, sha256Digest, signCommand, verifyCommand } from './index.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 300 });
/** Another base64url character at one place behind the prefix; the last one may carry unused bits, so it is left alone. */
const damage = (sealed: string, prefixLength: number, place: number): string => {
  const at = prefixLength + (place % (sealed.length - prefixLength - 1));
  return sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
};

describe('a sealed box', () => {
  const keys = generateBoxKeys();

  test('opens to what was sealed, only with its key and for its place', () => {
    fc.assert(
      fc.property(text, text, (plaintext, aad) => {
        const sealed = sealToBox(keys.publicKey, plaintext, aad);
        expect(openBox(keys, sealed, aad)).toBe(plaintext);
        expect(() => openBox(keys, sealed, `${aad}x`)).toThrow('cannot be opened');
        expect(() => openBox(generateBoxKeys(), sealed, aad)).toThrow('cannot be opened');
      }),
      { numRuns: 40 },
    );
  });

  test('does not open once a single character was changed', () => {
    const sealed = sealToBox(keys.publicKey, 'a secret', 'job-1');
    fc.assert(
      fc.property(fc.nat(), (place) => {
        expect(() => openBox(keys, damage(sealed, 'box.v1.'.length, place), 'job-1')).toThrow('cannot be opened');
      }),
    );
  });

  test('never looks the same twice and refuses what is not a box', () => {
    expect(sealToBox(keys.publicKey, 'x', '')).not.toBe(sealToBox(keys.publicKey, 'x', ''));
    expect(() => openBox(keys, 'box.v1.', '')).toThrow('cannot be opened');
    expect(() => openBox(keys, 'key.v1.AAAA', '')).toThrow('not a text sealed as box.v1');
    expect(() => sealToBox('AAAA', 'x', '')).toThrow('32 bytes');
  });
});

describe('a secret at rest', () => {
  const key = createHash('sha256').update('test').digest();

  test('T802. opens only in its own row with its own key', () => {
    fc.assert(
      fc.property(text, fc.uuid(), (plaintext, rowId) => {
        const sealed = sealWithKey(key, plaintext, rowId);
        expect(openWithKey(key, sealed, rowId)).toBe(plaintext);
        expect(() => openWithKey(key, sealed, 'another row')).toThrow('cannot be opened');
        expect(() => openWithKey(createHash('sha256').update(key).digest(), sealed, rowId)).toThrow('cannot be opened');
        expect(() => openWithKey(key, sealed.slice(0, -4), rowId)).toThrow('cannot be opened');
      }),
    );
  });
});

describe('a signed command', () => {
  test('holds for exactly its text and its key', () => {
    const keys = generateSigningKeys();
    const others = generateSigningKeys();
    fc.assert(
      fc.property(text, (command) => {
        const signature = signCommand(keys.privateKey, command);
        expect(signature).toMatch(/^[A-Za-z0-9_-]{86}$/);
        expect(verifyCommand(keys.publicKey, command, signature)).toBe(true);
        expect(verifyCommand(keys.publicKey, `${command} `, signature)).toBe(false);
        expect(verifyCommand(others.publicKey, command, signature)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  test('that is no signature at all is simply not valid', () => {
    expect(verifyCommand('short', 'x', '')).toBe(false);
    expect(verifyCommand(generateSigningKeys().publicKey, 'x', 'AAAA')).toBe(false);
  });
});

describe('what master keys sealed', () => {
  const key = (name: string) => createHash('sha256').update(name).digest();
  const before = masterKeysOf(key('old'));
  const between = masterKeysOf(key('new'), key('old'));
  const after = masterKeysOf(key('new'));

  test('T823. names its key, and opens with a ring that holds it', () => {
    const sealed = sealWithKey(before, 'a secret', 'row');
    expect(sealed).toContain(before.current().id);
    expect(openWithKey(between, sealed, 'row')).toBe('a secret');
    expect(() => openWithKey(after, sealed, 'row')).toThrow(`sealed with the master key ${before.current().id}, which is not in CITRUS_MASTER_KEY_FILE`);
    expect([before, between, after].map((keys) => isSealedWithCurrent(keys, sealed))).toEqual([true, false, false]);
  });

  test('is sealed with the first key of the ring', () => {
    expect(openWithKey(after, sealWithKey(between, 'a secret', 'row'), 'row')).toBe('a secret');
  });

  test('opens without a name too, as it was sealed before keys had names', () => {
    const sealed = sealWithKey(key('old'), 'a secret', 'row');
    expect(openWithKey(between, sealed, 'row')).toBe('a secret');
    expect(() => openWithKey(after, sealed, 'row')).toThrow('cannot be opened');
  });

  test('opens in no other row, cut short, changed, or under the name of another key', () => {
    const sealed = sealWithKey(between, 'a secret', 'row');
    const renamed = sealed.replace(between.current().id, before.current().id);
    for (const [text, row] of [[sealed, 'other'], [sealed.slice(0, -3), 'row'], [damage(sealed, 'key.v2.'.length + 13, 40), 'row'], [renamed, 'row']] as const) {
      expect(() => openWithKey(between, text, row)).toThrow('cannot be opened');
    }
    expect(() => openWithKey(between, 'key.v2.', 'row')).toThrow('none that could be one');
  });
});

describe('the file of master keys', () => {
  const fileWith = (content: string, mode = 0o600): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'citrus-key-')), 'master.key');
    writeFileSync(file, content, { mode });
    return file;
  };
  const random = (seed: string) => createHash('sha256').update(seed).digest();

  test('holds the key in use and, in further lines, older ones', () => {
    const keys = openMasterKeys(fileWith(`${random('new').toString('base64')}\n\n${random('old').toString('base64')}\n`));
    expect(keys.all().map(({ bytes }) => bytes)).toEqual([random('new'), random('old')]);
    expect(keys.current().bytes).toEqual(random('new'));
  });

  test('is followed: a new key seals within a second and opens at once, and a file gone bad changes nothing', () => {
    const time = { now: 0 };
    const file = fileWith(random('old').toString('base64'));
    const keys = openMasterKeys(file, () => time.now);
    const sealedElsewhere = sealWithKey(masterKeysOf(random('new')), 'a secret', 'row');
    writeFileSync(file, [random('new'), random('old')].map((key) => key.toString('base64')).join('\n'));
    expect(openWithKey(keys, sealedElsewhere, 'row')).toBe('a secret');
    time.now = 1000;
    expect(keys.current().bytes).toEqual(random('new'));
    writeFileSync(file, 'broken');
    time.now = 2000;
    expect(keys.current().bytes).toEqual(random('new'));
  });

  test.for([
    ['nothing', ''],
    ['too short a key', Buffer.from('short').toString('base64')],
    ['33 bytes', Buffer.alloc(33, 7).toString('base64')],
    ['zeros', Buffer.alloc(32).toString('base64')],
    ['one byte repeated', Buffer.alloc(32, 0xa5).toString('base64')],
    ['a counted key', Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')],
    ['a sentence', Buffer.from('change-me-before-you-go-live-!!!').toString('base64')],
    ['characters that are not base64', '!'.repeat(44)],
    ['a bad key behind a good one', `${random('good').toString('base64')}\nshort`],
  ])('is refused if it holds %s', ([, content]) => {
    expect(() => openMasterKeys(fileWith(content ?? ''))).toThrow('openssl rand -base64 32');
  });

  test('is refused if it holds a key twice, everybody can read it, or it is not there', () => {
    const key = random('good').toString('base64');
    expect(() => openMasterKeys(fileWith(`${key}\n${key}`))).toThrow('twice');
    const file = fileWith(key);
    chmodSync(file, 0o644);
    expect(() => openMasterKeys(file)).toThrow(`chmod o-rwx ${file}`);
    expect(() => openMasterKeys('/nonexistent/master.key')).toThrow('cannot read the master key file');
  });
});

test('a digest is the lower-case SHA-256 of the content', () => {
  expect(sha256Digest('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

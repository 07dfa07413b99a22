import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateBoxKeys, generateSigningKeys, openBox, openWithKey, readMasterKey, sealToBox, sealWithKey, sha256Digest, signCommand, verifyCommand } from './index.ts';

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

  test('opens only in its own row with its own key', () => {
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

describe('the master key', () => {
  const fileWith = (content: string): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'citrus-key-')), 'master.key');
    writeFileSync(file, content);
    return file;
  };

  test('is read from a file of 32 random bytes', () => {
    const key = createHash('sha256').update('random enough').digest();
    expect(readMasterKey(fileWith(`${key.toString('base64')}\n`))).toEqual(key);
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
  ])('is refused if the file holds %s', ([, content]) => {
    expect(() => readMasterKey(fileWith(content ?? ''))).toThrow('openssl rand -base64 32');
  });

  test('is refused if there is no file', () => {
    expect(() => readMasterKey('/nonexistent/master.key')).toThrow('cannot read the master key file');
  });
});

test('a digest is the lower-case SHA-256 of the content', () => {
  expect(sha256Digest('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

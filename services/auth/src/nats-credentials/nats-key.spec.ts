import { createKey, keyFromPublic, keyFromSeed } from '@citrus/kit-crypto';
import { createAccount, createOperator, createUser, fromPublic, fromSeed } from '@nats-io/nkeys';
import { describe, expect, test } from 'vitest';

const text = new TextEncoder().encode('citrus');

describe('a native key', () => {
  test.each(['operator', 'account', 'user'] as const)('is one that the nkeys package understands: %s', (kind) => {
    const key = createKey(kind);
    expect(fromSeed(key.getSeed()).getPublicKey()).toBe(key.getPublicKey());
    expect(fromPublic(key.getPublicKey()).verify(text, key.sign(text))).toBe(true);
  });

  test.each([createOperator, createAccount, createUser])('reads keys that the nkeys package made', (create) => {
    const theirs = create();
    const ours = keyFromSeed(Buffer.from(theirs.getSeed()).toString());
    expect(ours.getPublicKey()).toBe(theirs.getPublicKey());
    expect(ours.sign(text)).toEqual(Buffer.from(theirs.sign(text)));
    expect(keyFromPublic(theirs.getPublicKey()).verify(text, theirs.sign(text))).toBe(true);
  });

  test('refuses text that is not a key, and never repeats a seed', () => {
    const seed = Buffer.from(createKey('user').getSeed()).toString();
    const damaged = `${seed.slice(0, -1)}${seed.endsWith('A') ? 'B' : 'A'}`;
    expect(() => keyFromSeed(damaged)).toThrow(RangeError);
    expect(() => keyFromSeed(damaged)).not.toThrow(damaged.slice(4, 20));
    expect(() => keyFromSeed(createKey('user').getPublicKey())).toThrow('not the seed');
    expect(() => keyFromPublic(seed)).toThrow(RangeError);
    expect(() => keyFromPublic('')).toThrow(RangeError);
    expect(() => keyFromPublic('u1')).toThrow(RangeError);
  });

  test('that is public only cannot sign, and a cleared one no longer', () => {
    const key = createKey('user');
    expect(() => keyFromPublic(key.getPublicKey()).sign(text)).toThrow('no secret part');
    key.clear();
    expect(() => key.getSeed()).toThrow('no secret part');
  });
});

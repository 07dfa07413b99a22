import { describe, expect, test } from 'vitest';
import { newRecoveryCodes, newSecret, proofOf, uriOf } from './codes.ts';

/** RFC 6238, appendix B: the SHA-1 seed "12345678901234567890". */
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const at = (seconds: number) => new Date(seconds * 1000);

describe('a code of an app', () => {
  test.for([[59, '287082'], [1_111_111_109, '081804'], [1_234_567_890, '005924'], [2_000_000_000, '279037']] as const)('at %d s is %s', ([seconds, code]) => {
    expect(proofOf(SEED, code, at(seconds)).steps).toEqual([Math.floor(seconds / 30)]);
  });
  test('is good for its 30 seconds, and no longer', () => {
    const step = Math.floor(1_111_111_109 / 30);
    expect(proofOf(SEED, '081 804', at(step * 30)).steps).toEqual([step]);
    expect(proofOf(SEED, '081804', at(step * 30 + 29)).steps).toEqual([step]);
    for (const seconds of [-1, 30, 31, 60]) expect(proofOf(SEED, '081804', at(step * 30 + seconds)).steps).toEqual([]);
    expect(proofOf(SEED, '081805', at(step * 30)).steps).toEqual([]);
  });
  test('is announced to the app with issuer and account', () => {
    const secret = newSecret();
    expect(uriOf(secret, 'ada@example.org')).toBe(`otpauth://totp/Citrus:ada%40example.org?issuer=Citrus&secret=${secret}&algorithm=SHA1&digits=6&period=30`);
  });
});

describe('recovery codes', () => {
  test('are ten different ones, found however they are typed', () => {
    const { codes, hashes } = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){5}$/);
    expect(codes.map((code) => proofOf(SEED, ` ${code.toUpperCase().replaceAll('-', ' ')}`, at(0)).recoveryHash)).toEqual(hashes);
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { credentialLifeMs, LONGEST_CREDENTIAL_LIFE_MS } from './credential-life.ts';
import { revocationsOf } from './revocations.ts';

const T = Date.parse('2026-11-21T10:20:30.400Z');
const at = (ms: number) => new Date(ms).toISOString();
/** nats-server's own rule: void when issued at or before the revocation's second. */
const isVoid = (revocations: Readonly<Record<string, number>>, nkey: string, issuedMs: number) => (revocations[nkey] ?? 0) >= Math.floor(issuedMs / 1000);

describe('the revocations of an account', () => {
  test('void what was issued before, at that second, and by whoever was at it just then', () => {
    const standing = revocationsOf([{ nkey: 'UOLD', at: at(T) }], new Date(T));
    for (const issuedMs of [T - 86_400_000, T, T + 900, T + 5000, T + 120_000]) expect(isVoid(standing, 'UOLD', issuedMs)).toBe(true);
    expect(isVoid(standing, 'UNEW', T)).toBe(false);
  });

  test('stand as long as a credential could be alive, whenever it was made', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 60_000 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 40 * 3_600_000 }), (lateMs, random, laterMs) => {
      const expiresMs = T + lateMs + credentialLifeMs(random);
      const now = T + laterMs;
      if (now < expiresMs) expect(isVoid(revocationsOf([{ nkey: 'U', at: at(T) }], new Date(now)), 'U', T + lateMs)).toBe(true);
    }));
  });

  test('are dropped afterwards, by the hour', () => {
    const revoked = Array.from({ length: 60 }, (_, minute) => ({ nkey: `U${minute}`, at: at(T + minute * 60_000) }));
    const sizes = new Set<number>();
    for (let ms = 0; ms < 3 * 3_600_000; ms += 60_000) sizes.add(Object.keys(revocationsOf(revoked, new Date(T + LONGEST_CREDENTIAL_LIFE_MS + ms))).length);
    expect(sizes.size).toBeLessThanOrEqual(3);
    expect(revocationsOf(revoked, new Date(T + LONGEST_CREDENTIAL_LIFE_MS + 3 * 3_600_000))).toEqual({});
  });

  test('never fall back when a key is told twice', () => {
    expect(revocationsOf([{ nkey: 'U', at: at(T + 5000) }, { nkey: 'U', at: at(T) }], new Date(T))).toEqual(revocationsOf([{ nkey: 'U', at: at(T + 5000) }], new Date(T)));
  });
});

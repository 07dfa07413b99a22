import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullJitter, reconnectDelay } from './backoff.ts';

test('a delay lies anywhere in its window, which doubles up to its limit', () => {
  fc.assert(
    fc.property(fc.nat({ max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const delay = fullJitter(tries, { firstMs: 500, maxMs: 30_000 }, () => random);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** tries));
    }),
  );
});

/** The same in every run. */
const seeded = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** Everybody loses the broker at once; the last one is back when its first dial after the broker's return has its turn. */
const lastBackMs = (agents: number, windowMs: number, awayMs: number): number => {
  const random = seeded(7);
  let last = 0;
  for (let agent = 0; agent < agents; agent += 1) {
    let at = 0;
    for (let tries = 0; at < awayMs || tries === 0; tries += 1) at += reconnectDelay(tries, windowMs, random);
    last = Math.max(last, at);
  }
  return last;
};

test('a fleet that loses a broker which restarts is back within two windows, and not before it must', () => {
  expect(lastBackMs(10_000, 30_000, 0)).toBeLessThanOrEqual(30_000);
  expect(lastBackMs(10_000, 30_000, 5000)).toBeLessThanOrEqual(35_000);
  expect(lastBackMs(10_000, 30_000, 25_000)).toBeLessThanOrEqual(55_000);
});

test('whoever finds no broker for long dials less and less often, up to four windows apart', () => {
  const longest = (tries: number) => reconnectDelay(tries, 30_000, () => 1);
  expect([0, 1, 7, 8, 9, 60].map(longest)).toEqual([30_000, 30_000, 30_000, 60_000, 120_000, 120_000]);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullJitter } from './backoff.ts';

test('a delay lies anywhere in its window, which doubles up to its limit', () => {
  fc.assert(
    fc.property(fc.nat({ max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      const delay = fullJitter(tries, { firstMs: 500, maxMs: 30_000 }, () => random);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** tries));
    }),
  );
});

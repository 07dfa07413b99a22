import { assert, asyncProperty, double, integer } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { liveOnce } from '../testing/simulated-life.ts';
import { dropletOf } from './server.state.ts';

const RUNS = 5000;

const checkLife = async (seed: number, trouble: number) => {
  const { state, events, cloud, steps } = await liveOnce(seed, trouble);
  const told = events.map(({ type }) => type).join(' ');
  expect(steps, told).toBeLessThan(4000);
  if (state.status === 'none') throw new Error('the request was lost');
  expect(['active', 'failed', 'deleted'], told).toContain(state.status);
  if (state.status === 'failed') expect(state.reason).toMatch(/^[A-Z].+\.$/);
  const own = dropletOf(state)?.ref;
  const known = own === undefined || state.gone.includes(own) ? [] : [own];
  // A droplet of a failed or active server may vanish behind our back; nothing may be there that we do not know.
  expect(cloud.existing().map(({ ref }) => ref).filter((ref) => !known.includes(ref)), told).toEqual([]);
  expect(cloud.overlaps, `a create was sent although a droplet was there: ${told}`).toBe(0);
  return state.status;
};

describe('a server in a world of lost answers, lags, duplicates and killed processes', () => {
  test('ends active, failed with a reason, or deleted, and the cloud holds exactly what the log says', async () => {
    await assert(
      asyncProperty(integer({ min: 0, max: 2 ** 31 - 1 }), double({ min: 0, max: 1, noNaN: true }), async (seed, trouble) => {
        await checkLife(seed, trouble);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });

  test('becomes active in a good world, unless somebody deletes it', async () => {
    const ends = await Promise.all(Array.from({ length: 50 }, (_, seed) => checkLife(seed, 0)));
    expect(new Set(ends)).toEqual(new Set(['active', 'deleted']));
  });
});

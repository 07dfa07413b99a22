/** The lives of `server.process.spec.ts` once more, with listings of the fleet in front of the simulated cloud. */
import { assert, asyncProperty, constantFrom, double, integer, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dropletOf } from '../server/server.state.ts';
import type { Mood } from '../testing/simulated-world.ts';
import { liveOnce } from '../testing/simulated-life.ts';

const LIVES = Number(process.env['CITRUS_LIVES'] ?? 2000);
const LONGEST_MS = Number(process.env['CITRUS_LIVES_MS'] ?? 8000);

const factor = constantFrom(1, 0, 8);
const anyMood = record({ late: factor, twins: factor, lags: factor, vanishing: factor, sleeps: factor, haste: factor, actions: factor });

const checkLife = async (seed: number, trouble: number, mood?: Mood) => {
  const { state, events, cloud, steps } = await liveOnce(seed, trouble, mood, { hasFleetView: true });
  const told = events.map(({ type }) => type).join(' ');
  expect(steps, told).toBeLessThan(4000);
  if (state.status === 'none') throw new Error('the request was lost');
  expect(['active', 'failed', 'deleted'], told).toContain(state.status);
  const own = dropletOf(state)?.ref;
  const known = own === undefined || state.gone.includes(own) ? [] : [own];
  expect(cloud.existing().map(({ ref }) => ref).filter((ref) => !known.includes(ref)), told).toEqual([]);
  expect(cloud.overlaps, `a create was sent although a droplet was there: ${told}`).toBe(0);
  return state.status;
};

describe('a server that is watched by listings', () => {
  test('ends active, failed with a reason, or deleted, and the cloud holds exactly what the log says', { timeout: LONGEST_MS + 30_000 }, async () => {
    let lives = 0;
    const property = asyncProperty(integer({ min: 0, max: 2 ** 31 - 1 }), double({ min: 0, max: 1, noNaN: true }), anyMood, async (seed, trouble, mood) => {
      await checkLife(seed, trouble, mood);
      lives += 1;
    });
    await assert(property, { numRuns: LIVES, interruptAfterTimeLimit: LONGEST_MS, endOnFailure: true });
    console.info(`${lives} of ${LIVES} lives`);
    expect(lives).toBeGreaterThan(0);
  });

  test('becomes active in a good world, unless somebody deletes it', async () => {
    const ends = await Promise.all(Array.from({ length: 50 }, (_, seed) => checkLife(seed, 0)));
    expect(new Set(ends)).toEqual(new Set(['active', 'deleted']));
  });
});

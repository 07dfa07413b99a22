/** Servers live their lives in a cloud with the manners of Hetzner's: unique names, renames that are no operations, restores that are rebuilds. */
import { assert, asyncProperty, constantFrom, double, integer, record } from 'fast-check';
import { expect, test } from 'vitest';
import type { Mood } from '../testing/simulated-world.ts';
import { liveOnce } from '../testing/simulated-life.ts';
import { dropletOf } from './server.state.ts';

const LIVES = Number(process.env['CITRUS_LIVES'] ?? 1000);
const LONGEST_MS = Number(process.env['CITRUS_LIVES_MS'] ?? 5000);

const factor = constantFrom(1, 0, 8);
const anyMood = record({ late: factor, twins: factor, lags: factor, vanishing: factor, sleeps: factor, haste: factor, actions: factor });

const checkLife = async (seed: number, trouble: number, mood?: Mood) => {
  const { state, events, cloud, steps } = await liveOnce(seed, trouble, mood, { hasUniqueNames: true });
  const told = events.map(({ type }) => type).join(' ');
  expect(steps, told).toBeLessThan(4000);
  if (state.status === 'none') throw new Error('the request was lost');
  expect(['active', 'failed', 'deleted'], told).toContain(state.status);
  const own = dropletOf(state)?.ref;
  const known = own === undefined || state.gone.includes(own) ? [] : [own];
  expect(cloud.existing().map(({ ref }) => ref).filter((ref) => !known.includes(ref)), told).toEqual([]);
  const ended = new Set(events.flatMap((event) => (event.type === 'ActionSucceeded' || event.type === 'ActionFailed' || event.type === 'ActionCancelled' ? [event.data.actionId] : [])));
  for (const event of events) if (event.type === 'ActionRequested') expect(ended.has(event.data.actionId), told).toBe(true);
};

test('a server ends active, failed with a reason, or deleted, and so does each of its actions', { timeout: LONGEST_MS + 30_000 }, async () => {
  let lives = 0;
  const property = asyncProperty(integer({ min: 0, max: 2 ** 31 - 1 }), double({ min: 0, max: 1, noNaN: true }), anyMood, async (seed, trouble, mood) => {
    await checkLife(seed, trouble, mood);
    lives += 1;
  });
  await assert(property, { numRuns: LIVES, interruptAfterTimeLimit: LONGEST_MS, endOnFailure: true });
  console.info(`${lives} of ${LIVES} lives`);
  expect(lives).toBeGreaterThan(0);
});

import { assert, asyncProperty, double, integer } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { liveAsGroup } from '../testing/simulated-group.ts';

/** Thousands in a search for bugs: `CITRUS_LIVES=20000 CITRUS_LIVES_MS=600000`. A busy machine lives fewer, and says how many. */
const LIVES = Number(process.env['CITRUS_LIVES'] ?? 500);
const LONGEST_MS = Number(process.env['CITRUS_LIVES_MS'] ?? 8000);

const checkLife = async (seed: number, trouble: number): Promise<void> => {
  const { group, servers, events, beyondMax, protectedIds } = await liveAsGroup(seed, trouble);
  const told = events.filter(({ stream }) => stream.startsWith('group-')).map(({ type }) => type).join(' ');
  const memberIds = new Set<string>(group.members.map(({ serverId }) => serverId));
  const statusOf = (id: string) => servers.get(id)?.status ?? 'never asked for';
  const keptOn = new Set(events.flatMap(({ type, data }) => (type === 'MemberLeft' && data['as'] === 'ordinary-server' ? [String(data['serverId'])] : [])));

  const leaked = [...servers.keys()].filter((id) => !memberIds.has(id) && !keptOn.has(id) && statusOf(id) !== 'deleted');
  expect(leaked, `servers that no group knows any more: ${told}`).toEqual([]);
  expect(beyondMax, `more servers than allowed: ${told}`).toBeLessThanOrEqual(0);
  const names = events.flatMap(({ type, data }) => (type === 'ServerRequested' ? [(data['spec'] as { name: string }).name] : []));
  expect(new Set(names).size, 'no name twice').toBe(names.length);

  if (group.status !== 'active') {
    expect([group.status, group.members], told).toEqual(['deleted', []]);
    return;
  }
  const live = group.members.filter(({ serverId }) => statusOf(serverId) === 'active');
  const spared = live.filter(({ serverId }) => protectedIds.has(serverId)).length;
  // Protected members stay, also those that nobody wants any more, and those that have failed take a place.
  expect(live.length, told).toBeLessThanOrEqual(Math.max(group.target, spared));
  const stuck = group.members.length - live.length;
  expect(live.length, told).toBeGreaterThanOrEqual(Math.min(group.target, group.max - stuck));
  expect(group.members.filter(({ serverId }) => !protectedIds.has(serverId) && statusOf(serverId) !== 'active'), `members that never came or never went: ${told}`).toEqual([]);
  expect(group.target >= group.min && group.target <= group.max).toBe(true);
};

describe('a group in a world of failures, kills, replicas and people who change their minds', () => {
  test('comes to its target between its bounds, and no server is forgotten', { timeout: LONGEST_MS + 30_000 }, async () => {
    let lives = 0;
    const property = asyncProperty(integer({ min: 0, max: 2 ** 31 - 1 }), double({ min: 0, max: 1, noNaN: true }), async (seed, trouble) => {
      await checkLife(seed, trouble);
      lives += 1;
    });
    await assert(property, { numRuns: LIVES, interruptAfterTimeLimit: LONGEST_MS, endOnFailure: true });
    console.info(`${lives} of ${LIVES} lives`);
    expect(lives).toBeGreaterThan(0);
  });
});

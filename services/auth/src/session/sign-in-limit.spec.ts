import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counted, pausedUntil, RULES, takenBack, type Counter, type Rule } from './sign-in-limit.ts';

const HOUR = 3_600_000;

/** Tries at these times, all wrong; those that were let in. */
const letIn = (times: readonly number[], rule: Rule): number[] => {
  let counter: Counter | undefined;
  return times.filter((at) => {
    if (pausedUntil(counter, at, rule) !== undefined) return false;
    counter = counted(counter, at, rule);
    return true;
  });
};
const times = fc.array(fc.nat({ max: 3 * 24 * HOUR }), { maxLength: 300 }).map((list) => list.toSorted((one, other) => one - other));
const rule = fc.constantFrom(...Object.values(RULES));

describe('the limit of sign-ins', () => {
  test('makes each pause twice as long as the one before, up to an hour', () => {
    let counter: Counter | undefined;
    const pauses: number[] = [];
    for (let at = 0; pauses.length < 9; at = counter?.pausedUntil ?? at) {
      counter = counted(counter, at, RULES.stranger);
      if (counter.pausedUntil) pauses.push((counter.pausedUntil - at) / 60_000);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('lets in few, however the tries are spread', () => fc.assert(fc.property(times, rule, (tried, limit) => {
    for (const since of letIn(tried, limit)) {
      const inADay = letIn(tried, limit).filter((at) => at >= since && at < since + 24 * HOUR).length;
      // The free ones, the pauses that grow, and then one in each of the longest.
      expect(inADay).toBeLessThanOrEqual(limit.free + 8 + (24 * HOUR) / limit.longestPauseMs);
    }
  })));

  test('always ends: whoever waits for as long as the longest pause may try', () => fc.assert(fc.property(times, rule, (tried, limit) => {
    let counter: Counter | undefined;
    for (const at of tried) if (pausedUntil(counter, at, limit) === undefined) counter = counted(counter, at, limit);
    expect(pausedUntil(counter, (tried.at(-1) ?? 0) + limit.longestPauseMs, limit)).toBeUndefined();
  })));

  test('knows no right password that came beside wrong ones', () => fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), rule, (failures, limit) => {
    let counter: Counter | undefined;
    for (let n = 0; n < failures; n += 1) counter = counted(counter, 0, limit);
    expect(takenBack(counted(counter, 0, limit), limit)).toEqual(counter);
  })));

  test('forgets after a day without a try', () => expect(counted({ failures: 40, lastAt: 0, pausedUntil: HOUR }, 24 * HOUR, RULES.stranger).failures).toBe(1));
});

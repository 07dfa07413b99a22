import { describe, expect, test } from 'vitest';
import { isNarrowed, queryOf } from './filter.ts';

const [early, late] = ['2026-11-20T10:00:00.000Z', '2026-11-21T10:00:00.000Z'];

describe('filters', () => {
  test('are asked for as the API knows them', () => {
    expect(queryOf({ type: ['JobQueued', 'JobFinished'], from: early, until: late })).toEqual({ types: 'JobQueued,JobFinished', from: early, until: late });
  });

  test.each([[late, early], [early, early]])('from %s until %s are refused: nothing could pass', (from, until) => {
    expect(() => queryOf({ from, until })).toThrow(expect.objectContaining({ exit: 2, advice: 'Say an earlier --from or a later --until.' }));
  });

  test('narrow down, or there are none', () => {
    expect(isNarrowed({ actor: 'user' })).toBe(true);
    expect(isNarrowed({})).toBe(false);
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finderOf } from './needles.ts';

/** Few letters, so that needles overlap, begin alike and are found. */
const letters = (minLength: number, maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'ж', '\u{1F600}'), minLength, maxLength });

describe('the search for many needles', () => {
  test('finds one exactly where there is one, as looking for each would', () => {
    fc.assert(fc.property(fc.array(letters(3, 8), { minLength: 1, maxLength: 6 }), letters(0, 60), (needles, text) => {
      const found = finderOf(needles)(text);
      const firsts = needles.map((needle) => text.indexOf(needle)).filter((at) => at >= 0);
      expect(found?.at).toBe(firsts.length > 0 ? Math.min(...firsts) : undefined);
      if (found) expect(text.startsWith(found.needle, found.at)).toBe(true);
    }));
  });

  test('finds a needle at either end, and one that is longer than the others', () => {
    const find = finderOf(['secret', 'a much longer secret word']);
    expect(find('secret and more')).toEqual({ needle: 'secret', at: 0 });
    expect(find('it ends with a much longer secret word')).toEqual({ needle: 'a much longer secret word', at: 13 });
    expect(find('this is a secre')).toBeUndefined();
  });

  test('refuses a needle that it cannot look for', () => expect(() => finderOf(['secret', 'ab'])).toThrow('less than 3 letters'));
});

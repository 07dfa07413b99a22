import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FilterFault, matchesFilter, parseServerFilter, type FilteredServer } from './server-filter.ts';

const server = (name: string): FilteredServer => ({ id: `id-${name}`, name, region: 'fra1', tags: ['web', 'prod'], size: 's-1vcpu-1gb', image: 'debian-13', status: 'active' });

describe('any text', () => {
  test('is read, or refused with the place of the fault', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: fc.constantFrom('tag:', 'web', '+', ',', '!', ' ', '*', ':', '-'), maxLength: 12 })), (text) => {
      try {
        expect(typeof matchesFilter(parseServerFilter(text), server('web-1'))).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(FilterFault);
        expect((error as FilterFault).position).toBeLessThanOrEqual(text.length);
      }
    }), { numRuns: 500 });
  });

  test('with a star is found as a regular expression would find it', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 6 });
    fc.assert(fc.property(pattern, letters, (like, name) => {
      const expected = new RegExp(`^${like.replaceAll('*', '.*')}$`).test(name);
      expect(matchesFilter(parseServerFilter(like), server(name))).toBe(expected);
    }), { numRuns: 500 });
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseReserved, refuseTags, tagsAfter, tagsToRemove, type TagAction } from './tags.ts';

const order = (add: string[], remove: string[] = []): TagAction => ({ type: 'tag', add, remove });
const refusal = (action: () => void): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const word = fc.constantFrom('a', 'A', 'b', 'env:prod', 'ENV:prod', 'c');
const few = fc.array(word, { maxLength: 5 });
const lower = (tags: readonly string[]): string[] => tags.map((tag) => tag.toLowerCase());

describe('tags of a server', () => {
  test('are what was there without what goes and with what comes, each once in whatever case, however often it is asked', () => {
    fc.assert(fc.property(few, few, few, (before, add, remove) => {
      const action = order(add, remove.filter((tag) => !lower(add).includes(tag.toLowerCase())));
      const held = tagsAfter([], order(before));
      const after = tagsAfter(held, action);
      expect(new Set(lower(after))).toEqual(new Set([...lower(held).filter((tag) => !lower(action.remove).includes(tag)), ...lower(add)]));
      expect(new Set(lower(after)).size).toBe(after.length);
      expect(tagsAfter(after, action)).toEqual(after);
      // What stays is written as it was.
      expect(after.filter((tag) => lower(held).includes(tag.toLowerCase()) && !held.includes(tag))).toEqual([]);
      expect(tagsToRemove(held, action).filter((tag) => after.includes(tag))).toEqual([]);
    }));
  });
  test('that Citrus goes by are neither put on nor taken off', () => {
    for (const tag of ['citrus-fleet', 'Citrus-SRV:1', 'citrus-srv:01980000-0000-7000-8000-000000000001']) {
      expect(refusal(() => refuseTags([], order([tag])))).toBe('tag.reserved');
      expect(refusal(() => refuseTags([tag], order([], [tag])))).toBe('tag.reserved');
      expect(refusal(() => refuseReserved(['web', tag], 'spec.tags'))).toBe('tag.reserved');
    }
    expect(refusal(() => refuseTags(['citrus-host'], order([], ['Citrus-Host'])))).toBe('tag.reserved');
    expect(refusal(() => refuseTags([], order(['citrus-host'])))).toBeUndefined();
  });
  test('are not put on and taken off at once, nor more than a server has', () => {
    expect(refusal(() => refuseTags([], order(['web'], ['Web'])))).toBe('tag.contradiction');
    const twenty = Array.from({ length: 20 }, (_, n) => `t${n}`);
    expect(refusal(() => refuseTags(twenty, order(['more'])))).toBe('tag.too_many');
    expect(refusal(() => refuseTags(twenty, order(['T3'])))).toBeUndefined();
    expect(refusal(() => refuseTags(twenty, order(['more'], ['t3'])))).toBeUndefined();
  });
});

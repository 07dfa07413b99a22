import { ListSort } from '@citrus/contracts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pageOfShortList } from './short-list.ts';

type Thing = { readonly id: string; readonly name: string; readonly createdAt: string };
const itself = (thing: Thing): Thing => thing;
const at = (second: number): string => new Date(Date.UTC(2026, 10, 22, 0, 0, second)).toISOString();
/** Names and moments are shared by several, ids are not. */
const things = fc.uniqueArray(fc.record({ id: fc.uuid(), name: fc.constantFrom('a', 'b', 'ä', '日本 "x"'), createdAt: fc.integer({ min: 0, max: 3 }).map(at) }), { selector: ({ id }) => id, maxLength: 30 });

describe('the pages of a short list', () => {
  test('hold each item once and in order, whatever is removed between them', () => {
    fc.assert(fc.property(things, fc.constantFrom(...ListSort.options), fc.integer({ min: 1, max: 7 }), fc.array(fc.nat()), (all, sort, limit, removals) => {
      const [whole] = [pageOfShortList(all, { sort, limit: 200 }, itself).items];
      const gone = new Set<string>();
      const seen: Thing[] = [];
      let cursor: string | undefined;
      do {
        const page = pageOfShortList(all.filter(({ id }) => !gone.has(id)), { sort, limit, cursor }, itself);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        cursor = page.nextCursor ?? undefined;
        const removed = all[(removals.pop() ?? 0) % Math.max(1, all.length)];
        if (removed) gone.add(removed.id);
      } while (cursor !== undefined);
      const ids = seen.map(({ id }) => id);
      expect(ids).toEqual(whole.map(({ id }) => id).filter((id) => ids.includes(id)));
      expect(all.filter(({ id }) => !gone.has(id)).every(({ id }) => ids.includes(id))).toBe(true);
    }));
  });
  test('take no cursor that is none of theirs, or is of another order', () => {
    const list = [1, 2, 3].map((second) => ({ id: `${second}`, name: 'n', createdAt: at(second) }));
    const { nextCursor } = pageOfShortList(list, { sort: 'name', limit: 1 }, itself);
    expect(() => pageOfShortList(list, { sort: '-createdAt', limit: 1, cursor: nextCursor ?? '' }, itself)).toThrow('no cursor of this list');
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json().map((text) => Buffer.from(text).toString('base64url'))), (cursor) => {
      expect(() => pageOfShortList(list, { sort: 'name', limit: 1, cursor }, itself)).toThrow('no cursor of this list');
    }));
  });
});

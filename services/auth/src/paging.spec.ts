import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cursorOf, pageFrom, placeOf } from './paging.ts';

const place = { at: '2026-11-22T10:00:00.123Z', id: '0198c0de-0000-7000-8000-000000000001' };

describe('a cursor', () => {
  test('leads back to its place', () => {
    expect(placeOf(cursorOf(place))).toEqual(place);
    expect(placeOf(undefined)).toBeUndefined();
  });
  test('that is none of ours is refused, whatever it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json().map((text) => Buffer.from(text).toString('base64url'))), (text) => {
      expect(() => placeOf(text)).toThrow('no cursor of this list');
    }));
  });
});

test('a page has a next one exactly when there are more rows', () => {
  expect(pageFrom([1, 2, 3], 2, () => place)).toEqual({ rows: [1, 2], nextCursor: cursorOf(place) });
  expect(pageFrom([1, 2], 2, () => place)).toEqual({ rows: [1, 2], nextCursor: null });
  expect(pageFrom([], 2, () => place)).toEqual({ rows: [], nextCursor: null });
});

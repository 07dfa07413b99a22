import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../api/types.ts';
import { differencesOf, glanceOf, valueInWords } from './differences.ts';
import { afterKey, dayBreaks, indexAt, marksOf, momentIn, stopsOf } from './stops.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 10, 21, 10, 0, second)).toISOString();
const fact = (second: number, position: number, type = 'Happened'): Fact =>
  ({ id: `id-${position}`, type, version: 1, stream: 'server-1', streamVersion: position, position, at: at(second), actor: { kind: 'user', id: 'u' }, correlationId: 'c', data: {} });

describe('stops', () => {
  const stops = stopsOf([fact(9, 4), fact(1, 1), fact(5, 3), fact(5, 2)]);

  test('are instants, oldest first, each with all that happened then', () => {
    expect(stops.map((stop) => [stop.at, stop.facts.map(({ position }) => position)])).toEqual([[at(1), [1]], [at(5), [2, 3]], [at(9), [4]]]);
  });

  test('a moment is at the last stop until then; no moment is now', () => {
    expect([at(0), at(1), at(4), at(5), at(9), at(60), undefined].map((moment) => indexAt(stops, moment))).toEqual([-1, 0, 0, 1, 2, 2, 3]);
    expect(indexAt([], at(1))).toBe(-1);
    expect(indexAt([], undefined)).toBe(0);
  });

  test('keys go one event, ten, or to either end, and never beyond', () => {
    expect(['ArrowLeft', 'ArrowRight', 'PageDown', 'PageUp', 'Home', 'End', 'ArrowUp', 'ArrowDown', 'Tab'].map((key) => afterKey(key, 15, 40))).toEqual([14, 16, 5, 25, 0, 40, 16, 14, undefined]);
    expect([afterKey('ArrowLeft', 0, 40), afterKey('ArrowRight', 40, 40), afterKey('PageDown', 3, 40), afterKey('ArrowRight', -1, 40)]).toEqual([0, 40, 0, 0]);
    fc.assert(fc.property(fc.constantFrom('ArrowLeft', 'ArrowRight', 'PageDown', 'PageUp', 'Home', 'End'), fc.integer({ min: -1, max: 99 }), fc.nat({ max: 99 }), (key, index, last) => {
      const to = afterKey(key, Math.min(index, last), last) ?? -1;
      return to >= 0 && to <= last;
    }));
  });

  test('every stop is reached by its own instant, so that no key ever gets stuck', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 50 })), (seconds) => {
      const some = stopsOf(seconds.map((second, index) => fact(second, index + 1)));
      expect(some.map((stop) => indexAt(some, stop.at))).toEqual(some.map((_, index) => index));
      expect(some.flatMap(({ facts }) => facts)).toHaveLength(seconds.length);
    }));
  });

  test('marks are few, cover every stop once, and tell the worst of what they stand for', () => {
    const many = stopsOf(Array.from({ length: 50 }, (_, index) => fact(index, index + 1, index === 23 ? 'ServerFailed' : 'Happened')));
    const marks = marksOf(many, ({ type }) => (type === 'ServerFailed' ? 'bad' : 'quiet'), 12);
    expect(marks.length).toBeLessThanOrEqual(12);
    expect(marks.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index))).toEqual(many.map((_, index) => index));
    expect(marks.filter(({ tone }) => tone === 'bad').map(({ from, to }) => from <= 23 && 23 <= to)).toEqual([true]);
  });

  test('another day begins where the reader has midnight', () => {
    const days = stopsOf([fact(0, 1), fact(86_400, 2), fact(86_401, 3), fact(200_000, 4)]);
    expect(dayBreaks(days)).toEqual([1, 3]);
  });
});

describe('a moment in the address', () => {
  test('is an instant or a place; anything else is said to be wrong and asks nobody', () => {
    expect(momentIn(null)).toEqual({ kind: 'now' });
    expect(momentIn('2026-11-21T10:00:00Z')).toEqual({ kind: 'instant', at: '2026-11-21T10:00:00.000Z' });
    expect(momentIn('provisioning:12')).toEqual({ kind: 'place', place: 'provisioning/12' });
    for (const text of ['yesterday', '2026-13-45T10:00:00Z', 'provisioning:0', 'provisioning:1&id=x', '../../etc', '<img src=x>']) expect(momentIn(text)).toEqual({ kind: 'wrong', text });
  });
});

describe('differences', () => {
  test('are told in words, what matters first, without what nobody asks for', () => {
    const told = differencesOf([
      { path: 'updatedAt', before: at(1), after: at(2) }, { path: 'note', before: 'waits', after: null }, { path: 'ipAddress', before: null, after: '10.0.0.1' },
      { path: 'status', before: 'creating', after: 'active' }, { path: 'isProtected', before: false, after: true }, { path: 'tags', before: ['a'], after: ['a', 'b'] },
    ]);
    expect(told.map(({ field, kind, before, after }) => `${field} ${kind}: ${before} → ${after}`)).toEqual([
      'State changed: Creating → Active', 'Tags changed: a → a, b', 'Address added: nothing → 10.0.0.1', 'Note removed: waits → nothing', 'Protected from deletion changed: no → yes',
    ]);
  });

  test('of what a newer service tells are told too', () => {
    expect(differencesOf([{ path: 'gpuKind.vendorName', before: { a: 1 }, after: 7 }])).toEqual([{ path: 'gpuKind.vendorName', field: 'Gpu kind, vendor name', kind: 'changed', before: '{"a":1}', after: '7' }]);
    expect(valueInWords('action', { type: 'reboot', since: 'x' })).toBe('rebooting');
    expect(valueInWords('maintenance', { since: 'x', reason: null })).toBe('yes');
  });

  test('of a fleet are those that are seen at a glance, and a count of the others', () => {
    const { told, untold } = glanceOf([{ path: 'status', before: 'active', after: 'failed' }, { path: 'note', before: null, after: 'gone' }, { path: 'agentId', before: 'a', after: 'b' }]);
    expect([told.map(({ path }) => path), untold]).toEqual([['status'], 2]);
  });
});

import type { EventEnvelope } from '@citrus/contracts';
import { settlementFor } from '@citrus/kit-domain';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createUpcaster, NewerEvent, upcastPage, type EventData, type Upcast } from './event-versions.ts';

const event = (version: number, data: EventData = {}, type = 'Renamed'): EventEnvelope => ({
  id: '0198c0de-0000-7000-8000-000000000001', type, version, stream: 'account-a', streamVersion: 1, position: 7,
  at: '2026-11-21T10:00:00.000Z', actor: { kind: 'service', id: 'test' }, correlationId: 'c', data,
});
/** v1 had one name, v2 a list of them, v3 calls it by another word. */
const renamed = { current: 3, upcasts: { 1: ({ name, ...rest }: EventData) => ({ ...rest, names: [name] }), 2: ({ names, ...rest }: EventData) => ({ ...rest, labels: names }) } };
const upcaster = createUpcaster({ Renamed: renamed, Closed: { current: 1, upcasts: {} } });

describe('an event', () => {
  test('of the current version is left as it is', () => {
    const current = event(3, { labels: ['a'] });
    expect(upcaster.upcast(current)).toBe(current);
  });
  test('of an older one is taken through every step', () => expect(upcaster.upcast(event(1, { name: 'a', at: 1 }))).toEqual(event(3, { labels: ['a'], at: 1 })));
  test('that was stored is not changed', () => {
    const stored = event(1, { name: 'a' });
    upcaster.upcast(stored);
    expect(stored).toEqual(event(1, { name: 'a' }));
  });
  test('of a newer release is waited for, never parked', () => {
    const upcast = () => upcaster.upcast(event(4));
    expect(upcast).toThrow('Renamed at position 7 is of version 4, and this release knows up to 3; it waits for its successor');
    expect(settlementFor(new NewerEvent(event(4), 3), 1000)).toMatchObject({ type: 'retry' });
  });
  test('of a newer release is shown to people as it is stored', () => expect(upcaster.upcastIfKnown(event(4, { x: 1 }))).toEqual(event(4, { x: 1 })));
  test('of an older one is shown to people in its current shape', () => expect(upcaster.upcastIfKnown(event(2, { names: ['a'] }))).toEqual(event(3, { labels: ['a'] })));
  test('that the reader does not know is left alone, whatever its version', () => expect(upcaster.upcast(event(9, {}, 'Other'))).toEqual(event(9, {}, 'Other')));
  test('that its own decider does not know is a newer release’s', () => expect(() => upcaster.upcastOwn(event(1, {}, 'Other'))).toThrow(NewerEvent));
  test('is counted when its shape is an old one', () => {
    const counted: number[] = [];
    const { upcast } = createUpcaster({ Renamed: renamed }, ({ version }) => counted.push(version));
    [event(1), event(3), event(2)].forEach(upcast);
    expect(counted).toEqual([1, 2]);
  });
});

describe('a page', () => {
  test('ends before an event of a newer release', () => expect(upcastPage([event(3), event(2), event(4), event(3)], upcaster)).toHaveLength(2));
  test('that begins with one cannot be read', () => expect(() => upcastPage([event(4), event(3)], upcaster)).toThrow(NewerEvent));
  test('ends before an event whose step fails', () => {
    const broken = createUpcaster({ Renamed: { current: 2, upcasts: { 1: () => { throw new TypeError('a bug'); } } } });
    expect(upcastPage([event(2), event(1)], broken)).toEqual([event(2)]);
    expect(() => upcastPage([event(1)], broken)).toThrow('a bug');
  });
});

describe('a new event', () => {
  test('is written in the current version', () => expect(upcaster.versionToWrite({ type: 'Renamed' })).toBe(3));
  test('is not written in an older one', () => expect(() => upcaster.versionToWrite({ type: 'Renamed', version: 2 })).toThrow('Renamed is written in version 3, not 2'));
  test('is not written when the catalogue does not have it', () => expect(() => upcaster.versionToWrite({ type: 'Other' })).toThrow('Other is not in the catalogue'));
  test('may be anything in a log without a catalogue', () => expect(createUpcaster().versionToWrite({ type: 'Other', version: 2 })).toBe(2));
});

describe('the steps', () => {
  test.each([
    ['without a missing one', { current: 3, upcasts: { 1: (data: EventData) => data } }, 'no upcast from version 2 to 3'],
    ['without a needless one', { current: 1, upcasts: { 1: (data: EventData) => data } }, 'has an upcast from version 1'],
    ['of a version that exists', { current: 0, upcasts: {} }, 'counted from 1'],
  ])('are complete and %s', (_, versions, message) => expect(() => createUpcaster({ Renamed: versions })).toThrow(message));

  test('make the same of an event one by one as all at once', () => {
    const step = fc.constantFrom<Upcast>((data) => ({ ...data, added: 1 }), (data) => ({ wrapped: data }), ({ added, ...rest }) => (added === undefined ? {} : rest), (data) => ({ ...data, count: Object.keys(data).length }));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), fc.nat(), fc.dictionary(fc.string({ maxLength: 3 }), fc.integer(), { maxKeys: 3 }), (steps, seed, data) => {
        const from = (seed % steps.length) + 1;
        const upcasts = Object.fromEntries(steps.map((one, index) => [index + 1, one]));
        const oneByOne = steps.slice(from - 1).reduce((older, one, index) => {
          const release = createUpcaster({ Renamed: { current: from + index + 1, upcasts: Object.fromEntries(Object.entries(upcasts).slice(0, from + index)) } });
          expect(release.upcast(older).data).toEqual(one(older.data));
          return release.upcast(older);
        }, event(from, data));
        expect(createUpcaster({ Renamed: { current: steps.length + 1, upcasts } }).upcast(event(from, data))).toEqual(oneByOne);
      }),
      { numRuns: 50 },
    );
  });
});

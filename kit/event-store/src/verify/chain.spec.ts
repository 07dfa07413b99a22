import type { LogProblem } from '@citrus/contracts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chainHash, createChainChecker, NO_HASH, type ChainedEvent } from './chain.ts';

const chained = (count: number): ChainedEvent[] => {
  const events: ChainedEvent[] = [];
  for (let position = 1; position <= count; position += 1) {
    const event = {
      position, id: `0198c0de-0000-7000-8000-${String(position).padStart(12, '0')}`, stream: 'account-1', version: position, type: 'Added', schemaVersion: 1,
      recordedAtMicros: 1_767_225_600_000_000 + position * 1000, metaBytes: Buffer.from('{"commandId":"x"}'), dataBytes: Buffer.from(`{"amount":${position}}`), hash: NO_HASH,
    };
    events.push({ ...event, hash: chainHash(events.at(-1)?.hash ?? NO_HASH, event) ?? NO_HASH });
  }
  return events;
};

const problemsOf = (events: readonly ChainedEvent[]): Pick<LogProblem, 'position' | 'kind'>[] => {
  const checker = createChainChecker({ position: 0, hash: NO_HASH });
  return events.flatMap((event) => checker.feed(event)).map(({ position, kind }) => ({ position, kind }));
};

const place = fc.integer({ min: 1, max: 20 });
const edits: readonly [string, (event: ChainedEvent) => ChainedEvent][] = [
  ['data', (event) => ({ ...event, dataBytes: Buffer.concat([event.dataBytes, Buffer.from(' ')]) })],
  ['meta', (event) => ({ ...event, metaBytes: Buffer.from('{}') })],
  ['type', (event) => ({ ...event, type: 'Removed' })],
  ['stream', (event) => ({ ...event, stream: 'account-2' })],
  ['stream version', (event) => ({ ...event, version: event.version + 1 })],
  ['schema version', (event) => ({ ...event, schemaVersion: 2 })],
  ['id', (event) => ({ ...event, id: '0198c0de-0000-7000-8000-00000000ffff' })],
  ['hash', (event) => ({ ...event, hash: Buffer.alloc(32, 7) })],
  ['time by a microsecond', (event) => ({ ...event, recordedAtMicros: event.recordedAtMicros + 1 })],
];

describe('a hash chain', () => {
  test('that nobody touched has no problem, and can be taken up at any place', () => {
    const events = chained(20);
    expect(problemsOf(events)).toEqual([]);
    const checker = createChainChecker({ position: 7, hash: events[6]?.hash ?? NO_HASH });
    expect(events.slice(7).flatMap((event) => checker.feed(event))).toEqual([]);
    expect(checker.reached()).toEqual({ position: 20, hash: events[19]?.hash });
  });

  test.each(edits)('tells the one event whose %s was changed', (_, edit) => {
    fc.assert(
      fc.property(place, (position) => {
        const events = chained(20).map((event) => (event.position === position ? edit(event) : event));
        expect(problemsOf(events)).toEqual([{ position, kind: 'changed' }]);
      }),
    );
  });

  test('goes on behind an event whose hash was edited, also when it is taken up there', () => {
    const events = chained(20).map((event) => (event.position === 7 ? { ...event, hash: Buffer.alloc(32, 7) } : event));
    const checker = createChainChecker({ position: 0, hash: NO_HASH });
    expect(events.slice(0, 7).flatMap((event) => checker.feed(event)).length).toBe(1);
    const next = createChainChecker(checker.reached(events[7]));
    expect(events.slice(7).flatMap((event) => next.feed(event))).toEqual([]);
  });

  test('tells two edits apart, and the first one first', () => {
    const events = chained(20).map((event) => (event.position === 5 || event.position === 12 ? { ...event, type: 'Removed' } : event));
    expect(problemsOf(events)).toEqual([{ position: 5, kind: 'changed' }, { position: 12, kind: 'changed' }]);
  });

  test('tells what is gone and what was put in', () => {
    const events = chained(20);
    expect(problemsOf(events.toSpliced(4, 1))).toEqual([{ position: 5, kind: 'missing' }]);
    expect(problemsOf(events.toSpliced(0, 3))).toEqual([{ position: 1, kind: 'missing' }]);
    const [fifth] = events.slice(4) as [ChainedEvent];
    expect(problemsOf(events.toSpliced(5, 0, fifth))[0]).toEqual({ position: 5, kind: 'inserted' });
  });

  test('tells the first of two events whose contents were swapped', () => {
    const events = chained(20);
    const [fifth, ninth] = [events[4], events[8]] as [ChainedEvent, ChainedEvent];
    const swapped = events.with(4, { ...ninth, position: 5 }).with(8, { ...fifth, position: 9 });
    expect(problemsOf(swapped)[0]).toEqual({ position: 5, kind: 'changed' });
  });

  test('tells a log whose time goes back although its chain is whole', () => {
    const [first, second] = chained(2) as [ChainedEvent, ChainedEvent];
    const early = { ...second, recordedAtMicros: first.recordedAtMicros - 5000 };
    expect(problemsOf([first, { ...early, hash: chainHash(first.hash, early) ?? NO_HASH }])).toEqual([{ position: 2, kind: 'inconsistent' }]);
  });
});

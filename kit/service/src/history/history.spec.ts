import type { EventEnvelope } from '@citrus/contracts';
import { defineFold, type FoldedRow } from '@citrus/kit-event-store';
import { describe, expect, test } from 'vitest';
import { changesBetween } from './changes.ts';
import { createFoldedStates, type Replay } from './folded-states.ts';
import { cutPage, formatCursor, parseCursor } from './pages.ts';

type Row = FoldedRow & { readonly id: string; readonly total: number };
const sums = defineFold<Row>({
  name: 'sums', version: 1, table: 'sums', key: ['id'], handles: ['Added'],
  keyOf: ({ stream }) => [stream],
  evolve: (row, { stream, data }) => ({ id: stream, total: (row?.total ?? 0) + Number(data['amount']) }),
});

const event = (position: number): EventEnvelope => ({
  id: '66666666-6666-4666-8666-666666666666', type: 'Added', version: 1, stream: `sum-${position % 10}`, streamVersion: 1, position,
  at: new Date(position).toISOString(), actor: { kind: 'service', id: 'x' }, correlationId: 'c', data: { amount: 1 },
});

/** A log of any length, read in stretches of a hundred; counts what was read. */
const countingReplay = () => {
  const read = { events: 0 };
  const replay: Replay = async function* ({ after, upTo }) {
    for (let from = after; from < upTo; from += 100) {
      const events = Array.from({ length: Math.min(100, upTo - from) }, (_, index) => event(from + index + 1));
      read.events += events.length;
      yield { events, through: from + events.length };
    }
  };
  return { read, replay };
};

describe('folded states', () => {
  test('are the same wherever they are folded from', async () => {
    const { replay } = countingReplay();
    const [slider, anew] = [createFoldedStates(sums, replay), () => createFoldedStates(sums, replay)];
    for (const position of [50_000, 20_000, 20_001, 49_999, 0, 7]) expect([...(await slider.at(position))]).toEqual([...(await anew().at(position))]);
    expect([...(await slider.at(20_000)).values()].every((row) => row['total'] === 2000)).toBe(true);
  });

  test('are folded from the nearest one before, never from zero again', async () => {
    const { read, replay } = countingReplay();
    const states = createFoldedStates(sums, replay);
    await states.at(50_000);
    expect(read.events).toBe(50_000);
    for (const position of [49_000, 10_000, 30_000, 10_000, 50_100]) await states.at(position);
    expect(read.events).toBeLessThan(62_000);
    const before = read.events;
    await Promise.all([states.at(50_100), states.at(30_000)]);
    expect(read.events).toBe(before);
  });

  test('are not folded for a queue that never ends', async () => {
    const { replay } = countingReplay();
    const states = createFoldedStates(sums, replay);
    const answers = await Promise.allSettled(Array.from({ length: 200 }, (_, index) => states.at(50_000 - index * 100)));
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBe(170);
    expect(refused[0]).toMatchObject({ reason: { name: 'Unavailable' } });
    expect((await states.at(50_000)).size).toBe(10);
  });

  test('keep no more rows than they may', async () => {
    const { read, replay } = countingReplay();
    const states = createFoldedStates(sums, replay, 20);
    for (const position of [1000, 2000, 3000]) await states.at(position);
    expect(read.events).toBe(3000);
    await states.at(500);
    expect(read.events).toBe(3500);
  });
});

describe('changes', () => {
  test('are told by field, also of a field', () => {
    const before = { name: 'a', tags: ['x'], facts: { os: 'linux', disk: { gb: 1 } }, note: null };
    const after = { name: 'a', tags: ['x', 'y'], facts: { os: 'linux', disk: { gb: 2 }, cpu: 1 }, note: null };
    expect(changesBetween(before, after)).toEqual([
      { path: 'tags', before: ['x'], after: ['x', 'y'] },
      { path: 'facts.disk.gb', before: 1, after: 2 },
      { path: 'facts.cpu', before: null, after: 1 },
    ]);
    expect(changesBetween({}, { name: 'a' })).toEqual([{ path: 'name', before: null, after: 'a' }]);
    expect(changesBetween({ note: null }, {})).toEqual([]);
  });
});

describe('a page', () => {
  test('ends at the limit or before it is too large, and says where to go on', () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id }));
    expect(cutPage(items, 2)).toEqual({ items: items.slice(0, 2), last: 'b' });
    expect(cutPage(items, 3)).toEqual({ items, last: undefined });
    const large = ['a', 'b'].map((id) => ({ id, text: 'x'.repeat(600_000) }));
    expect(cutPage(large, 9)).toEqual({ items: large.slice(0, 1), last: 'a' });
  });

  test('takes no cursor but its own', () => {
    expect(parseCursor(formatCursor([[7], 'a']), 1)).toEqual([[7], 'a']);
    for (const text of ['', 'x', formatCursor([[7, 8], 'a']), Buffer.from('[[-1],"a"]').toString('base64url')]) expect(() => parseCursor(text, 1)).toThrow('not one of ours');
  });
});

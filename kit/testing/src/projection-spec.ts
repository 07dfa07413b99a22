/**
 * Tests of read models that read as sentences: `given(...events).then(...rows)`. Every `then` also takes the ways that a
 * live projection may take to the same rows: pages cut anywhere, rows read back from the table between any two of
 * them, pages lost in a crash before their commit and done again, events of a younger release in between.
 */
import type { EventEnvelope } from '@citrus/contracts';
import { expect } from 'vitest';
import { deepFrozen } from './deep-frozen.ts';

type Row = Readonly<Record<string, unknown>>;
/** What a spec needs of a `RowFold`. */
export type FoldUnderTest = {
  readonly key: readonly string[];
  readonly handles: readonly string[];
  readonly keyOf: (event: EventEnvelope) => readonly string[] | undefined;
  // A method, so that a fold of narrower rows fits too.
  evolve(row: Row | undefined, event: EventEnvelope): Row | undefined;
};
type Rows = ReadonlyMap<string, Row>;

/** An event with as much of its envelope as the test cares for. */
export type ToldEvent = { readonly type: string; readonly data: object } & Partial<Omit<EventEnvelope, 'type' | 'data'>>;

const FIRST = Date.parse('2026-11-21T10:00:00.000Z');

/** The n-th of a log, from 1: recorded n seconds after ten o'clock unless it says otherwise. */
export const envelopeOf = (event: ToldEvent, position: number): EventEnvelope => ({
  id: `0198c0de-0000-7000-8000-${String(position).padStart(12, '0')}`, version: 1, stream: 'test-1', streamVersion: position, position,
  at: new Date(FIRST + position * 1000).toISOString(), actor: { kind: 'service', id: 'test' }, correlationId: 'test',
  ...event, data: { ...event.data },
});

const inJson = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;
/** As the table gives them back. */
const readBack = (rows: Rows): Rows => new Map([...rows].map(([key, row]) => [key, deepFrozen(inJson(row))]));

const foldPage = (fold: FoldUnderTest, rows: Rows, events: readonly EventEnvelope[]): Rows => {
  const page = new Map(rows);
  for (const event of events) {
    const values = fold.handles.includes(event.type) ? fold.keyOf(event) : undefined;
    if (!values) continue;
    const key = JSON.stringify(values);
    const row = fold.evolve(page.get(key), event);
    if (row === undefined) page.delete(key);
    else page.set(key, deepFrozen(row));
  }
  return page;
};

const NONE: Rows = new Map();
export const foldAll = (fold: FoldUnderTest, events: readonly EventEnvelope[]): Rows => foldPage(fold, NONE, events);

const listed = (rows: Rows): Row[] => [...rows.values()];

/** The ways to the same rows, by what happens on them. */
export const rowsByEveryWay = (fold: FoldUnderTest, events: readonly EventEnvelope[]): [string, Rows][] => {
  const splits = events.slice(1).flatMap((event, index): [string, Rows][] => {
    const [first, second] = [events.slice(0, index + 1), events.slice(index + 1)];
    const before = readBack(foldAll(fold, first));
    foldPage(fold, before, second);
    return [[`cut before ${event.type}, and the page behind it lost once`, foldPage(fold, before, second)]];
  });
  const younger = events.flatMap((event) => [event, { ...event, type: 'ToldByAYoungerRelease', data: {} }]);
  const oneByOne = events.reduce((rows, event) => readBack(foldPage(fold, rows, [event])), NONE);
  return [...splits, ['event by event', oneByOne], ['with events that it does not know', foldAll(fold, younger)]];
};

const checkRow = (fold: FoldUnderTest, key: string, row: Row): void => {
  expect(row, 'a row is what JSON can hold').toStrictEqual(inJson(row));
  expect(JSON.stringify(fold.key.map((column) => row[column])), 'a row has the key that it was found by').toBe(key);
};

export const projectionSpec = (fold: FoldUnderTest) => ({
  given: (...told: ToldEvent[]) => {
    const events = told.map((event, index) => deepFrozen(envelopeOf(event, index + 1)));
    const rows = foldAll(fold, events);
    const checkVariants = (): void => {
      for (const [key, row] of rows) checkRow(fold, key, row);
      for (const [variant, others] of rowsByEveryWay(fold, events)) expect(listed(others), variant).toEqual(listed(rows));
    };
    return {
      then: (...expected: Row[]): void => {
        expect(listed(rows)).toEqual(expected);
        checkVariants();
      },
      /** Where only some columns are worth a word. */
      shows: (...expected: Row[]): void => {
        expect(listed(rows)).toMatchObject(expected);
        expect(rows.size).toBe(expected.length);
        checkVariants();
      },
    };
  },
});

/** The test kit finds what it is there to find. */
import type { EventEnvelope } from '@citrus/contracts';
import { Refusal, type Decider } from '@citrus/kit-domain';
import { describe, expect, test } from 'vitest';
import { specFor } from './decider-spec.ts';
import { projectionSpec, type FoldUnderTest } from './projection-spec.ts';

type Count = { readonly total: number };
type Command = { readonly type: 'Add'; readonly amount: number };
type Added = { readonly type: 'Added'; readonly amount: number };

const counter: Decider<Count, Command, Added> = {
  initialState: { total: 0 },
  decide: ({ amount }, { total }) => (total === 0 ? [{ type: 'Added', amount }] : []),
  evolve: ({ total }, { amount }) => ({ total: total + amount }),
};
const add: Command = { type: 'Add', amount: 2 };
const added: Added = { type: 'Added', amount: 2 };

describe('the spec of a decider', () => {
  test('is content when the second delivery gives nothing', () => specFor(counter).given().when(add).then(added));
  test('finds a command that works twice', () =>
    expect(() => specFor<Count, Command, Added>({ ...counter, decide: ({ amount }) => [{ type: 'Added', amount }] }).given().when(add).then(added)).toThrow('Add delivered twice'));
  test('knows the commands that are refused the second time', () => {
    const strict: typeof counter = { ...counter, decide: (command, state) => { if (state.total > 0) throw new Refusal('count.full', 'No more.'); return counter.decide(command, state); } };
    specFor(strict, { again: { Add: 'refuses count.full' } }).given().when(add).then(added);
    expect(() => specFor(strict).given().when(add).then(added)).toThrow('Add delivered twice');
    expect(() => specFor(strict).given(added).when(add).refuses('count.other')).toThrow('count.full');
  });
  test('finds a decider that changes its state in place', () =>
    expect(() => specFor<Count, Command, Added>({ ...counter, evolve: (state, { amount }) => Object.assign(state, { total: state.total + amount }) }).given(added, added).state()).toThrow(TypeError));
  test('finds a decision that changes its state in place', () =>
    expect(() => specFor<Count, Command, Added>({ ...counter, decide: (_, state) => { Object.assign(state, { total: 1 }); return []; } }).given(added).when(add).then()).toThrow(TypeError));
});

const totals: FoldUnderTest = {
  key: ['stream_id'], handles: ['Added'],
  keyOf: ({ stream }) => [stream],
  evolve: (row, { stream, data }) => ({ stream_id: stream, total: Number(row?.['total'] ?? 0) + Number(data['amount']) }),
};
const told = { type: 'Added', data: { amount: 2 } };
const specOf = (changes: Partial<FoldUnderTest>) => () => projectionSpec({ ...totals, ...changes }).given(told, told, told).then({ stream_id: 'test-1', total: 6 });

describe('the spec of a fold', () => {
  test('is content with a pure fold', () => specOf({})());
  test('finds rows that JSON cannot hold', () => expect(specOf({ evolve: (row, event) => ({ ...totals.evolve(row, event), note: undefined }) })).toThrow('what JSON can hold'));
  test('finds rows that come back changed from their table', () => {
    /** Keeps a Date, which the next page finds as text. */
    const evolve = (row: Readonly<Record<string, unknown>> | undefined, event: EventEnvelope) => ({ ...totals.evolve(row, event), total: Number(totals.evolve(row, event)?.['total']) + (typeof row?.['at'] === 'string' ? 1 : 0), at: new Date(0) });
    expect(() => projectionSpec({ ...totals, evolve }).given(told, told).shows({ total: 4 })).toThrow();
  });
  test('finds a fold that changes its row in place', () => expect(specOf({ evolve: (row, event) => Object.assign(row ?? {}, totals.evolve(row, event)) })).toThrow(TypeError));
  test('finds a fold that remembers', () => {
    let seen = 0;
    expect(specOf({ evolve: (_, { stream }) => ({ stream_id: stream, total: (seen += 2) }) })).toThrow('lost once');
  });
  test('finds a row that has another key', () => expect(specOf({ keyOf: () => ['other'] })).toThrow('the key that it was found by'));
});

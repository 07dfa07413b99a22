import { describe, expect, test } from 'vitest';
import { initialConnection, isFinal, nextConnection, retryDelayMs, type ConnectionStep } from './connection.ts';

const after = (...steps: ConnectionStep[]) => steps.reduce(nextConnection, initialConnection());

describe('a connection', () => {
  test('continues after the last message it got', () => {
    expect(after({ type: 'opened' }, { type: 'received', id: '7' }, { type: 'lost' }, { type: 'retried' })).toEqual({ phase: 'connecting', lastId: '7', failures: 1 });
  });

  test('keeps its place when a message has no id', () => {
    expect(after({ type: 'received', id: '7' }, { type: 'received', id: '' }).lastId).toBe('7');
  });

  test('does not trust a line that opens and breaks at once', () => {
    expect(after({ type: 'opened' }, { type: 'lost' }, { type: 'retried' }, { type: 'opened' }, { type: 'lost' }).failures).toBe(2);
  });

  test('forgets its failures with the first message', () => {
    expect(after({ type: 'lost' }, { type: 'retried' }, { type: 'opened' }, { type: 'received', id: '1' }).failures).toBe(0);
  });

  test('stays ended', () => {
    expect(after({ type: 'ended' }, { type: 'lost' }, { type: 'opened' }).phase).toBe('ended');
  });
});

test('waits longer with each failure, but never long', () => {
  expect([1, 2, 3, 20].map((failures) => retryDelayMs(failures, 0.5))).toEqual([250, 500, 1000, 8000]);
});

test('takes a refusal for an answer and an outage for "later"', () => {
  expect([401, 404, 429, 502, 503].map(isFinal)).toEqual([true, true, false, false, false]);
});

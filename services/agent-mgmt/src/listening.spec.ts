import { expect, test } from 'vitest';
import { createListening } from './listening.ts';

const STANDSTILL_MS = 60_000;

const begin = () => {
  let now = 0;
  const listening = createListening(() => new Date(now), STANDSTILL_MS);
  return { listening, passes: (ms: number) => void (now += ms), since: () => listening.since().getTime() };
};

test('hears without a break while it looks again and again, however long', () => {
  const { passes, since } = begin();
  for (let looks = 0; looks < 100; looks += 1) {
    passes(STANDSTILL_MS);
    expect(since()).toBe(0);
  }
});

test('hears anew after it stood still, also when the first that is done is to ask', () => {
  const { passes, since } = begin();
  passes(STANDSTILL_MS + 1);
  expect(since()).toBe(STANDSTILL_MS + 1);
  passes(STANDSTILL_MS);
  expect(since(), 'it goes on from there').toBe(STANDSTILL_MS + 1);
});

test('is not startled by a clock that is set back', () => {
  const { passes, since } = begin();
  passes(-10 * STANDSTILL_MS);
  expect(since()).toBe(0);
  passes(STANDSTILL_MS);
  expect(since()).toBe(0);
});

test('hears nothing while it is cut off, whether it stands still or not, and from then on when it is back', () => {
  const { listening, passes, since } = begin();
  listening.cutOff();
  const never = since();
  expect(never).toBeGreaterThan(Date.UTC(9999, 0));
  passes(10 * STANDSTILL_MS);
  expect(since()).toBe(never);
  passes(1);
  listening.reconnected();
  expect(since()).toBe(10 * STANDSTILL_MS + 1);
});

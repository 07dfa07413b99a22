import { expect, test } from 'vitest';
import { gather } from './gather.ts';

/** Calls that end when the test says so. */
const held = (inFlight = 1) => {
  const calls: { items: readonly number[]; end(error?: Error): void }[] = [];
  const ask = gather<number, string>(
    (items) => new Promise((resolve, reject) => calls.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => `${item} done`))) })),
    { inFlight, most: 3 },
  );
  return { calls, ask };
};
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('what is asked for at once, or while a call is under way, goes together, and everybody gets his own answer', async () => {
  const { calls, ask } = held();
  const first = Promise.all([ask(1), ask(2)]);
  await turn();
  const second = Promise.all([3, 4, 5, 6].map(ask));
  calls[0]?.end();
  expect(await first).toEqual(['1 done', '2 done']);
  await turn();
  calls[1]?.end();
  await turn();
  calls[2]?.end();
  expect(await second).toEqual(['3 done', '4 done', '5 done', '6 done']);
  expect(calls.map(({ items }) => items)).toEqual([[1, 2], [3, 4, 5], [6]]);
});

test('a second call does not wait for a long one, and a failure is told to those whom it concerns', async () => {
  const { calls, ask } = held(2);
  const long = ask(1);
  await turn();
  const failing = Promise.allSettled([ask(2), ask(3)]);
  await turn();
  calls[1]?.end(new Error('cut off'));
  expect((await failing).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  calls[0]?.end();
  expect(await long).toBe('1 done');
});

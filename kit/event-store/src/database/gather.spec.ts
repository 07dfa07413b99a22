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

test('a value that the database refuses fails the one who asked for it, and nobody else', async () => {
  const sent: number[] = [];
  const ask = gather(async (items: readonly number[]) => {
    sent.push(items.length);
    if (items.some((item) => item < 0)) throw Object.assign(new Error('invalid input syntax'), { code: '22P02' });
    return items;
  });
  const answers = await Promise.allSettled(Array.from({ length: 16 }, (_, n) => ask(n === 11 ? -1 : n)));
  expect(answers.flatMap(({ status }, n) => (status === 'rejected' ? [n] : []))).toEqual([11]);
  expect(sent, 'by halves').toEqual([16, 8, 8, 4, 2, 2, 1, 1, 4]);
  const away = gather(async () => { throw Object.assign(new Error('the connection is gone'), { code: '57P01' }); });
  expect((await Promise.allSettled([away(1), away(2)])).map(({ status }) => status), 'no storm on a database that is away').toEqual(['rejected', 'rejected']);
});

import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('so many go on at once, the others in their order, and nothing is left of those that are over', async () => {
  const turns = createTurns(2);
  const began: number[] = [];
  const all = [1, 2, 3, 4].map(async (n) => {
    const over = await turns.mine('one');
    began.push(n);
    return over;
  });
  const other = await turns.mine('other');
  const [first, second] = [await all[0], await all[1]];
  expect(began).toEqual([1, 2]);
  first?.();
  const third = await all[2];
  expect(began).toEqual([1, 2, 3]);
  second?.();
  third?.();
  (await all[3])?.();
  other();
  expect(began).toEqual([1, 2, 3, 4]);
  expect(turns.size).toBe(0);
});

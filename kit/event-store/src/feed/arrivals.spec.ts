import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { inPages } from './arrivals.ts';

/** A source that somebody fills by hand, like the messages of a broker. */
const byHand = () => {
  const here: number[] = [];
  let isClosed = false;
  let wake = (): void => undefined;
  let hasEnded = false;
  const items = async function* (): AsyncGenerator<number> {
    try {
      for (;;) {
        while (here.length > 0) yield here.shift() as number;
        if (isClosed) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      hasEnded = true;
    }
  };
  return {
    items: items(),
    hasEnded: () => hasEnded,
    put: (...more: number[]) => {
      here.push(...more);
      wake();
    },
    close: () => {
      isClosed = true;
      wake();
    },
  };
};

test('what is here is one page, as large as it may be, in order and without a gap', async () => {
  const source = byHand();
  source.put(1, 2, 3, 4, 5);
  source.close();
  const pages: number[][] = [];
  for await (const page of inPages(source.items, { most: 2, everyMs: 0 })) pages.push(page);
  expect(pages).toEqual([[1, 2], [3, 4], [5]]);
});

test('what comes alone is a page at once; what comes right behind it is gathered until the next beat', async () => {
  const source = byHand();
  const pages = inPages(source.items, { most: 10, everyMs: 86_400_000 });
  source.put(1);
  expect((await pages.next()).value).toEqual([1]);
  const second = pages.next();
  let isHere = false;
  void second.then(() => (isHere = true));
  source.put(2);
  for (let turns = 0; turns < 20; turns += 1) await setImmediate();
  expect(isHere).toBe(false);
  source.put(3);
  source.close();
  expect((await second).value).toEqual([2, 3]);
  expect((await pages.next()).done).toBe(true);
});

test.for([{ most: 1, isAsked: false }, { most: 10, isAsked: true }])('whoever reads no further ends the source, pages of $most', async ({ most, isAsked }) => {
  const source = byHand();
  source.put(1, 2);
  for await (const page of inPages(source.items, { most, everyMs: 0 })) {
    expect(page[0]).toBe(1);
    break;
  }
  if (isAsked) {
    expect(source.hasEnded()).toBe(false);
    source.close();
  }
  await vi.waitFor(() => expect(source.hasEnded()).toBe(true));
});

test('what fails is thrown behind what came before it', async () => {
  const failing = async function* (): AsyncGenerator<number> {
    yield 1;
    await setImmediate();
    throw new Error('the broker is gone');
  };
  const pages = inPages(failing(), { most: 10, everyMs: 0 });
  expect((await pages.next()).value).toEqual([1]);
  await expect(pages.next()).rejects.toThrow('the broker is gone');
});

import { describe, expect, test } from 'vitest';
import { createGroupAppender } from './group-appender.ts';

type Append = { stream: string; bytes: number };

/** A log whose calls end when the test says so. */
const held = (isAloneWorthIt = true) => {
  const calls: { streams: string[]; end(error?: Error): void }[] = [];
  const enqueue = createGroupAppender<Append, string>(
    (sets) =>
      new Promise((resolve, reject) => {
        calls.push({
          streams: sets.flat().map(({ stream }) => stream),
          end: (error) => (error ? reject(error) : resolve(sets.map((set) => set.map(({ stream }) => `${stream} done`)))),
        });
      }),
    () => isAloneWorthIt,
  );
  const append = (stream: string, bytes = 10) => enqueue([{ stream, bytes }]);
  return { calls, append, enqueue };
};

describe('the group appender', () => {
  test('keeps one call in flight and takes along what queued meanwhile', async () => {
    const { calls, append } = held();
    const all = Promise.all([append('a'), append('b'), append('c')]);
    expect(calls.map(({ streams }) => streams)).toEqual([['a']]);
    calls[0]?.end();
    await expect.poll(() => calls.length).toBe(2);
    expect(calls[1]?.streams).toEqual(['b', 'c']);
    calls[1]?.end();
    expect(await all).toEqual([['a done'], ['b done'], ['c done']]);
  });

  test('takes all along who append again as soon as they are answered', async () => {
    const { calls, append } = held();
    const again = async (name: string) => {
      await append(`${name}1`);
      // As many steps as there are between a caller and the queue.
      for (let step = 0; step < 20; step += 1) await Promise.resolve();
      await append(`${name}2`);
    };
    const all = [again('a'), again('b'), again('c')];
    for (let n = 0; n < 4; n += 1) {
      await expect.poll(() => calls.length).toBe(n + 1);
      calls[n]?.end();
      if (calls.flatMap(({ streams }) => streams).length === 6) break;
    }
    await expect.poll(() => calls.flatMap(({ streams }) => streams).length).toBe(6);
    calls.at(-1)?.end();
    await Promise.all(all);
    expect(calls.map(({ streams }) => streams)).toEqual([['a1'], ['b1', 'c1', 'a2'], ['b2', 'c2']]);
  });

  test('takes a stream once in a call, in the order of asking, and a set as a whole', async () => {
    const { calls, append, enqueue } = held();
    const all = [append('x'), append('a'), enqueue([{ stream: 'a', bytes: 1 }, { stream: 'b', bytes: 1 }]), append('b'), append('c')];
    for (let n = 0; n < 4; n += 1) {
      await expect.poll(() => calls.length).toBe(n + 1);
      calls[n]?.end();
    }
    await Promise.all(all);
    expect(calls.map(({ streams }) => streams)).toEqual([['x'], ['a', 'c'], ['a', 'b'], ['b']]);
  });

  test('stays below the size of a call', async () => {
    const { calls, append } = held();
    const all = [append('x'), ...Array.from({ length: 600 }, (_, n) => append(`s${n}`)), append('large', 2_000_000), append('next')];
    for (let n = 0; n < 4; n += 1) {
      await expect.poll(() => calls.length).toBe(n + 1);
      calls[n]?.end();
    }
    await Promise.all(all);
    expect(calls.map(({ streams }) => streams.length)).toEqual([1, 512, 89, 1]);
  });

  test('tries each alone when a call failed, so that one fails', async () => {
    const { calls, append } = held();
    const all = [append('x'), append('a'), append('b')];
    calls[0]?.end();
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.end(new Error('one of them'));
    await expect.poll(() => calls.length).toBe(3);
    calls[2]?.end(new Error('a is bad'));
    await expect.poll(() => calls.length).toBe(4);
    calls[3]?.end();
    expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('fails all of a call when the database is gone', async () => {
    const { calls, append } = held(false);
    const all = Promise.allSettled([append('x'), append('a'), append('b')]);
    calls[0]?.end();
    await expect.poll(() => calls.length).toBe(2);
    calls[1]?.end(new Error('connection lost'));
    expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });
});

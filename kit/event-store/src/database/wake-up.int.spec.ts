import { describe, expect, onTestFinished } from 'vitest';
import { added, context, test, type TestLog } from '../log.fixture.ts';
import { startWakeUp } from './wake-up.ts';

/** Far below the second after which everybody looks by himself. */
const AT_ONCE_MS = 600;
const TIMES = 5;

const append = ({ store }: TestLog) => store.append({ stream: 'account-1', expected: 'any', events: [added(1)], context: context() });

const listening = async ({ databaseUrl }: TestLog) => {
  const wakeUp = startWakeUp({ databaseUrl });
  onTestFinished(() => wakeUp.stop());
  const bell = wakeUp.subscribe();
  const { signal } = new AbortController();
  // It rings once when it has connected.
  await bell.next(signal);
  return async (): Promise<number> => {
    const startedAt = performance.now();
    await bell.next(signal);
    return performance.now() - startedAt;
  };
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;

describe('a wake-up', () => {
  test('comes with the append, not with the next look', async ({ log }) => {
    const heard = await listening(log);
    const waits: number[] = [];
    for (let n = 0; n < TIMES; n += 1) {
      const waiting = heard();
      await append(log);
      waits.push(await waiting);
    }
    expect(median(waits)).toBeLessThan(AT_ONCE_MS);
  });

  test('that comes while its reader is busy is kept for it', async ({ log }) => {
    const heard = await listening(log);
    const other = await listening(log);
    const waits: number[] = [];
    for (let n = 0; n < TIMES; n += 1) {
      const busy = other();
      await append(log);
      // Both were told by now, and the first has not asked yet.
      await busy;
      await log.store.head();
      waits.push(await heard());
    }
    expect(median(waits)).toBeLessThan(AT_ONCE_MS);
  });
});

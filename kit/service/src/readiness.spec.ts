import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Readiness, readinessOf } from './index.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('readiness', () => {
  test('needs every part, and names each that is missing', async () => {
    expect(await readinessOf([['nats', async () => undefined]])).toEqual({ isReady: true });
    const down = await readinessOf([
      ['nats', async () => 'NATS is gone'],
      ['database', () => Promise.reject(new Error('refused'))],
    ]);
    expect(down).toEqual({ isReady: false, detail: 'NATS is gone; database: refused' });
  });

  test('is what the latest check found, though an older one ends later', async () => {
    const gate = Promise.withResolvers<string>();
    const answers = [gate.promise, Promise.resolve(undefined)];
    const readiness = new Readiness({ logger: silent, onChange: () => undefined });
    readiness.add('database', () => answers.shift() ?? Promise.resolve(undefined));
    const slow = readiness.check();
    await readiness.check();
    gate.resolve('it was down');
    await slow;
    expect(readiness.verdict).toEqual({ isReady: true });
  });

  describe('that is watched', () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    test('is found soon after the last of several things is there, and looked at once a second from then on', async () => {
      const missing = ['the database', 'the feed'];
      let asked = 0;
      const readiness = new Readiness({ logger: silent, onChange: () => undefined });
      readiness.add('parts', async () => {
        asked += 1;
        return missing[0];
      });
      readiness.watch();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked).toBeLessThan(70);
      missing.shift();
      await vi.advanceTimersByTimeAsync(1000);
      expect(readiness.verdict.detail).toBe('the feed');
      missing.shift();
      await vi.advanceTimersByTimeAsync(1000);
      expect(readiness.verdict).toEqual({ isReady: true });
      asked = 0;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(asked).toBeLessThanOrEqual(60);
      readiness.stop();
    });

    test('follows a start of many short steps without a second of waiting for each', async () => {
      let steps = 8;
      const readiness = new Readiness({ logger: silent, onChange: () => undefined });
      readiness.add('parts', async () => (steps > 0 ? `${(steps -= 1)} to go` : undefined));
      readiness.watch();
      await vi.advanceTimersByTimeAsync(1000);
      expect(readiness.verdict).toEqual({ isReady: true });
      readiness.stop();
    });
  });

  test('is given up for good when the process stops', async () => {
    const told: boolean[] = [];
    const readiness = new Readiness({ logger: silent, onChange: ({ isReady }) => told.push(isReady) });
    await readiness.check();
    readiness.stop();
    await readiness.check();
    expect(told).toEqual([true, false]);
    expect(readiness.verdict).toEqual({ isReady: false, detail: 'stopping' });
  });
});

import { describe, expect, test } from 'vitest';
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

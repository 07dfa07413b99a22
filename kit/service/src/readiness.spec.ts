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

  test('is given up for good when the process stops', async () => {
    const told: boolean[] = [];
    const readiness = new Readiness({ logger: silent, onChange: ({ isReady }) => told.push(isReady) });
    await readiness.watch();
    readiness.stop();
    await readiness.watch();
    expect(told).toEqual([true, false]);
    expect(readiness.verdict).toEqual({ isReady: false, detail: 'stopping' });
  });
});

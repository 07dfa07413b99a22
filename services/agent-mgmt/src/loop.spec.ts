import { eventually } from '@citrus/kit-testing';
import { expect, test } from 'vitest';
import { createLoop } from './loop.ts';

const NEVER_MS = 3_600_000;
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

test('works at the start and when woken; a wake-up while it works is not lost', async () => {
  let turns = 0;
  let finish = () => undefined as void;
  const loop = createLoop({ name: 'test', everyMs: NEVER_MS, logger, work: () => new Promise((resolve) => ((turns += 1), (finish = resolve))) });
  loop.start();
  expect(turns).toBe(1);
  loop.wake();
  finish();
  await eventually(() => turns === 2);
  finish();
  loop.wake();
  await eventually(() => turns === 3);
  finish();
  await loop.stop();
  expect(turns).toBe(3);
});

test('while there is much to do, what comes during the rest after a turn is done in one', async () => {
  let turns = 0;
  let finish = () => undefined as void;
  const loop = createLoop({ name: 'test', everyMs: NEVER_MS, logger, work: () => new Promise((resolve) => ((turns += 1), (finish = resolve))) });
  loop.start();
  // A turn that takes a while, after which as long is rested.
  const until = performance.now() + 20;
  await eventually(() => performance.now() >= until);
  finish();
  for (let wakes = 0; wakes < 5; wakes += 1) {
    loop.wake();
    await Promise.resolve();
  }
  expect(turns).toBe(1);
  await eventually(() => turns === 2);
  finish();
  const stopped = loop.stop();
  finish();
  await stopped;
  expect(turns).toBe(2);
});

test('tries again after a failure', async () => {
  let turns = 0;
  const loop = createLoop({ name: 'test', everyMs: 1, logger, work: async () => ((turns += 1) === 1 ? Promise.reject(new Error('once')) : undefined) });
  loop.start();
  await eventually(() => turns > 2);
  await loop.stop();
});

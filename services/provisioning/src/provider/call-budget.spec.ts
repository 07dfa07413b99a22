import { expect, test } from 'vitest';
import { createCallBudget } from './call-budget.ts';

const open = () => {
  let now = 1_000_000;
  const budget = createCallBudget({ perSecond: 4, burst: 2, now: () => now });
  const wait = async () => (await budget.take('look')).waitMs;
  return { budget, wait, pass: (ms: number) => void (now += ms), nowSeconds: () => now / 1000 };
};
const headers = (values: Record<string, string>) => (name: string) => values[name];

test('a burst is spent at once, then calls come at the steady rate', async () => {
  const { wait, pass } = open();
  expect([await wait(), await wait(), await wait()]).toEqual([0, 0, 250]);
  pass(250);
  expect([await wait(), await wait()]).toEqual([0, 250]);
});

test('a 429 closes the budget as long as Retry-After says', async () => {
  const { budget, wait, pass } = open();
  await budget.learn(429, headers({ 'retry-after': '30' }));
  expect(await wait()).toBe(30_000);
  pass(30_000);
  expect(await wait()).toBe(0);
});

test('no 429 closes it for more than an hour', async () => {
  const { budget, wait } = open();
  await budget.learn(429, headers({ 'retry-after': '999999999999' }));
  expect(await wait()).toBe(3_600_000);
});

test('a 429 of the hour closes it until the reset, but never for more than a minute, nor for nothing', async () => {
  const { budget, wait, pass, nowSeconds } = open();
  await budget.learn(429, headers({ 'ratelimit-reset': String(nowSeconds() + 20) }));
  expect(await wait()).toBe(20_000);
  pass(20_000);
  await budget.learn(429, headers({ 'ratelimit-reset': String(nowSeconds() + 3000) }));
  expect(await wait()).toBe(60_000);
  pass(60_000);
  await budget.learn(429, headers({ 'ratelimit-reset': String(nowSeconds() - 5) }));
  expect(await wait()).toBe(2000);
});

test('the last allowed call closes it before the cloud has to refuse', async () => {
  const { budget, wait } = open();
  await budget.learn(200, headers({ 'ratelimit-remaining': '0' }));
  expect(await wait()).toBe(2000);
});

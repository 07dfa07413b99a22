import { expect, test } from 'vitest';
import { createCallBudget } from './call-budget.ts';

const open = () => {
  let now = 1_000_000;
  const budget = createCallBudget({ perSecond: 4, burst: 2, now: () => now });
  return { budget, pass: (ms: number) => void (now += ms), nowSeconds: () => now / 1000 };
};
const headers = (values: Record<string, string>) => (name: string) => values[name];

test('a burst is spent at once, then calls come at the steady rate', () => {
  const { budget, pass } = open();
  expect([budget.take().waitMs, budget.take().waitMs, budget.take().waitMs]).toEqual([0, 0, 250]);
  pass(250);
  expect([budget.take().waitMs, budget.take().waitMs]).toEqual([0, 250]);
});

test('a 429 closes the budget as long as Retry-After says', () => {
  const { budget, pass } = open();
  budget.learn(429, headers({ 'retry-after': '30' }));
  expect(budget.take().waitMs).toBe(30_000);
  pass(30_000);
  expect(budget.take().waitMs).toBe(0);
});

test('a 429 of the hour closes it until the reset, but never for more than a minute, nor for nothing', () => {
  const { budget, pass, nowSeconds } = open();
  budget.learn(429, headers({ 'ratelimit-reset': String(nowSeconds() + 20) }));
  expect(budget.take().waitMs).toBe(20_000);
  pass(20_000);
  budget.learn(429, headers({ 'ratelimit-reset': String(nowSeconds() + 3000) }));
  expect(budget.take().waitMs).toBe(60_000);
  pass(60_000);
  budget.learn(429, headers({ 'ratelimit-reset': String(nowSeconds() - 5) }));
  expect(budget.take().waitMs).toBe(2000);
});

test('the last allowed call closes it before the cloud has to refuse', () => {
  const { budget } = open();
  budget.learn(200, headers({ 'ratelimit-remaining': '0' }));
  expect(budget.take().waitMs).toBe(2000);
});

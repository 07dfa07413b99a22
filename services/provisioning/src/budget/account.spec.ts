import { describe, expect, test } from 'vitest';
import { limitsOf, newAccount, NONE, spend, standing, waitOf, type Account } from './account.ts';
import { answeredBy, learn } from './answer.ts';

const START = 1_795_000_000_000;
const MINUTE = 60_000;
const headers = (values: Record<string, string>) => (name: string) => values[name];

/** An account and its clock, for tests that read from top to bottom. */
const open = (perHour = 5000) => {
  let account: Account = { ...newAccount(START, perHour), isTold: true };
  let clock = START;
  return {
    pass: (ms: number) => void (clock += ms),
    take: (wanted: Partial<typeof NONE>) => {
      const spent = spend(account, clock, { ...NONE, ...wanted });
      account = spent.account;
      return spent.granted;
    },
    hear: (status: number, values: Record<string, string> = {}) => void (account = learn(account, clock, answeredBy(status, headers(values)), 1_000_000)),
    wait: (priority: 'change' | 'look' | 'survey') => waitOf(standing(account, clock), priority),
    closed: () => standing(account, clock).closed,
    limits: () => limitsOf(account),
    seconds: () => clock / 1000,
  };
};

describe('an account', () => {
  test('has a twentieth of the hour for a minute, and both a little below the cloud’s', () => {
    expect(open(5000).limits()).toEqual({ hour: 4800, minute: 240 });
  });

  test('lets nobody have the shares of others', () => {
    const { take } = open();
    expect(take({ survey: 1000 })).toEqual({ ...NONE, survey: 96 });
    expect(take({ look: 1000 })).toEqual({ ...NONE, look: 48 });
    expect(take({ survey: 10 })).toEqual(NONE);
    expect(take({ change: 1000 })).toEqual({ ...NONE, change: 96 });
    expect(take({ change: 1, look: 1, survey: 1 })).toEqual(NONE);
  });

  test('gives what there is to the most urgent first', () => {
    const { take } = open();
    expect(take({ survey: 1000, look: 1000, change: 1000 })).toEqual({ change: 144, look: 48, survey: 48 });
  });

  test('gives back after a minute what was spent in it, and says when', () => {
    const { take, wait, pass } = open();
    take({ change: 1000, look: 1000, survey: 1000 });
    const first = wait('change');
    expect(first).toBeGreaterThanOrEqual(MINUTE);
    expect(first).toBeLessThanOrEqual(MINUTE + 5000);
    pass(first - 1);
    expect(take({ change: 1 })).toEqual(NONE);
    pass(1);
    expect(take({ change: 1 })).toEqual({ ...NONE, change: 1 });
  });

  test('stands still while the clock catches up after it jumped back', () => {
    const { take, wait, pass } = open();
    take({ change: 1000, look: 1000, survey: 1000 });
    const first = wait('change');
    pass(-10 * MINUTE);
    expect(take({ change: 1 })).toEqual(NONE);
    expect(wait('change')).toBe(first);
    pass(first);
    expect(wait('change')).toBe(0);
  });

  test('is spent for the hour when the minute has room again', () => {
    const { take, wait, pass } = open(60);
    let spent = 0;
    for (let minutes = 0; minutes < 60; minutes += 1) {
      spent += take({ change: 100 }).change;
      pass(66_000);
    }
    expect(spent).toBeLessThanOrEqual(60);
    expect(wait('change')).toBeGreaterThanOrEqual(0);
  });
});

describe('before the cloud has told its limit', () => {
  test('nobody waits long, because it may be a larger one', () => {
    const { account } = spend(newAccount(START), START, { change: 1000, look: 1000, survey: 1000 });
    expect(waitOf(account, 'change')).toBe(1000);
    expect(waitOf(learn(account, START, answeredBy(200, headers({ 'ratelimit-limit': '3600' })), 1_000_000), 'change')).toBeGreaterThan(50_000);
    expect(waitOf(learn(account, START, answeredBy(200, headers({ 'ratelimit-limit': '6000000' })), 10_000_000), 'change')).toBe(0);
  });
});

describe('what the cloud answers', () => {
  test('closes the account as long as Retry-After says', () => {
    const { hear, take, pass } = open();
    hear(429, { 'retry-after': '30' });
    pass(29_999);
    expect(take({ change: 1 })).toEqual(NONE);
    pass(1);
    expect(take({ change: 1 }).change).toBe(1);
  });

  test('without it, until the reset, but never for more than a minute, nor for nothing', () => {
    const { hear, wait, pass, seconds } = open();
    hear(429, { 'ratelimit-reset': String(seconds() + 20) });
    expect(wait('look')).toBe(20_000);
    pass(20_000);
    hear(429, { 'ratelimit-reset': String(seconds() + 3000) });
    expect(wait('look')).toBe(60_000);
    pass(60_000);
    hear(200, { 'ratelimit-remaining': '0', 'ratelimit-reset': String(seconds() - 5) });
    expect(wait('look')).toBe(2000);
  });

  test('with a 401 keeps everybody away for a minute and says why', () => {
    const { hear, closed, take, pass } = open();
    hear(401);
    expect(closed()).toEqual({ until: START + MINUTE, cause: 'unauthorized' });
    hear(429, { 'retry-after': '1' });
    expect(closed()?.cause).toBe('unauthorized');
    expect(take({ change: 1, look: 1 })).toEqual(NONE);
    pass(MINUTE);
    expect(take({ change: 1 }).change).toBe(1);
  });

  test('tells when others have used the same token, and is not believed for ever', () => {
    const { hear, take, pass } = open();
    hear(200, { 'ratelimit-remaining': '3' });
    expect(take({ change: 10 }).change).toBe(3);
    expect(take({ change: 1 }).change).toBe(0);
    pass(MINUTE);
    expect(take({ change: 1 }).change).toBe(1);
  });

  test('raises and lowers the limit', () => {
    const { hear, limits } = open(3600);
    hear(200, { 'ratelimit-limit': '5000' });
    expect(limits()).toEqual({ hour: 4800, minute: 240 });
    hear(200, { 'ratelimit-limit': '100' });
    expect(limits()).toEqual({ hour: 96, minute: 4 });
    hear(200, { 'ratelimit-limit': '6000000' });
    expect(limits()).toEqual({ hour: 960_000, minute: 48_000 });
  });

  test.each(['', '-1', '0', '1e9', 'NaN', 'Infinity', '5 000', '99999999999999999999', '٣', '0x10', '59'])('says nothing with ratelimit-limit %j', (text) => {
    const { hear, limits } = open(3600);
    hear(200, { 'ratelimit-limit': text });
    expect(limits()).toEqual({ hour: 3456, minute: 172 });
  });

  test.each(['-5', '1e3', 'soon', '86400', ''])('does not lock us out with Retry-After %j', (text) => {
    const { hear, wait } = open();
    hear(429, { 'retry-after': text });
    expect(wait('change')).toBe(2000);
  });
});

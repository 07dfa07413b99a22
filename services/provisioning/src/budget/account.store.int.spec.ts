/** The account in a real database: several replicas, one of them dies. */
import { openDatabase, openPool } from '@citrus/kit-event-store';
import { describe, expect } from 'vitest';
import type { ProvisioningDatabase } from '../database.ts';
import { openAccountStore } from './account.store.ts';
import { budgetIdOf, openSharedBudget, type SharedBudget } from './shared-budget.ts';
import { test as base } from '../testing/database.ts';

const test = base.extend('open', async ({ database }, { onCleanup }): Promise<(id?: string) => SharedBudget> => {
  const ends: (() => Promise<void>)[] = [];
  onCleanup(async () => void (await Promise.all(ends.map((end) => end()))));
  return (id = 'one') => {
    const db = openDatabase<ProvisioningDatabase>(openPool({ databaseUrl: database.serviceUrl }));
    ends.push(() => db.destroy());
    return openSharedBudget({ store: openAccountStore(db), id });
  };
});

const takeMany = async (budget: SharedBudget, count: number): Promise<number> => {
  const turns = await Promise.all(Array.from({ length: count }, () => budget.take('change')));
  return turns.filter(({ waitMs }) => waitMs === 0).length;
};
const silent = () => undefined;
const said = (values: Record<string, string>) => (name: string) => values[name];

describe('one account for several replicas', () => {
  test('is spent once, however many take at the same moment', async ({ open }) => {
    const replicas = [open(), open(), open()];
    const first = replicas[0] as SharedBudget;
    await first.learn(200, said({ 'ratelimit-limit': '2000' })); // 96 a minute, of which 60 % are for whoever changes something
    // What a replica has learnt stands in the account with its next call.
    expect(await takeMany(first, 1)).toBe(1);
    const taken = await Promise.all(Array.from({ length: 9 }, (_, index) => takeMany(replicas[index % 3] ?? open(), 20)));
    expect(taken.reduce((sum, one) => sum + one, 0)).toBe(96 - 2 * 19 - 1);
    expect((await first.outlook('change')).waitMs).toBeGreaterThan(50_000);
    expect((await first.outlook('look')).waitMs).toBe(0);
  });

  test('is closed for all by what one of them was answered', async ({ open }) => {
    const [first, second] = [open(), open()];
    expect(await second.outlook('change')).toEqual({ waitMs: 0, cause: 'limit' });
    await first.learn(401, silent);
    expect(await second.outlook('change')).toMatchObject({ cause: 'unauthorized', waitMs: expect.toSatisfy((ms: number) => ms > 50_000) });
    expect((await second.take('change')).waitMs).toBeGreaterThan(50_000);
    expect((await open('another').take('change')).waitMs).toBe(0);
  });

  test('goes by the token and the address, and shows neither', () => {
    const id = budgetIdOf('https://cloud.test/v2', 'secret');
    expect(id).toMatch(/^[0-9a-f]{40}$/);
    expect(budgetIdOf('https://cloud.test', 'secret')).toBe(id);
    expect(budgetIdOf('https://cloud.test', 'other')).not.toBe(id);
    expect(budgetIdOf('https://other.test', 'secret')).not.toBe(id);
  });
});

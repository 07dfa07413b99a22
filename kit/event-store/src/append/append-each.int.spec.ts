import { describe, expect } from 'vitest';
import { added, context, openLog, test } from '../log.fixture.ts';
import { bookOf, verifyAll } from '../verify/verify.fixture.ts';

const lone = (stream: string, amount: number, made = context()) => ({ stream, event: added(amount), context: made });
const commitsOf = async ({ pool }: { pool: { query(text: string): Promise<{ rows: { xmin: string }[] }> } }): Promise<number> =>
  new Set((await pool.query('select xmin::text from events')).rows.map(({ xmin }) => xmin)).size;

describe('appends that share a commit', () => {
  test('go to one stream in their order, each with a context of its own, and the chain holds', async ({ log }) => {
    const { store } = log;
    const [ada, bob] = [context({ actor: { kind: 'user', id: 'ada' }, correlationId: 'c-ada' }), context({ actor: { kind: 'user', id: 'bob' }, correlationId: 'c-bob' })];
    const results = await store.appendEach([lone('account-1', 1, ada), lone('account-2', 2), lone('account-1', 3, bob)]);
    expect(results).toEqual([{ version: 1, position: 1, duplicate: false }, { version: 1, position: 2, duplicate: false }, { version: 2, position: 3, duplicate: false }]);
    expect((await store.load('account-1')).events).toMatchObject([{ actor: { id: 'ada' }, correlationId: 'c-ada', data: { amount: 1 } }, { actor: { id: 'bob' }, correlationId: 'c-bob', data: { amount: 3 } }]);
    expect(await commitsOf(log)).toBe(1);
    expect((await verifyAll({ pool: log.pool, book: bookOf([]) })).problems).toEqual([]);
    expect(await store.appendEach([])).toEqual([]);
  });

  test('append nothing for a command that was carried out before, or that stands twice among them', async ({ log: { store } }) => {
    const [before, twice] = [context(), context()];
    const first = await store.append({ stream: 'account-1', expected: 'none', events: [added(1)], context: before });
    const results = await store.appendEach([lone('account-1', 1, before), lone('account-1', 2, twice), lone('account-1', 2, twice), lone('account-1', 3)]);
    expect(results).toEqual([{ ...first, duplicate: true }, { version: 2, position: 2, duplicate: false }, { version: 2, position: 2, duplicate: true }, { version: 3, position: 3, duplicate: false }]);
    expect((await store.load('account-1')).events.map(({ data }) => data['amount'])).toEqual([1, 2, 3]);
  });

  test('leave nothing behind when the log cannot take one of them', async ({ log: { store } }) => {
    await expect(store.appendEach([lone('account-1', 1), { stream: 'account-1', event: { type: 'Noted', data: { text: 'x'.repeat(300_000) } }, context: context() }])).rejects.toThrow('takes');
    await expect(store.appendEach([lone('account-1', 1), { stream: 'account-1', event: { ...added(2), id: 'no uuid' }, context: context() }])).rejects.toThrow('uuid');
    expect(await store.head()).toBe(0);
  });

  test('stand beside each other’s and everybody’s, whoever is quicker', async ({ log, database }) => {
    const other = openLog(database.serviceUrl);
    const contexts = Array.from({ length: 40 }, () => context());
    const eight = (from: number) => contexts.slice(from, from + 8).map((made, n) => lone('account-1', from + n, made));
    await Promise.all([0, 8, 16, 24, 32].flatMap((from) => [log.store.appendEach(eight(from)), other.store.appendEach(eight(from)), log.store.append({ stream: `account-of-${from}`, expected: 'none', events: [added(1)], context: context() })]));
    expect((await log.store.load('account-1')).events.map(({ data }) => Number(data['amount'])).toSorted((a, b) => a - b)).toEqual(contexts.map((_, n) => n));
    expect(await log.store.head()).toBe(45);
    expect((await verifyAll({ pool: log.pool, book: bookOf([]) })).problems).toEqual([]);
    await other.pool.end();
  });
});

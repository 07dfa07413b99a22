import { Refusal } from '@citrus/kit-domain';
import { describe, expect } from 'vitest';
import { StreamArchived } from '../errors.ts';
import { added, context, test } from '../log.fixture.ts';

describe('an archived stream', () => {
  test('takes nothing more, and is read as before', async ({ log: { store } }) => {
    await store.append({ stream: 'account-1', expected: 'none', events: [added(1)], context: context() });
    const closing = context();
    const closed = await store.append({ stream: 'account-1', expected: 1, archives: true, events: [added(2), { type: 'Closed', data: {} }], context: closing });
    for (const expected of ['any', 'exists', 'none', 3] as const) {
      await expect(store.append({ stream: 'account-1', expected, events: [added(3)], context: context() }), String(expected)).rejects.toThrow(StreamArchived);
    }
    const refused = await store.append({ stream: 'account-1', expected: 3, events: [added(3)], context: context() }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'stream.archived' });
    expect(await store.append({ stream: 'account-1', expected: 1, archives: true, events: [added(2), { type: 'Closed', data: {} }], context: closing })).toEqual({ ...closed, duplicate: true });
    expect((await store.load('account-1')).events.map(({ type }) => type)).toEqual(['Added', 'Added', 'Closed']);
    expect((await store.read({ after: 0, limit: 10 })).head).toBe(3);
  });

  test('holds back what is appended together with it', async ({ log: { store } }) => {
    await store.append({ stream: 'account-1', expected: 'none', archives: true, events: [added(1)], context: context() });
    const other = { stream: 'account-2', expected: 'none', events: [added(1)] } as const;
    await expect(store.appendAll([other, { stream: 'account-1', expected: 'any', events: [added(2)] }], context())).rejects.toThrow(StreamArchived);
    expect((await store.load('account-2')).version).toBe(0);
  });

  test('of one stream lets its neighbours in a group be', async ({ log: { store } }) => {
    await store.append({ stream: 'account-1', expected: 'none', archives: true, events: [added(1)], context: context() });
    const outcomes = await Promise.allSettled([1, 2, 1, 3].map((n) => store.append({ stream: `account-${n}`, expected: 'any', events: [added(n)], context: context() })));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });
});

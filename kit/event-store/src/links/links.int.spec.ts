import { eventually } from '@citrus/kit-testing';
import { sql } from 'kysely';
import { describe, expect } from 'vitest';
import { startWakeUp } from '../database/wake-up.ts';
import { added, context, PROJECT, test, type TestLog } from '../log.fixture.ts';
import { newId } from '../uuid.ts';
import { startLinkKeeper } from './keep-links.ts';

const [FIRST, SECOND, THIRD] = [newId(), newId(), newId()] as const;

/** A chain of three in two projects, each caused by the one before. */
const chain = async ({ store }: TestLog): Promise<void> => {
  await store.append({ stream: 'sum-1', expected: 'none', events: [{ ...added(1), id: FIRST }], context: context({ projectId: PROJECT }) });
  await store.append({ stream: 'sum-2', expected: 'none', events: [{ ...added(2), id: SECOND }], context: context({ causationId: FIRST }) });
  await store.append({ stream: 'sum-3', expected: 'none', events: [{ ...added(3), id: THIRD }], context: context({ projectId: PROJECT, causationId: SECOND }) });
};

const linked = async ({ db }: TestLog) => (await sql<{ event_id: string; causation_id: string | null }>`select event_id, causation_id from event_links order by position`.execute(db)).rows;
const asking = { projectIds: [PROJECT], limit: 200 };

describe('links of events', () => {
  test('name causes and effects, and hide what the reader may not see', async ({ log }) => {
    await chain(log);
    expect(await log.store.links({ ...asking, ids: [FIRST], causedBy: [FIRST, SECOND] })).toMatchObject([
      { id: FIRST, causationId: null, event: { id: FIRST, data: { amount: 1 } }, commandId: expect.any(String) },
      { id: SECOND, causationId: FIRST, event: null, commandId: null },
      { id: THIRD, causationId: SECOND, event: { id: THIRD } },
    ]);
    expect(await log.store.links({ ...asking, limit: 2, ids: [FIRST], causedBy: [FIRST, SECOND] })).toHaveLength(2);
    expect(await log.store.links({ ...asking, ids: [newId()], causedBy: [] })).toEqual([]);
  });

  test('are kept up to date behind the head, by several replicas at once, and answer the same', async ({ log }) => {
    const wakeUp = startWakeUp({ databaseUrl: log.databaseUrl });
    await chain(log);
    const before = await log.store.links({ ...asking, ids: [FIRST], causedBy: [FIRST, SECOND] });
    const keepers = [startLinkKeeper({ db: log.db, wakeUp }), startLinkKeeper({ db: log.db, wakeUp })];
    await eventually(() => expect(keepers.every((keeper) => keeper.position() === 3)).toBe(true));
    await log.store.append({ stream: 'sum-4', expected: 'none', events: [added(4)], context: context() });
    await eventually(async () => expect(await linked(log)).toHaveLength(4));
    await Promise.all(keepers.map((keeper) => keeper.stop()));
    await wakeUp.stop();
    expect((await linked(log)).slice(0, 3)).toEqual([{ event_id: FIRST, causation_id: null }, { event_id: SECOND, causation_id: FIRST }, { event_id: THIRD, causation_id: SECOND }]);
    expect(await log.store.links({ ...asking, ids: [FIRST], causedBy: [FIRST, SECOND] })).toEqual(before);
  });

  test('survive ids that no index and no JSON function would take', async ({ log }) => {
    const wakeUp = startWakeUp({ databaseUrl: log.databaseUrl });
    for (const correlationId of ['a\0b', '\ud800', '"\\u0000', 'x'.repeat(20_000)]) await log.store.append({ stream: `sum-${newId()}`, expected: 'none', events: [added(1)], context: context({ correlationId }) });
    const keeper = startLinkKeeper({ db: log.db, wakeUp });
    await eventually(() => expect(keeper.position()).toBe(4));
    await keeper.stop();
    await wakeUp.stop();
    const { rows } = await sql<{ correlation_id: string }>`select correlation_id from event_links order by position`.execute(log.db);
    expect(rows.map(({ correlation_id: id }) => id.slice(0, 10))).toEqual(['a\ufffdb', '\ufffd', '"\\ufffd', 'xxxxxxxxxx']);
  });
});

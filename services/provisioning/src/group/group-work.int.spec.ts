import { randomUUID } from 'node:crypto';
import { EventEnvelope } from '@citrus/contracts';
import { openPool } from '@citrus/kit-event-store';
import { Kysely, PostgresDialect } from 'kysely';
import { expect } from 'vitest';
import type { ProvisioningDatabase } from '../database.ts';
import { test as base } from '../testing/database.ts';
import { groupWorkProjection, openGroupWork } from './group-work.store.ts';

const test = base.extend('db', async ({ database }, { onCleanup }) => {
  const db = new Kysely<ProvisioningDatabase>({ dialect: new PostgresDialect({ pool: openPool({ databaseUrl: database.serviceUrl }) }) });
  onCleanup(() => db.destroy());
  return db;
});

const MINUTE_MS = 60_000;

test('a group whose step failed sleeps shorter when it has news since', async ({ db }) => {
  const [work, groupId] = [openGroupWork(db), randomUUID()];
  const news = (streamVersion: number) => {
    const event = EventEnvelope.parse({ id: randomUUID(), stream: `group-${groupId}`, streamVersion, position: streamVersion, type: 'GroupChanged', version: 1, data: {}, at: '2026-11-22T09:00:00.000Z', actor: { kind: 'user', id: 'ada' }, correlationId: 'test' });
    return db.transaction().execute((trx) => groupWorkProjection.apply(trx, event));
  };
  const isDueWithin = async (ms: number): Promise<boolean> => {
    const { wake_at } = await db.selectFrom('group_work').select('wake_at').executeTakeFirstOrThrow();
    return wake_at !== null && wake_at.getTime() < Date.now() + ms;
  };
  await news(1);
  const [quiet] = await work.claim(1, MINUTE_MS);
  await work.postpone(quiet!, 2 * MINUTE_MS);
  expect(await isDueWithin(MINUTE_MS)).toBe(false);
  await news(2);
  const [busy] = await work.claim(1, MINUTE_MS);
  await news(3);
  await work.postpone(busy!, 2 * MINUTE_MS);
  expect(await isDueWithin(MINUTE_MS)).toBe(true);
  // What failed once more, with nothing new, waits as long as it did before.
  await db.updateTable('group_work').set({ wake_at: new Date() }).execute();
  const [again] = await work.claim(1, MINUTE_MS);
  expect(again).toMatchObject({ failures: 2 });
  await work.postpone(again!, 2 * MINUTE_MS);
  expect(await isDueWithin(MINUTE_MS)).toBe(false);
});

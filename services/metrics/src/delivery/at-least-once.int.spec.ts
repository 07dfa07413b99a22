/** A process that dies between any two lines, and two that send at once: nothing is lost, nothing is sent by two at the same time. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { EventEnvelope } from '@citrus/contracts';
import { masterKeysOf } from '@citrus/kit-crypto';
import { migrate, openDatabase, openEventStore, openPool } from '@citrus/kit-event-store';
import { createOutbound, parseSubnet } from '@citrus/kit-service';
import { envelopeOf, freshDatabase, observed } from '@citrus/kit-testing';
import { sql, type Kysely } from 'kysely';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { MetricsDatabase } from '../database.ts';
import { migrations } from '../migrations/index.ts';
import { startReceiver } from '../testing/receiver.ts';
import { newSecret } from '../webhook/secret.ts';
import { WebhookHandler } from '../webhook/webhook.handler.ts';
import { WebhookSeals } from '../webhook/webhook-seals.ts';
import { WebhookStore } from '../webhook/webhook.store.ts';
import { deliver } from './deliver.ts';
import { DeliveryStore } from './delivery.store.ts';
import { recordDeliveries } from './record-deliveries.ts';

const PROJECT = '11111111-1111-4111-8111-111111111111';
const CLAIM = { room: 10, failingRoom: 5, perWebhook: 4, leaseMs: 60_000 };
class Crash extends Error {}

const startWorld = async () => {
  const database = await freshDatabase(inject('postgresUrl'));
  await migrate({ ownerUrl: database.ownerUrl, role: database.role, migrations });
  const pool = openPool({ databaseUrl: database.serviceUrl });
  const db: Kysely<MetricsDatabase> = openDatabase(pool);
  const receiver = await startReceiver({});
  onTestFinished(async () => {
    await receiver.stop();
    await pool.end();
    await database.drop();
  });
  const real = { webhooks: new WebhookStore(db), deliveries: new DeliveryStore(db), seals: new WebhookSeals(db, masterKeysOf(randomBytes(32))), handler: new WebhookHandler(openEventStore({ pool, service: 'metrics' })), outbound: createOutbound({ allow: [parseSubnet('127.0.0.1')], allowHttp: true }) };
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  /** Dies after so many of its effects. */
  const world = (effects: number) => {
    let left = effects;
    const happened = (): void => {
      if ((left -= 1) === 0) throw new Crash();
    };
    const [webhooks, deliveries, seals, handler, outbound] = [observed(real.webhooks, happened), observed(real.deliveries, happened), observed(real.seals, happened), observed(real.handler, happened), observed(real.outbound, happened)];
    return {
      record: recordDeliveries({ caughtUp: async () => undefined, webhooks, deliveries, wake: () => undefined }, 'provisioning'),
      send: deliver({ webhooks, deliveries, seals, handler, outbound, logger, clock: () => new Date(), chance: () => 0, firstMs: 10, pauseAfterMs: 1e9 }), claim: () => deliveries.claim(CLAIM),
    };
  };
  const makeWebhook = async (path: string): Promise<string> => {
    const webhookId = randomUUID();
    const [addressId, secretId] = [await real.seals.keep(webhookId, receiver.url(path)), await real.seals.keep(webhookId, newSecret())];
    await db.insertInto('webhooks').values({ webhook_id: webhookId, project_id: PROJECT, description: '', host: 'x', address_id: addressId, types: ['*'], secret_id: secretId, old_secret_id: null, status: 'active', paused_reason: null, created_at: '2026-01-01T00:00:00.000Z', updated_at: '2026-01-01T00:00:00.000Z' }).execute();
    return webhookId;
  };
  const expireLeases = () => db.updateTable('webhook_deliveries').set({ lease_until: sql<Date>`now()` }).where('lease_until', 'is not', null).execute();
  return { db, receiver, world, makeWebhook, expireLeases };
};

const eventAt = (position: number): EventEnvelope => ({ ...envelopeOf({ type: 'ServerDeleted', data: { serverId: randomUUID() } }, position), projectId: PROJECT });
const survives = async (work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
};

test('an event arrives, after whichever line the process died', async () => {
  const { db, receiver, world, makeWebhook, expireLeases } = await startWorld();
  await makeWebhook('/hook');
  for (let died = 1; died <= 8; died += 1) {
    const event = eventAt(died);
    const dying = world(died);
    await survives(async () => {
      await dying.record([event]);
      for (const claimed of await dying.claim()) await dying.send(claimed);
    });
    // The feed stands before the event still, and the lease of whoever died runs out.
    await expireLeases();
    const next = world(Infinity);
    await next.record([event]);
    for (const claimed of await next.claim()) await next.send(claimed);
    expect(receiver.at('/hook').filter(({ id }) => id === event.id).length, `died after ${died}`).toBeGreaterThanOrEqual(1);
    expect(await db.selectFrom('webhook_deliveries').select('status').where('delivery_id', '=', event.id).execute(), `died after ${died}`).toEqual([{ status: 'delivered' }]);
  }
});

test('two replicas never lease the same delivery, and each webhook has its share', async () => {
  const { world, makeWebhook } = await startWorld();
  const webhooks = await Promise.all(['/a', '/b', '/c'].map(makeWebhook));
  const { record, claim } = world(Infinity);
  for (let n = 1; n <= 10; n += 1) await record([eventAt(n)]);
  const rounds = [...await Promise.all([claim(), claim(), claim()]), ...await Promise.all([claim(), claim()])];
  const taken = rounds.flat().map(({ webhookId, deliveryId }) => `${webhookId}/${deliveryId}`);
  expect(new Set(taken).size).toBe(taken.length);
  for (const webhookId of webhooks) expect(taken.filter((one) => one.startsWith(webhookId)).length).toBeGreaterThan(0);
  expect(await claim()).toEqual([]);
});

test('what somebody else has settled meanwhile is left alone', async () => {
  const { db, world, makeWebhook, expireLeases } = await startWorld();
  const webhookId = await makeWebhook('/hook');
  const { record, claim } = world(Infinity);
  const event = eventAt(1);
  await record([event]);
  const [late] = await claim();
  await expireLeases();
  const [now] = await claim();
  const store = new DeliveryStore(db);
  const settled = { webhookId, deliveryId: event.id, answerText: '', durationMs: 1 };
  await store.settle({ ...settled, tries: now!.tries, status: 'delivered', afterMs: null, answerStatus: 200, problem: null });
  await store.settle({ ...settled, tries: late!.tries, status: 'waiting', afterMs: 10, answerStatus: 500, problem: 'late' });
  expect(await db.selectFrom('webhook_deliveries').select(['status', 'attempts', 'problem']).execute()).toEqual([{ status: 'delivered', attempts: 1, problem: null }]);
});

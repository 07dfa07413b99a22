import { subjects } from '@citrus/contracts';
import type { EmbeddedNats } from '@citrus/kit-embedded';
import { eventually, freshDatabase } from '@citrus/kit-testing';
import { DeliverPolicy, jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect } from 'vitest';
import { LARGEST_EVENT_BYTES } from '../append/append-request.ts';
import { added, context, openLog, test as base, type TestLog } from '../log.fixture.ts';
import { migrate } from '../database/migrate.ts';
import { startRelay, type Relay } from './relay.ts';

const STREAM = 'EVENTS_provisioning';

const connectTo = (nats: EmbeddedNats): Promise<NatsConnection> => connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });

const test = base
  .extend('connection', async ({ nats }, { onCleanup }) => {
    const connection = await connectTo(nats);
    const jsm = await jetstreamManager(connection);
    for await (const name of jsm.streams.names()) await jsm.streams.delete(name);
    onCleanup(() => connection.close());
    return connection;
  })
  .extend('relays', async ({ log: ownLog }, { onCleanup }) => {
    const relays: Relay[] = [];
    onCleanup(async () => void (await Promise.all(relays.map((relay) => relay.stop()))));
    return (nats: NatsConnection, log: TestLog = ownLog): Relay => {
      const relay = startRelay({ databaseUrl: log.databaseUrl, nats, service: 'provisioning', pool: log.pool });
      relays.push(relay);
      return relay;
    };
  });

const appendSome = async ({ store }: TestLog, count: number): Promise<void> => {
  await Promise.all(Array.from({ length: count }, (_, n) => store.append({ stream: `account-${n % 7}`, expected: 'any', events: [added(n)], context: context() })));
};

/** Every message of the stream as [sequence, subject, body]. */
const readStream = async (nats: NatsConnection): Promise<{ seq: number; subject: string; body: unknown }[]> => {
  const { state } = await (await jetstreamManager(nats)).streams.info(STREAM);
  const found: { seq: number; subject: string; body: unknown }[] = [];
  if (state.messages === 0) return found;
  const consumer = await jetstream(nats).consumers.get(STREAM, { deliver_policy: DeliverPolicy.All });
  for await (const message of await consumer.fetch({ max_messages: state.messages, expires: 10_000 })) found.push({ seq: message.seq, subject: message.subject, body: message.json() });
  return found;
};

const expectCopy = async ({ store }: TestLog, nats: NatsConnection, from = 1): Promise<void> => {
  const events = [];
  for (let after = from - 1; ; ) {
    const page = await store.read({ after, limit: 1000 });
    events.push(...page.events);
    after = page.events.at(-1)?.position ?? after;
    if (after >= page.head) break;
  }
  await eventually(async () => (await (await jetstreamManager(nats)).streams.info(STREAM)).state.last_seq === (await store.head()), { timeoutMs: 30_000 });
  expect(await readStream(nats)).toEqual(events.map((event) => ({ seq: event.position, subject: subjects.event('provisioning', event.stream, event.type), body: event })));
};

describe('the relay', () => {
  test('copies the log: sequence is position, body is the envelope', async ({ log, connection, relays }) => {
    await appendSome(log, 5);
    relays(connection);
    await expectCopy(log, connection);
    await appendSome(log, 600);
    await expectCopy(log, connection);
  });

  test('fills up a tail that JetStream lost', async ({ log, connection, relays }) => {
    await appendSome(log, 30);
    const relay = relays(connection);
    await eventually(() => relay.status().position === 30);
    // What a crash without fsync leaves: a stream that ends earlier.
    const jsm = await jetstreamManager(connection);
    const kept = (await readStream(connection)).slice(0, 20);
    await relay.stop();
    await jsm.streams.delete(STREAM);
    await jsm.streams.add({ name: STREAM, subjects: ['evt.provisioning.>'], storage: StorageType.File });
    for (const { subject, body } of kept) await jetstream(connection).publish(subject, JSON.stringify(body));
    relays(connection);
    await expectCopy(log, connection);
  });

  test('makes a stream anew that is gone, also while it runs', async ({ log, connection, relays }) => {
    await appendSome(log, 30);
    relays(connection);
    await expectCopy(log, connection);
    await (await jetstreamManager(connection)).streams.delete(STREAM);
    await eventually(async () => (await (await jetstreamManager(connection)).streams.info(STREAM)).state.last_seq === 30);
    await expectCopy(log, connection);
  });

  test('makes a stream anew that is ahead of its log', async ({ log, connection, relays }) => {
    const jsm = await jetstreamManager(connection);
    await jsm.streams.add({ name: STREAM, subjects: ['evt.provisioning.>'], storage: StorageType.File });
    for (let n = 0; n < 9; n += 1) await jetstream(connection).publish('evt.provisioning.account.1.Added', '{}');
    await appendSome(log, 4);
    relays(connection);
    await expectCopy(log, connection);
  });

  test('makes a stream anew that is the copy of another log, although it is not ahead', async ({ log, database, connection, relays }) => {
    const former = await freshDatabase(database.superuserUrl);
    await migrate({ ownerUrl: former.ownerUrl, role: former.role });
    const formerLog = openLog(former.serviceUrl);
    await appendSome(formerLog, 4);
    const relay = relays(connection, formerLog);
    await eventually(() => relay.status().position === 4);
    await relay.stop();
    await appendSome(log, 9);
    const successor = relays(connection);
    await eventually(() => successor.status().position === 9);
    expect(await readStream(connection)).toMatchObject((await log.store.read({ after: 0, limit: 100 })).events.map(({ id }) => ({ body: { id } })));
    await formerLog.pool.end();
    await former.drop();
  });

  test('protects its stream, and one that an older release made, from losing single messages', async ({ log, connection, relays }) => {
    const jsm = await jetstreamManager(connection);
    await jsm.streams.add({ name: STREAM, subjects: ['evt.provisioning.>'], storage: StorageType.File });
    await appendSome(log, 3);
    const relay = relays(connection);
    await eventually(() => relay.status().position === 3);
    await expect(jsm.streams.deleteMessage(STREAM, 2)).rejects.toThrow('message delete not permitted');
    await expect(jsm.streams.purge(STREAM)).rejects.toThrow('stream purge not permitted');
    const [, minor = 0] = (connection.info?.version ?? '').split('.').map(Number);
    expect((await jsm.streams.info(STREAM)).config.allow_atomic ?? false).toBe(minor >= 12);
  });

  test('copies events of the largest size, many at once', async ({ log, connection, relays }) => {
    const large = { type: 'Added', data: { text: 'x'.repeat(LARGEST_EVENT_BYTES - 1000) } };
    await Promise.all(Array.from({ length: 40 }, (_, n) => log.store.append({ stream: `account-${n}`, expected: 'any', events: [large], context: context() })));
    const relay = relays(connection);
    await eventually(() => relay.status().position === 40);
    expect((await readStream(connection)).map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  });

  test('has one leader; the other takes over when it stops', async ({ log, database, connection, relays }) => {
    const other = openLog(database.serviceUrl);
    const first = relays(connection);
    await eventually(() => first.status().leading);
    const second = relays(connection, other);
    await appendSome(log, 10);
    await eventually(() => first.status().position === 10);
    expect(second.status().leading).toBe(false);
    await first.stop();
    await eventually(() => second.status().leading);
    await appendSome(log, 10);
    await expectCopy(log, connection);
    await second.stop();
    await other.pool.end();
  });
});

import { type EventEnvelope, LogPage, LogRead, readLogOf } from '@citrus/contracts';
import { Refusal, Unavailable } from '@citrus/kit-domain';
import { eventually } from '@citrus/kit-testing';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { describe, expect } from 'vitest';
import { startFeed, type Feed, type LogReader } from './feed.ts';
import { added, context, openLog, test as base, type TestLog } from '../log.fixture.ts';
import { advance } from './feed-checkpoint.store.ts';
import { createCheckpoint, readCheckpoint } from '../projection/checkpoint.store.ts';
import { pauseConsumer, resumeConsumer } from './pauses.store.ts';
import { startRelay } from '../relay/relay.ts';
import { uuidFrom } from '../uuid.ts';

const STREAM = 'EVENTS_provisioning';
const SOURCE = readLogOf('provisioning');

/** `log.read` over the wire, as the services do it. */
const requestsOver = (nats: NatsConnection): LogReader => ({
  call: async (definition, input, options) => definition.reply.parse((await nats.request(definition.subject, JSON.stringify(input), { timeout: options?.timeoutMs ?? 1000 })).json()),
});
const serveLog = ({ store }: TestLog, nats: NatsConnection) =>
  nats.subscribe(SOURCE.subject, { callback: (_, message) => void store.read(LogRead.parse(message.json())).then((page) => message.respond(JSON.stringify(LogPage.parse(page)))) });

type Started = { feed: Feed; seen: number[] };

/** The log of one service, with its relay and `log.read`; and feeds that keep their checkpoint in the same database. */
const test = base
  .extend('connection', async ({ nats }, { onCleanup }) => {
    const connection = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const jsm = await jetstreamManager(connection);
    for await (const name of jsm.streams.names()) await jsm.streams.delete(name);
    onCleanup(() => connection.close());
    return connection;
  })
  .extend('source', async ({ log, connection }, { onCleanup }) => {
    const relay = startRelay({ databaseUrl: log.databaseUrl, nats: connection, service: 'provisioning', pool: log.pool });
    const serving = serveLog(log, connection);
    onCleanup(async () => {
      serving.unsubscribe();
      await relay.stop();
    });
    return relay;
  })
  .extend('feeds', async ({ log, connection }, { onCleanup }) => {
    const feeds: Feed[] = [];
    onCleanup(async () => void (await Promise.all(feeds.map((feed) => feed.stop()))));
    return (handle: (event: EventEnvelope) => Promise<void> = () => Promise.resolve(), on: TestLog = log, together?: Pick<Parameters<typeof startFeed>[0], 'handleAll' | 'gatherMs'>): Started => {
      const seen: number[] = [];
      const feed = startFeed({
        ...together,
        databaseUrl: on.databaseUrl, db: on.db, nats: connection, requests: requestsOver(connection), source: 'provisioning', consumer: 'test-reactor',
        handle: async (event) => {
          await handle(event);
          seen.push(event.position);
        },
      });
      feeds.push(feed);
      return { feed, seen };
    };
  });

const append = async ({ store }: TestLog, count: number, stream = 'a'): Promise<void> => {
  for (let n = 0; n < count; n += 1) await store.append({ stream: `account-${stream}`, expected: 'any', events: [added(n)], context: context() });
};
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, n) => from + n);

describe('a feed', () => {
  test('sees every event once and in order, those before it started and those after', async ({ log, source, feeds }) => {
    await append(log, 5);
    await eventually(() => source.status().position === 5);
    const { feed, seen } = feeds();
    await eventually(() => seen.length === 5);
    await append(log, 5);
    await eventually(() => feed.status().position === 10);
    expect(seen).toEqual(upTo(10));
    expect(feed.status()).toEqual({ leading: true, position: 10, lag: 0, parked: 0 });
  });

  test('reads from the log what the stream does not keep', async ({ log, connection, source, feeds }) => {
    await source.stop();
    await append(log, 7);
    await (await jetstreamManager(connection)).streams.add({ name: STREAM, subjects: ['evt.provisioning.>'], storage: StorageType.File, first_seq: 8 });
    const { seen } = feeds();
    await eventually(() => seen.length === 7);
    expect(seen).toEqual(upTo(7));
  });

  test('goes on when the stream is made anew under it', async ({ log, connection, source, feeds }) => {
    await append(log, 5);
    const { seen } = feeds();
    await eventually(() => seen.length === 5);
    const jsm = await jetstreamManager(connection);
    await jsm.streams.delete(STREAM);
    await eventually(() => jsm.streams.info(STREAM));
    await append(log, 5);
    await eventually(() => source.status().position === 10);
    await eventually(() => seen.length === 10, { timeoutMs: 30_000 });
    expect(seen).toEqual(upTo(10));
  });

  test('goes on after nats was killed', async ({ log, nats, source, feeds }) => {
    await append(log, 5);
    const { seen } = feeds();
    await eventually(() => seen.length === 5);
    await nats.kill();
    await append(log, 5);
    await nats.restart();
    await eventually(() => source.status().position === 10, { timeoutMs: 30_000 });
    await eventually(() => seen.length === 10, { timeoutMs: 30_000 });
    expect(seen).toEqual(upTo(10));
  });

  test('has one active replica, and the other goes on where it stopped', async ({ log, database, source, feeds }) => {
    const other = openLog(database.serviceUrl);
    const first = feeds();
    await append(log, 5);
    await eventually(() => first.seen.length === 5);
    const second = feeds(undefined, other);
    await first.feed.stop();
    await append(log, 5);
    await eventually(() => second.seen.length === 5);
    expect([first.seen, second.seen]).toEqual([upTo(5), upTo(10, 6)]);
    expect(source.status().leading).toBe(true);
    await second.feed.stop();
    await other.pool.end();
  });

  test('that is paused takes no event, whoever reads for it, and goes on where it stopped', async ({ log, database, source, feeds }) => {
    const first = feeds();
    await append(log, 5);
    await eventually(() => first.seen.length === 5);
    await first.feed.pause('looking for a fault');
    const other = openLog(database.serviceUrl);
    const second = feeds(undefined, other);
    await append(log, 5);
    await eventually(() => source.status().position === 10);
    await first.feed.stop();
    await eventually(() => second.feed.status().leading && second.feed.status().paused === 'looking for a fault');
    expect([first.seen, second.seen]).toEqual([upTo(5), []]);
    await second.feed.resume();
    await eventually(() => second.seen.length === 5);
    expect(second.seen).toEqual(upTo(10, 6));
    expect(second.feed.status()).not.toHaveProperty('paused');
    // From outside, as an operator's request to another process does it.
    await pauseConsumer(other.db, 'test-reactor', 'again');
    await eventually(() => second.feed.status().paused === 'again');
    await append(log, 1);
    await eventually(() => source.status().position === 11);
    await resumeConsumer(other.db, 'test-reactor');
    await eventually(() => second.seen.length === 6);
    await second.feed.stop();
    await other.pool.end();
  });

  test('makes an effect once although it is cut off between the effect and its checkpoint', async ({ log, database, source, feeds }) => {
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await append(log, 4);
    let cuts = 3;
    const { feed } = feeds(async (event) => {
      if (event.stream !== 'account-a') return;
      await log.store.append({ stream: `effect-${event.streamVersion}`, expected: 'any', events: [added(1)], context: context({ commandId: uuidFrom('test-reactor', event.id) }) });
      if ((cuts -= 1) >= 0) await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = $2', [database.role, database.name]);
    });
    await eventually(() => feed.status().position === 8 && source.status().position === 8, { timeoutMs: 30_000 });
    const { events } = await log.store.read({ after: 0, limit: 100 });
    expect(events.filter(({ stream }) => stream.startsWith('effect')).map(({ stream }) => stream).sort()).toEqual(['effect-1', 'effect-2', 'effect-3', 'effect-4']);
    await superuser.end();
  });

  test('tries again what may work later, and tells so', async ({ log, source, feeds }) => {
    let isDown = true;
    const { feed, seen } = feeds(() => (isDown ? Promise.reject(new Unavailable('the cloud is down', { retryAfterMs: 50 })) : Promise.resolve()));
    await append(log, 2);
    await eventually(() => feed.status().error === 'the cloud is down');
    isDown = false;
    await eventually(() => feed.status().position === 2);
    expect(seen).toEqual([1, 2]);
    expect(feed.status()).toEqual({ leading: true, position: 2, lag: 0, parked: 0 });
    await eventually(() => expect(source.status().position).toBe(2));
  });

  test('hands over together what came together, in order and each once', async ({ log, source, feeds }) => {
    const pages: number[][] = [];
    const handleAll = (events: readonly EventEnvelope[]): Promise<void> => Promise.resolve(void pages.push(events.map(({ position }) => position)));
    const { feed, seen } = feeds(undefined, log, { handleAll, gatherMs: 100 });
    await append(log, 1);
    await eventually(() => feed.status().position === 1);
    await Promise.all(upTo(30).map((n) => append(log, 1, `of-${n}`)));
    await eventually(() => feed.status().position === 31);
    expect(pages.flat()).toEqual(upTo(31));
    expect(pages.length).toBeLessThan(31);
    expect(seen).toEqual([]);
    await feed.stop();
    expect(await feed.standing()).toMatchObject({ position: 31, lag: 0 });
    await eventually(() => expect(source.status().position).toBe(31));
  });

  test('hands over each by itself where they cannot be handled together, and parks only what is hopeless', async ({ log, source, feeds }) => {
    await append(log, 2, 'a');
    await append(log, 1, 'b');
    await append(log, 2, 'c');
    await eventually(() => source.status().position === 5);
    const refuse = (event: EventEnvelope) => (event.position === 3 ? Promise.reject(new Refusal('test.no', 'no such thing')) : Promise.resolve());
    const asked: number[] = [];
    const handleAll = async (events: readonly EventEnvelope[]): Promise<void> => {
      asked.push(events.length);
      for (const event of events) await refuse(event);
    };
    const { feed, seen } = feeds(refuse, log, { handleAll });
    await eventually(() => feed.status().position === 5);
    expect(feed.status()).toMatchObject({ parked: 1 });
    expect(asked.length).toBeGreaterThan(0);
    expect(seen.slice(-2)).toEqual([4, 5]);
    expect(await feed.listParked(9)).toMatchObject([{ position: 3, reason: 'no such thing' }]);
    await append(log, 1, 'b');
    await eventually(() => feed.status().parked === 2);
  });

  test('of which several save in one moment is moved by itself', async ({ log, source }) => {
    const names = ['test-one', 'test-two', 'test-three'];
    for (const name of names) await createCheckpoint(log.db, { name, version: 1 });
    await pauseConsumer(log.db, 'test-two', 'looking for a fault');
    const standing = async () => await Promise.all(names.map((name) => readCheckpoint(log.db, { name, version: 1 })));
    const moved = await Promise.all([advance(log.db, { consumer: 'test-one', from: 0, to: 7 }), advance(log.db, { consumer: 'test-two', from: 0, to: 8 }), advance(log.db, { consumer: 'test-three', from: 5, to: 9 })]);
    expect(moved).toMatchObject([{ moved: true, paused: null }, { moved: true, paused: 'looking for a fault' }, { moved: false, paused: null }]);
    expect(await standing()).toEqual([7, 8, 0]);
    expect(source.status().position).toBe(0);
  });

  test('parks what is hopeless with what follows in its stream, and takes it up again in order', async ({ log, source, feeds }) => {
    let isRefused = true;
    const { feed, seen } = feeds((event) => (isRefused && event.position === 2 ? Promise.reject(new Refusal('test.no', 'no such thing')) : Promise.resolve()));
    await append(log, 1, 'a');
    await append(log, 2, 'b');
    await append(log, 1, 'a');
    await eventually(() => feed.status().position === 4);
    expect(seen).toEqual([1, 4]);
    expect(feed.status()).toMatchObject({ parked: 2 });
    expect((await log.pool.query('select position, stream_id, reason from parked_events order by position')).rows).toEqual([
      { position: 2, stream_id: 'account-b', reason: 'no such thing' }, { position: 3, stream_id: 'account-b', reason: 'waits behind an earlier event of its stream' },
    ]);
    expect(await feed.retryParked()).toBe(2);
    isRefused = false;
    expect(await feed.retryParked()).toBe(0);
    expect(seen).toEqual([1, 4, 2, 3]);
    await append(log, 1, 'b');
    await eventually(() => seen.includes(5));
    expect(source.status().leading).toBe(true);
  });

  test('does without a parked event when somebody says why, and takes up what waited behind it', async ({ log, source, feeds }) => {
    const { feed, seen } = feeds((event) => (event.position === 2 ? Promise.reject(new Refusal('test.no', 'no such thing')) : Promise.resolve()));
    await append(log, 1, 'a');
    await append(log, 2, 'b');
    await eventually(() => feed.status().parked === 2);
    expect(await feed.standing()).toEqual({ position: 3, lag: 0, parked: 2 });
    expect((await feed.listParked(1)).map(({ position, reason, event }) => [position, reason, event.stream])).toEqual([[2, 'no such thing', 'account-b']]);
    const skip = { position: 2, reason: 'it names a thing that never was', by: 'user ada' };
    expect(await feed.skipParked(skip)).toBe(true);
    expect(await feed.skipParked(skip)).toBe(false);
    expect(await feed.retryParked()).toBe(0);
    expect(seen).toEqual([1, 3]);
    expect((await log.pool.query('select consumer, position, stream_id, parked_because, reason, skipped_by from skipped_events')).rows).toEqual([
      { consumer: expect.any(String), position: 2, stream_id: 'account-b', parked_because: 'no such thing', reason: skip.reason, skipped_by: 'user ada' },
    ]);
    await eventually(() => feed.status().parked === 0 && source.status().position === 3);
  });

  test('tries again what it has parked when it is started anew', async ({ log, source, feeds }) => {
    const first = feeds((event) => (event.position === 2 ? Promise.reject(new Refusal('test.no', 'no such thing')) : Promise.resolve()));
    await append(log, 3, 'a');
    await eventually(() => first.feed.status().position === 3);
    expect(first.feed.status()).toMatchObject({ parked: 2 });
    await first.feed.stop();
    const repaired = feeds();
    await eventually(() => repaired.seen.length === 2);
    expect(repaired.seen).toEqual([2, 3]);
    await eventually(() => repaired.feed.status().parked === 0 && source.status().position === 3);
  });
});

describe('T313. what a service that was taken over puts beside the events', () => {
  /** Any service that may read some stream can do this, whatever it may publish: the broker answers where it is told to. */
  const forge = async (connection: NatsConnection, envelope: object) => {
    const jsm = await jetstreamManager(connection);
    await jsm.streams.add({ name: 'SEALS', subjects: ['seal.x'], storage: StorageType.Memory, allow_direct: true });
    await connection.request('seal.x', JSON.stringify(envelope), { timeout: 30_000 });
    connection.publish('$JS.API.DIRECT.GET.SEALS', JSON.stringify({ last_by_subj: 'seal.x' }), { reply: 'evt.provisioning.account.a.Added' });
    await eventually(async () => expect((await jsm.streams.info(STREAM)).state.messages).toBe(4));
  };

  test('is taken by no feed, and the true event takes its place', async ({ log, connection, source, feeds }) => {
    await append(log, 3);
    await eventually(() => source.status().position === 3);
    const { seen, feed } = feeds();
    await eventually(() => seen.length === 3);
    const [last] = (await log.store.read({ after: 2, limit: 1 })).events;
    // Else it may throw the forged copy away before anybody has looked.
    await source.stop();
    await forge(connection, { ...last, position: 4, id: uuidFrom('forged', 'event') });
    await eventually(() => expect(feed.status().error).toMatch(/ends before 4/));
    const again = startRelay({ databaseUrl: log.databaseUrl, nats: connection, service: 'provisioning', pool: log.pool });
    await append(log, 1);
    await eventually(() => expect(feed.status().position).toBe(4), { timeoutMs: 20_000 });
    expect(seen).toEqual(upTo(4));
    await eventually(() => expect(again.status().position).toBe(4), { timeoutMs: 20_000 });
    await again.stop();
  });
});

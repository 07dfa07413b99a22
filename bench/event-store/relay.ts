/**
 * The relay against the client library alone (the same messages, made ready before, in atomic batches or one by one), on
 * a nats-server that writes every acknowledged message to disk; then the way of an event from the append to a consumer.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventsStream, subjects, type EventEnvelope } from '@citrus/contracts';
import { startNats, startPostgres } from '@citrus/kit-embedded';
import { migrate, openDatabase, openEventStore, openPool, startFeed, startRelay, type EventStore } from '@citrus/kit-event-store';
import { freshDatabase } from '@citrus/kit-testing/database';
import { DeliverPolicy, jetstream, jetstreamManager, StorageType, type JetStreamClient } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Client, type Pool } from 'pg';
import { median, type Part, type Row } from '../measure.ts';

const EVENTS = 120_000;
const SINGLE_EVENTS = 12_000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const BATCH = 1000;
const IN_FLIGHT = 512;
const APPENDS_PER_S = 300;
const LIVE_FOR_S = 10;
const WARM_UP_S = 2;
const SERVICE = 'provisioning';
const { name: STREAM, subjects: SUBJECTS } = eventsStream(SERVICE);
const PAYLOAD = { serverId: randomUUID(), note: 'x'.repeat(220) };

type Bench = { readonly databaseUrl: string; readonly pool: Pool; readonly store: EventStore; readonly nats: NatsConnection };

const append = (store: EventStore, stream: string, count: number) =>
  store.append({ stream, expected: 'any', events: Array.from({ length: count }, () => ({ type: 'Measured', data: PAYLOAD })), context: { commandId: randomUUID(), actor: { kind: 'service', id: 'bench' }, correlationId: 'bench' } });

const fill = async (store: EventStore): Promise<void> => {
  while ((await store.head()) < EVENTS) await Promise.all(Array.from({ length: 40 }, () => append(store, `bench-${randomUUID()}`, 50)));
};

/** As the deploy step makes it: empty, so that the whole log has to be copied. */
const emptyStream = async (nats: NatsConnection): Promise<void> => {
  const { streams } = await jetstreamManager(nats);
  for await (const name of streams.names()) await streams.delete(name);
  await streams.add({ name: STREAM, subjects: [...SUBJECTS], storage: StorageType.File, allow_atomic: true, deny_delete: true, deny_purge: true, allow_direct: true });
};

const perSecond = async (count: number, work: () => Promise<void>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return Math.round((count * 1000) / (performance.now() - startedAt));
};

const relayed = async ({ databaseUrl, pool, nats }: Bench): Promise<number> => {
  await emptyStream(nats);
  // From its start, connections included.
  return perSecond(EVENTS, async () => {
    const relay = startRelay({ databaseUrl, pool, nats, service: SERVICE });
    while (relay.status().position < EVENTS) await delay(1);
    await relay.stop();
  });
};

type Message = { readonly subject: string; readonly body: string };
const messagesOf = async (store: EventStore, count: number): Promise<Message[]> => {
  const events: EventEnvelope[] = [];
  while (events.length < count) events.push(...(await store.read({ after: events.length, limit: BATCH })).events);
  return events.slice(0, count).map((event) => ({ subject: subjects.event(SERVICE, event.stream, event.type), body: JSON.stringify(event) }));
};

const inBatches = async (js: JetStreamClient, messages: readonly Message[]): Promise<void> => {
  for (let from = 0; from < messages.length; from += BATCH) {
    const [first, ...rest] = messages.slice(from, from + BATCH);
    const last = rest.pop();
    if (!first || !last) throw new Error('a batch has at least two messages');
    const batch = await js.startBatch(first.subject, first.body, { expect: { lastSequence: from } });
    for (const { subject, body } of rest) batch.add(subject, body);
    await batch.commit(last.subject, last.body);
  }
};

const oneByOne = async (js: JetStreamClient, messages: readonly Message[]): Promise<void> => {
  for (let from = 0; from < messages.length; from += IN_FLIGHT) {
    await Promise.all(messages.slice(from, from + IN_FLIGHT).map(({ subject, body }, index) => js.publish(subject, body, { expect: { lastSequence: from + index } })));
  }
};

const throughput = async (bench: Bench): Promise<Part> => {
  const js = jetstream(bench.nats);
  const messages = await messagesOf(bench.store, EVENTS);
  const rounds: { ours: number; batches: number; singles: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = await relayed(bench);
    await emptyStream(bench.nats);
    const batches = await perSecond(EVENTS, () => inBatches(js, messages));
    await emptyStream(bench.nats);
    rounds.push({ ours, batches, singles: await perSecond(SINGLE_EVENTS, () => oneByOne(js, messages.slice(0, SINGLE_EVENTS))) });
  }
  const ours = median(rounds.map((round) => round.ours));
  const beside = (peer: 'batches' | 'singles', peerName: string): Row => ({
    name: `relay ${EVENTS} events, sync_interval always`, unit: 'events/s', ours, peer: median(rounds.map((round) => round[peer])), peerName,
    ratio: Number(median(rounds.map((round) => round.ours / round[peer])).toFixed(2)),
  });
  return { rows: [beside('batches', 'nats.js alone, atomic batches of 1,000'), beside('singles', `nats.js alone, ${IN_FLIGHT} single messages in flight`)], metrics: { relay_events_per_s: ours } };
};

const at = (sorted: readonly number[], share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(2));

/** One append every 1/300 s whatever the others do; gives when each was asked for, by its stream. */
const appendSteadily = async (store: EventStore): Promise<Map<string, number>> => {
  const askedAt = new Map<string, number>();
  const appends: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < APPENDS_PER_S * (LIVE_FOR_S + WARM_UP_S); n += 1) {
    while (performance.now() - startedAt < (n * 1000) / APPENDS_PER_S) await delay(1);
    const stream = `live-${randomUUID()}`;
    askedAt.set(stream, performance.now());
    appends.push(append(store, stream, 1));
  }
  await Promise.all(appends);
  return askedAt;
};

/** From asking for the append to the call of a consumer of the stream, and to the call of a feed, which keeps a checkpoint. */
const endToEnd = async ({ databaseUrl, pool, store, nats }: Bench): Promise<Part> => {
  await emptyStream(nats);
  const relay = startRelay({ databaseUrl, pool, nats, service: SERVICE });
  while (relay.status().position < (await store.head())) await delay(10);
  const [consumed, fed] = [new Map<string, number>(), new Map<string, number>()];
  const consumer = await jetstream(nats).consumers.get(STREAM, { deliver_policy: DeliverPolicy.New });
  const messages = await consumer.consume({ callback: (message) => void consumed.set(message.json<EventEnvelope>().stream, performance.now()) });
  const db = openDatabase(pool);
  const feed = startFeed({
    databaseUrl, db, nats, source: SERVICE, consumer: 'bench-feed', requests: { call: (_, input) => store.read(input as { after: number; limit: number }) as Promise<never> },
    handle: (event) => Promise.resolve(void fed.set(event.stream, performance.now())),
  });
  await pool.query(`insert into checkpoints (consumer, version, position) values ('bench-feed', 1, $1) on conflict (consumer, version) do update set position = excluded.position`, [await store.head()]);
  const askedAt = await appendSteadily(store);
  const head = await store.head();
  while (feed.status().position < head) await delay(10);
  await messages.close();
  await Promise.all([feed.stop(), relay.stop()]);
  const after = (seen: Map<string, number>) => [...askedAt].slice(APPENDS_PER_S * WARM_UP_S).map(([stream, asked]) => (seen.get(stream) ?? Infinity) - asked).toSorted((a, b) => a - b);
  const [bare, withCheckpoint] = [after(consumed), after(fed)];
  return {
    rows: [
      { name: `append → relay → consumer, ${APPENDS_PER_S}/s, p50`, unit: 'ms', ours: at(bare, 0.5) }, { name: '… p99', unit: 'ms', ours: at(bare, 0.99) },
      { name: 'append → relay → feed with its checkpoint, p50', unit: 'ms', ours: at(withCheckpoint, 0.5) }, { name: '… p99', unit: 'ms', ours: at(withCheckpoint, 0.99) },
    ],
    metrics: { e2e_p50_ms: at(bare, 0.5), e2e_p99_ms: at(bare, 0.99) },
  };
};

export const benchRelay = async (): Promise<Part> => {
  const postgres = await startPostgres({ fsync: 'on', synchronous_commit: 'on', shared_buffers: '512MB', max_wal_size: '8GB' });
  const server = await startNats({ config: ({ port, dir }) => `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${dir}/jetstream", sync_interval: always }\n` });
  const database = await freshDatabase(postgres.url);
  await migrate({ ownerUrl: database.ownerUrl, role: database.role });
  const pool = openPool({ databaseUrl: database.serviceUrl, max: 20 });
  const nats = await connect({ servers: server.url });
  try {
    const bench = { databaseUrl: database.serviceUrl, pool, nats, store: openEventStore({ pool, service: SERVICE }) };
    await fill(bench.store);
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await superuser.query('vacuum (analyze) events').finally(() => superuser.end());
    const [copying, live] = [await throughput(bench), await endToEnd(bench)];
    return { rows: [...copying.rows, ...live.rows], metrics: { ...copying.metrics, ...live.metrics } };
  } finally {
    await Promise.all([pool.end(), nats.close()]);
    await Promise.all([postgres.stop(), server.stop()]);
  }
};

/**
 * The relay against the client library alone (the same messages, made ready before, in atomic batches or one by one), on
 * a nats-server that writes every acknowledged message to disk.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { subjects, type EventEnvelope } from '@citrus/contracts';
import { openEventStore, openPool, startRelay, type EventStore } from '@citrus/kit-event-store';
import { jetstream, type JetStreamClient } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Pool } from 'pg';
import { median, type Part, type Row } from '../measure.ts';
import { asSuperuser, emptyStream, SERVICE, startServers } from './copied-log.ts';

const EVENTS = 120_000;
const SINGLE_EVENTS = 12_000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const BATCH = 1000;
const IN_FLIGHT = 512;
const PAYLOAD = { serverId: randomUUID(), note: 'x'.repeat(220) };

type Bench = { readonly databaseUrl: string; readonly pool: Pool; readonly store: EventStore; readonly nats: NatsConnection };

const append = (store: EventStore, stream: string, count: number) =>
  store.append({ stream, expected: 'any', events: Array.from({ length: count }, () => ({ type: 'Measured', data: PAYLOAD })), context: { commandId: randomUUID(), actor: { kind: 'service', id: 'bench' }, correlationId: 'bench' } });

const fill = async (store: EventStore): Promise<void> => {
  while ((await store.head()) < EVENTS) await Promise.all(Array.from({ length: 40 }, () => append(store, `bench-${randomUUID()}`, 50)));
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

export const benchRelay = async (): Promise<Part> => {
  const servers = await startServers();
  const { database, natsUrl } = servers;
  const pool = openPool({ databaseUrl: database.serviceUrl, max: 20 });
  const nats = await connect({ servers: natsUrl });
  try {
    const bench = { databaseUrl: database.serviceUrl, pool, nats, store: openEventStore({ pool, service: SERVICE }) };
    await fill(bench.store);
    await asSuperuser(database, 'vacuum (analyze) events');
    return await throughput(bench);
  } finally {
    await Promise.all([pool.end(), nats.close()]);
    await servers.stop();
  }
};

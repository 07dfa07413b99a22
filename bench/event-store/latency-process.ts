/**
 * One of the processes that an event goes through: the service that appends and relays it, or another one that takes it.
 * Beside them, as the limit of the machine, a service that inserts a row and then publishes it itself: the least that
 * can be done for an event that is durable in both places, and what loses events when the process dies in between.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventEnvelope } from '@citrus/contracts';
import { openDatabase, openEventStore, openPool, startFeed, startRelay } from '@citrus/kit-event-store';
import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { META } from './contender.ts';
import { SERVICE, STREAM } from './copied-log.ts';
import { DUAL_WRITE_STREAM, DUAL_WRITE_SUBJECT } from './latency-names.ts';

export type Role = 'service' | 'dual-write' | 'consumer' | 'feed';
export type Task = { readonly role: Role; readonly databaseUrl: string; readonly natsUrl: string; readonly perSecond: number; readonly forS: number };
/** By the id that the event carries in its stream's name: nanoseconds of the machine's clock, which all processes share. */
export type Times = readonly (readonly [id: string, ns: string])[];

const PAYLOAD = { serverId: randomUUID(), note: 'x'.repeat(220) };
const { role, databaseUrl, natsUrl, perSecond, forS } = JSON.parse(process.argv[2] ?? '') as Task;
const pool = openPool({ databaseUrl, max: 20 });
const nats = await connect({ servers: natsUrl, name: role });
const times = new Map<string, bigint>();
const noteTime = (id: string): void => void times.set(id, process.hrtime.bigint());

/** One event every so often, whatever becomes of those before. */
const steadily = async (append: (stream: string) => Promise<unknown>): Promise<void> => {
  const appends: Promise<unknown>[] = [];
  const startedAt = performance.now();
  for (let n = 0; n < perSecond * forS; n += 1) {
    while (performance.now() - startedAt < (n * 1000) / perSecond) await delay(1);
    const stream = `live-${randomUUID()}`;
    noteTime(stream);
    appends.push(append(stream));
  }
  await Promise.all(appends);
};

const startService = async () => {
  const store = openEventStore({ pool, service: SERVICE });
  const relay = startRelay({ databaseUrl, pool, nats, service: SERVICE });
  const head = await store.head();
  while (!relay.status().leading || relay.status().position < head) await delay(10);
  const append = (stream: string) => store.append({ stream, expected: 'any', events: [{ type: 'Measured', data: PAYLOAD }], context: { ...META, commandId: randomUUID() } });
  return { run: () => steadily(append), stop: () => relay.stop() };
};

const startDualWrite = async () => {
  const js = jetstream(nats);
  const write = async (stream: string) => {
    const body = JSON.stringify({ stream, data: PAYLOAD, meta: META });
    await pool.query({ name: 'dual write', text: 'insert into dual_write (data) values ($1)', values: [body] });
    await js.publish(DUAL_WRITE_SUBJECT, body);
  };
  return { run: () => steadily(write), stop: async () => undefined };
};

const startConsumer = async () => {
  const take = async (stream: string) => {
    const consumer = await jetstream(nats).consumers.get(stream, { deliver_policy: DeliverPolicy.New });
    return consumer.consume({ callback: (message) => noteTime(message.json<EventEnvelope>().stream) });
  };
  const taking = await Promise.all([STREAM, DUAL_WRITE_STREAM].map(take));
  return { run: async () => undefined, stop: async () => void (await Promise.all(taking.map((messages) => messages.close()))) };
};

const startFollower = async () => {
  const [consumer, store, db] = [`bench-${randomUUID()}`, openEventStore({ pool, service: SERVICE }), openDatabase(pool)];
  await pool.query('insert into checkpoints (consumer, version, position) values ($1, 1, $2)', [consumer, await store.head()]);
  const requests = { call: (_: unknown, input: unknown) => store.read(input as { after: number; limit: number }) as Promise<never> };
  const feed = startFeed({ databaseUrl, db, nats, source: SERVICE, consumer, requests, handle: (event) => Promise.resolve(noteTime(event.stream)) });
  while (!feed.status().leading || feed.status().position === 0) await delay(10);
  return { run: async () => undefined, stop: () => feed.stop() };
};

const START = { service: startService, 'dual-write': startDualWrite, consumer: startConsumer, feed: startFollower };
const { run, stop } = await START[role]();
const answers: Readonly<Record<string, () => Promise<unknown>>> = {
  run,
  times: async () => [...times].map(([id, ns]) => [id, String(ns)]),
  stop: async () => {
    await stop();
    await Promise.all([pool.end(), nats.close()]);
  },
};
const answer = async (word: string): Promise<void> => {
  process.send?.((await answers[word]?.()) ?? null);
  if (word === 'stop') process.disconnect();
};
process.on('message', (word: string) => void answer(word));
process.send?.('ready');

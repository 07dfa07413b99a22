/**
 * The way of an event, from asking for its append to the call of a consumer in another process, 300 times a second; in
 * turns with the least that any program could do for it on the same disk: insert it, then publish it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { extname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Client } from 'pg';
import { median, type Part, type Row } from '../measure.ts';
import { asSuperuser, emptyStream, startServers, type Servers } from './copied-log.ts';
import { DUAL_WRITE_STREAM, DUAL_WRITE_SUBJECT } from './latency-names.ts';
import type { Role, Task, Times } from './latency-process.ts';

const PER_SECOND = 300;
const FOR_S = 4;
const WARM_UP_S = 1;
const ROUNDS = 3;
const LONE = 200;
const PROGRAM = fileURLToPath(new URL(`./latency-process${extname(import.meta.url)}`, import.meta.url));

type Quantiles = { readonly p50: number; readonly p99: number };
const quantilesOf = (values: readonly number[]): Quantiles => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(2));
  return { p50: at(0.5), p99: at(0.99) };
};

/** What each step alone takes on this machine, when nobody else does anything. */
const alone = async (work: () => Promise<unknown>): Promise<number> => {
  const tookMs: number[] = [];
  for (let n = 0; n < LONE; n += 1) {
    const startedAt = performance.now();
    await work();
    tookMs.push(performance.now() - startedAt);
    await delay(2);
  }
  return quantilesOf(tookMs).p50;
};

const limits = async ({ database }: Servers, nats: NatsConnection): Promise<Row[]> => {
  const [client, listener] = [new Client({ connectionString: database.superuserUrl }), new Client({ connectionString: database.superuserUrl })];
  await Promise.all([client.connect(), listener.connect()]);
  await listener.query('listen bench');
  const js = jetstream(nats);
  const body = 'x'.repeat(400);
  const insert = { name: 'lone insert', text: 'insert into dual_write (data) values (to_json($1::text))', values: [body] };
  const limit = async (name: string, work: () => Promise<unknown>): Promise<Row> => ({ name: `limit: ${name}, alone, p50`, unit: 'ms', ours: await alone(work) });
  const rows = [
    await limit('an INSERT and its commit', () => client.query(insert)),
    await limit('a NOTIFY until it is heard', () => Promise.all([once(listener, 'notification'), client.query('notify bench')])),
    await limit('a message until JetStream has it on disk', () => js.publish(DUAL_WRITE_SUBJECT, body)),
  ];
  await Promise.all([client.end(), listener.end()]);
  return rows;
};

type Running = { tell(word: 'run' | 'times' | 'stop'): Promise<unknown> };

const started = async ({ database, natsUrl }: Servers, role: Role): Promise<Running> => {
  const task: Task = { role, databaseUrl: database.serviceUrl, natsUrl, perSecond: PER_SECOND, forS: FOR_S + WARM_UP_S };
  const child: ChildProcess = fork(PROGRAM, [JSON.stringify(task)]);
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${role} ended with ${String(code)}`)));
  // Told to whoever waits for an answer; a child that ends after `stop` has nobody who does.
  ended.catch(() => undefined);
  const answer = async (): Promise<unknown> => {
    const [said] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
    return said;
  };
  await answer();
  return { tell: (word) => (child.send(word), answer()) };
};

/** From the one to the other, in milliseconds, without the warm-up. */
const between = (asked: Times, seen: Times): number[] => {
  const seenAt = new Map(seen);
  return asked.slice(PER_SECOND * WARM_UP_S).map(([id, ns]) => {
    const at = seenAt.get(id);
    if (at === undefined) throw new Error(`the event of ${id} never came`);
    return Number(BigInt(at) - BigInt(ns)) / 1e6;
  });
};

const measured = async (servers: Servers, source: Role, reader: Role): Promise<Quantiles> => {
  const writing = await started(servers, source);
  const reading = await started(servers, reader);
  await writing.tell('run');
  const asked = (await writing.tell('times')) as Times;
  const last = asked.at(-1)?.[0];
  let seen = (await reading.tell('times')) as Times;
  while (!seen.some(([id]) => id === last)) {
    await delay(100);
    seen = (await reading.tell('times')) as Times;
  }
  await Promise.all([writing.tell('stop'), reading.tell('stop')]);
  return quantilesOf(between(asked, seen));
};

type Rounds = readonly { readonly ours: Quantiles; readonly limit: Quantiles; readonly feed: Quantiles }[];

const inTurns = async (servers: Servers): Promise<Rounds> => {
  const rounds: { ours: Quantiles; limit: Quantiles; feed: Quantiles }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({ limit: await measured(servers, 'dual-write', 'consumer'), ours: await measured(servers, 'service', 'consumer'), feed: await measured(servers, 'service', 'feed') });
  }
  return rounds;
};

const compared = (name: string, rounds: Rounds, whose: 'ours' | 'feed', which: keyof Quantiles): Row & { readonly ratio: number } => ({
  name: `${name}, ${PER_SECOND}/s, ${which}`, unit: 'ms', ours: median(rounds.map((round) => round[whose][which])), peer: median(rounds.map(({ limit }) => limit[which])),
  ratio: Number(median(rounds.map((round) => round[whose][which] / round.limit[which])).toFixed(2)), peerName: 'INSERT, then publish (smaller is better)',
});

export const benchLatency = async (): Promise<Part> => {
  const servers = await startServers();
  const nats = await connect({ servers: servers.natsUrl });
  try {
    await emptyStream(nats);
    await (await jetstreamManager(nats)).streams.add({ name: DUAL_WRITE_STREAM, subjects: [DUAL_WRITE_SUBJECT], storage: StorageType.File });
    await asSuperuser(servers.database, `create table dual_write (id bigint generated always as identity primary key, data json not null); grant insert on dual_write to ${servers.database.role}`);
    const busy: Row = { name: 'processes that wanted a processor in the minute before (load average)', unit: '', ours: Number((loadavg()[0] ?? NaN).toFixed(1)) };
    const bare = await limits(servers, nats);
    const rounds = await inTurns(servers);
    const [p50, p99] = [compared('append → relay → consumer', rounds, 'ours', 'p50'), compared('append → relay → consumer', rounds, 'ours', 'p99')];
    const fed = (['p50', 'p99'] as const).map((which) => compared('append → relay → feed with its checkpoint', rounds, 'feed', which));
    return { rows: [p50, p99, ...fed, ...bare, busy], metrics: { e2e_p50_ms: p50.ours, e2e_p99_ms: p99.ours, e2e_p50_vs_bare: p50.ratio, e2e_p99_vs_bare: p99.ratio } };
  } finally {
    await nats.close();
    await servers.stop();
  }
};

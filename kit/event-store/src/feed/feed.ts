/**
 * Another service's log, read in order by one replica at a time. Live events come from JetStream; what it does not have
 * (a first start, a gap, a stream made anew) is asked of the log's owner. Either way event n+1 follows event n.
 */
import { cameOutOfStream, EventEnvelope, eventsStreamOf, PUBLIC_EVENTS, readLogOf, subjects, type LoggedService, type RequestDefinition } from '@citrus/contracts';
import { DeliverPolicy, jetstream, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Kysely } from 'kysely';
import { whileLeading } from '../database/connection.ts';
import type { Logger } from '../event-store.port.ts';
import { backoffMs, pause } from '../database/pause.ts';
import { versionsOf } from '../version/event-catalogue.ts';
import { createUpcaster, type EventVersions } from '../version/event-versions.ts';
import { readCheckpoint } from '../projection/checkpoint.store.ts';
import { countParked, listParked, skipParked, type ParkedRow, type Skip } from './parking.store.ts';
import { pauseConsumer, readPause, resumeConsumer } from './pauses.store.ts';
import { inPages } from './arrivals.ts';
import { createReactor } from './reactor.ts';
import { createSaver } from './saver.ts';

export type FeedStatus = {
  readonly leading: boolean;
  readonly position: number;
  /** How many events of its source's stream it has not taken yet, when it last looked. */
  readonly lag: number;
  readonly parked: number;
  /** Why somebody has paused it. */
  readonly paused?: string;
  readonly error?: string;
};
export type Feed = {
  /** Whose log it reads. */
  readonly source: LoggedService;
  status(): FeedStatus;
  /** As the database and the source's stream tell it: the same from every replica, also from one that does not lead. */
  standing(): Promise<Pick<FeedStatus, 'position' | 'lag' | 'parked' | 'paused'>>;
  /** The first parked events, with why. */
  listParked(limit: number): Promise<ParkedRow[]>;
  /** Does without a parked event for ever; false when it is parked no more. */
  skipParked(skip: Skip): Promise<boolean>;
  /** Tries parked events again, as every start does; gives how many are left. */
  retryParked(): Promise<number>;
  /** All replicas, and over restarts; the event at hand is finished. */
  pause(reason: string): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
};

/** The part of the request client that a feed needs. */
export type LogReader = { call<Input, Reply>(definition: RequestDefinition<Input, Reply>, input: Input, options?: { timeoutMs?: number }): Promise<Reply> };

const PAGE = 500;
const READ_TIMEOUT_MS = 10_000;
const CHECK_EVERY_MS = 1000;
const LOOK_FOR_RESUME_EVERY_MS = 250;
const JETSTREAM = { checkAPI: false, timeout: 2000 };

type Options<Database> = {
  readonly databaseUrl: string;
  readonly db: Kysely<Database>;
  readonly nats: NatsConnection;
  readonly requests: LogReader;
  readonly source: LoggedService;
  /** `<service>-<purpose>`, never renamed: another name reads the whole log again. */
  readonly consumer: string;
  /** May see an event twice. An append made here takes its command id from `uuidFrom('<consumer>', event.id)`. */
  readonly handle: (event: EventEnvelope) => Promise<void>;
  /** Instead of `handle`, where those that came together cost less. When it throws each is given to `handle`, also what was done already. */
  readonly handleAll?: ((events: readonly EventEnvelope[]) => Promise<void>) | undefined;
  /** How long what comes without a pause is gathered for `handleAll`; an event that comes alone is handed over at once. */
  readonly gatherMs?: number;
  /** Of the events that `handle` sees in their current shapes; the others come as they are. The source's public ones, if left out. */
  readonly versions?: EventVersions | undefined;
  readonly logger?: Logger | undefined;
};

/** Undefined when the copy is not what the log's owner promised; it is then read from the log. */
const eventOf = (message: JsMsg, source: LoggedService): EventEnvelope | undefined => {
  try {
    const { data } = EventEnvelope.safeParse(message.json());
    const isOwners = !cameOutOfStream(message) && data !== undefined && message.subject === subjects.event(source, data.stream, data.type);
    return isOwners && data.position === message.seq ? data : undefined;
  } catch {
    return undefined;
  }
};

export const startFeed = <Database>(options: Options<Database>): Feed => {
  const { nats, requests, source, consumer, handleAll, gatherMs = 0, logger } = options;
  const stopping = new AbortController();
  const { upcast } = createUpcaster(options.versions ?? versionsOf(PUBLIC_EVENTS[source]));
  const reactor = createReactor({ ...options, handle: async (event) => await options.handle(upcast(event)), handleAll: handleAll && (async (events) => await handleAll(events.map(upcast))) });
  const stream = eventsStreamOf(source);
  let isLeading = false;
  let failure: string | undefined;
  let head = 0;

  /** From the log's owner, until at least this position. */
  const readUntil = async (position: number, signal: AbortSignal): Promise<void> => {
    while (reactor.position < position && !signal.aborted && reactor.paused === undefined) {
      const { events } = await requests.call(readLogOf(source), { after: reactor.position, limit: PAGE }, { timeoutMs: READ_TIMEOUT_MS });
      if (events.length === 0) throw new Error(`the log of ${source} ends before ${position}, which its stream has`);
      try {
        if (!(await reactor.takeAll(events, signal))) return;
      } finally {
        await reactor.save();
      }
    }
  };

  const takeMessage = async (message: JsMsg, signal: AbortSignal): Promise<void> => {
    if (message.seq <= reactor.position) return;
    const event = eventOf(message, source);
    await readUntil(event ? message.seq - 1 : message.seq, signal);
    if (event && event.position === reactor.position + 1) await reactor.takeAll([event], signal);
  };

  /** Together as far as they are the log's next; from the first that is not, one by one. */
  const takeMessages = async (messages: readonly JsMsg[], signal: AbortSignal): Promise<void> => {
    const events = messages.map((message) => eventOf(message, source));
    const inOrder = events.findIndex((event, index) => event?.position !== reactor.position + 1 + index);
    const next = events.slice(0, inOrder === -1 ? events.length : inOrder).filter((event) => event !== undefined);
    if (next.length > 0) await reactor.takeAll(next, signal);
    for (const message of messages.slice(next.length)) {
      if (signal.aborted || reactor.paused !== undefined) return;
      await takeMessage(message, signal);
    }
  };

  const isStalled = async (before: number): Promise<boolean> => {
    const jsm = await jetstreamManager(nats, JETSTREAM);
    const { state } = await jsm.streams.info(stream);
    head = state.last_seq;
    await reactor.countAgain();
    return state.last_seq > reactor.position && before === reactor.position && reactor.error === undefined;
  };

  /** Ends the messages when it is paused, or when the stream has something that did not come: it was made anew, or the consumer is lost. */
  const watch = async (messages: ConsumerMessages, signal: AbortSignal): Promise<void> => {
    let before = -1;
    try {
      do {
        before = reactor.position;
        await pause(CHECK_EVERY_MS, signal);
      } while (!signal.aborted && !(await reactor.isPaused()) && !(await isStalled(before)));
    } catch (error) {
      logger?.warn({ err: error, consumer, source }, 'JetStream does not say whether the feed is complete');
    }
    await messages.close();
  };

  /** Reads what the stream no longer keeps, then its messages, until one of them is missing or everything stops. */
  const follow = async (signal: AbortSignal): Promise<void> => {
    await reactor.start();
    if (reactor.paused !== undefined) return pause(LOOK_FOR_RESUME_EVERY_MS, signal);
    const jsm = await jetstreamManager(nats, JETSTREAM);
    const { state } = await jsm.streams.info(stream);
    head = state.last_seq;
    await readUntil(state.first_seq - 1, signal);
    const ordered = await jetstream(nats, JETSTREAM).consumers.get(stream, { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: reactor.position + 1 });
    const messages = await ordered.consume({ max_messages: PAGE });
    failure = undefined;
    const done = new AbortController();
    const watching = watch(messages, AbortSignal.any([signal, done.signal]));
    const saver = createSaver(reactor, () => void messages.close());
    try {
      for await (const page of inPages(messages, { most: PAGE, everyMs: gatherMs })) {
        if (signal.aborted || reactor.paused !== undefined) break;
        await takeMessages(page, signal);
        saver.soon();
      }
    } finally {
      done.abort();
      await Promise.all([watching, saver.end()]);
    }
  };

  const lead = async (signal: AbortSignal): Promise<void> => {
    isLeading = true;
    let hasRetried = false;
    for (let failures = 0; !signal.aborted; ) {
      const before = reactor.position;
      try {
        // What the release before could not handle, this one may: a restart is a try.
        if (!hasRetried) await reactor.retryParked();
        hasRetried = true;
        await follow(signal);
      } catch (error) {
        if (signal.aborted) break;
        failures = reactor.position > before ? 0 : failures + 1;
        failure = error instanceof Error ? error.message : String(error);
        logger?.warn({ err: error, consumer, source, failures }, 'a feed was interrupted; it goes on from its checkpoint');
        await pause(backoffMs(failures), signal);
      }
    }
    isLeading = false;
  };

  const running = whileLeading({ databaseUrl: options.databaseUrl, name: `citrus feed ${consumer}`, signal: stopping.signal, logger }, lead);
  return {
    status: () => {
      const error = reactor.error ?? failure;
      const { position, parked, paused } = reactor;
      return { leading: isLeading, position, lag: Math.max(0, head - position), parked, ...(paused !== undefined && { paused }), ...(error !== undefined && { error }) };
    },
    source,
    standing: async () => {
      const [position, parked, paused, { state }] = await Promise.all([
        readCheckpoint(options.db, { name: consumer, version: 1 }), countParked(options.db, consumer), readPause(options.db, consumer), jetstreamManager(nats, JETSTREAM).then((jsm) => jsm.streams.info(stream)),
      ]);
      return { position, parked, lag: Math.max(0, state.last_seq - position), ...(paused && { paused: paused.reason }) };
    },
    listParked: (limit) => listParked(options.db, consumer, limit),
    skipParked: (skip) => skipParked(options.db, consumer, skip),
    retryParked: reactor.retryParked,
    pause: async (reason) => {
      reactor.paused = reason;
      if (isLeading) await reactor.save();
      reactor.paused = reason;
      await pauseConsumer(options.db, consumer, reason);
      // Whoever read the row just before it was written has taken it back.
      reactor.paused = reason;
    },
    resume: () => resumeConsumer(options.db, consumer),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
